"""A savings study: a closed loop over recorded loads and prices, two bills, wear, and a ceiling.

In: a `StudyCase` and a planner of `operation`. Out: a `Study`.
"""
