"""Routes without a stored site: everything comes with the request, and nothing is kept."""
