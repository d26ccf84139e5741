"""One module for each place where prices are published.

In: a zone, days and an open connection. Out: an answer for price_sources/assembling. Only price_sources imports it.
"""
