"""From a Pyomo model to arrays, once: a parametric standard form that is evaluated for each plan.

The model is an `AbstractModel`: laws over sets, with parameters that have no values yet. Each law is read once, as a
template over its whole index set, and becomes a few array expressions of the parameters (`linear_forms`). What a cost,
bound or coefficient depends on is thereby derived from the law itself, and declared nowhere else.
"""
