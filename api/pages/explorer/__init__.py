"""The explorer: series of a site over any period, as a picture with its table, and as points that a script zooms.

In: what is stored of a site over a period. Out: charts and points. Its route imports this.
"""
