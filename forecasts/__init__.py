"""What a site's load and its price may become, from what was known at the time, and one scorer for all of it."""
