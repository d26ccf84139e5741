"""What a site's load may become, from what was known at the time; used by `operation`, on `tariffs` and `domain`."""
