"""The result of a case as a document, as rows, as a table and as a picture.

In: results of cases. Out: JSON values, text, HTML.
"""
