"""Meter ceilings: one level for each demand charge, searched over simulated futures of the rest of the billing period.

In: what is known at a moment (`operation.planner.Known`). Out: the ceilings, and the response to each load.
"""
