"""Routes of the pages: who asks is told by a key in a cookie, forms come from our own pages only, errors are pages.

In: a request of a browser. Out: a page of `api/pages`, a file of theirs, or a stream of what changes on a page.
"""
