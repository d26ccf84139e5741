"""Reports of a study: an HTML page, a workbook, and CSV. They show figures and compute none.

In: a `Study`. Out: text and bytes.
"""
