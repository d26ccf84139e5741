"""What is said of a stored site as it lives: setpoints, readings, kept plans, past moments, and what happened."""
