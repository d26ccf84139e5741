"""From a Pyomo model to arrays, compiled once: a parametric standard form that is evaluated for each plan.

The model is an `AbstractModel`: laws over sets, with parameters that have no values yet. Each law is read once, as a
template over its whole index set, and becomes a few array expressions of the parameters (`linear_forms`). Costs, bounds
and coefficients are derived from the laws and are declared nowhere else.
"""
