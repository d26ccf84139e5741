"""The wear of a battery, counted from its stored energy.

In: stored energy over time. Out: cycles and life used.
"""
