"""What is asked of the optimizer, and what follows from it: requirements, floors, bounds, and the plan that rests.

In: a site, a horizon, charges, loads, the state. Out: values that the model, the solvers and the plan read.
"""
