"""A savings study: a closed loop over what happened, two bills, wear, and the ceiling of perfect foresight.

In: a `StudyCase` and a planner of `operation`. Out: a `Study`.
"""
