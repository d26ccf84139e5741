"""The chemistries that are shipped, each with the source and licence of its figures.

In: nothing. Out: fade laws by name, see `known.CHEMISTRIES`. The wear model and `ridethrough life` use them.
"""
