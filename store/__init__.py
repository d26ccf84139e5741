"""What must survive: sites, series, and what the service knows, plans and does. SQLite or PostgreSQL by one URL.

In: a connection of `Database.reading()` or `Database.writing()`, and domain values. Out: frozen values, never rows.
Each noun has a module with its tables and plain functions. Only `api` and `bms` import this folder.
"""
