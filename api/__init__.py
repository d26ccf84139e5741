"""Interfaces: the command line, the HTTP service and the Python face. They translate and contain no logic.

The path: `reading` (documents to values), `cases` (one use each), `answers` (results as documents and tables),
`commands` and `http`. Nothing imports `api`.
"""
