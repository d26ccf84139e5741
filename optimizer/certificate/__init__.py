"""Proof by replay that every outage is ridden through, written apart from all that makes plans.

In: a site, a plan's setpoints, loads. Out: a `Certificate`. It imports nothing of the optimizer.
"""
