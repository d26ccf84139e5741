"""A plan as a document, rows, a table and a picture."""
