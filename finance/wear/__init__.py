"""What trading wore off a battery, after the fact.

In: stored energy over time. Out: cycles and life used.
"""
