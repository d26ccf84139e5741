"""Sites that live in the store: their documents, their series, and all that the service does for them."""
