"""The life of batteries: how capacity falls by use, when the reserve stops fitting, and what trading costs in life.

In: a site and what trading would do with it. Out: futures and a trade-off. Reports and the interface may import it.
"""
