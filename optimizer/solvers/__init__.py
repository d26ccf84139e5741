"""From a model to its optimum: live HiGHS sessions, compiled models by structure, and the simplex method.

In: a problem. Out: an `Answer`. Only `highs` here imports HiGHS.
"""
