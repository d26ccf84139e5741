"""Proof by replay that every outage is ridden through, written separately from all code that makes plans.

In: a site, a plan's setpoints, loads. Out: a `Certificate`. It imports nothing from the optimizer.
"""
