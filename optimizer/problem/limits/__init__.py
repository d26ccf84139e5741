"""What a problem leaves to batteries: the load to carry, the reserve, the power limits, and charge that cannot wait.

In: a `DispatchProblem`. Out: values for each system and interval. Everything else in `problem` builds on them.
"""
