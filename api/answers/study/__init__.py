"""A study as a document, a table and files."""
