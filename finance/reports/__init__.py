"""A study for people: a page, a workbook, CSV. Nothing is worked out here.

In: a `Study`. Out: text and bytes.
"""
