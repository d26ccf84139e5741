"""Who may ask what: roles, keys and limits. Every route states its role."""
