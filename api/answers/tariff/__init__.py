"""A tariff as a document, a table, a heat map and a page."""
