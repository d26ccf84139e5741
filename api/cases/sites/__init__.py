"""Cases of a site that the store keeps: each takes a connection, the site's id and what time it is."""
