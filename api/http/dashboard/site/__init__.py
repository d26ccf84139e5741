"""One module for each page of a site.

In: a request that is let in, and the site that it names. Out: the page. Only dashboard/pages imports it.
"""
