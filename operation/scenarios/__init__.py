"""The planner that draws scenarios of the load and plans a response to each load of the next hour.

In: what is known at a moment. Out: `Orders` with responses. Studies compare it with the planner that holds ceilings.
"""
