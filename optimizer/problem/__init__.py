"""The question to the optimizer, and the values that follow from it: requirements, floors, bounds, baseline.

In: a site, a horizon, charges, loads, the state. Out: values for the model, the solvers and the plan.
"""
