"""Forecasts of a site's load, from what was known at the time.

In: a history, cut at a moment. Out: scenarios of the load. `operation` uses it; it imports `tariffs` and `domain`.
"""
