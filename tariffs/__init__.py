"""What a kilowatt-hour and a kilowatt cost, and when: tariffs, exact bills, and what the optimizer reads."""
