"""Cases: one use of the packages each, such as planning a day or billing a meter. They print nothing.

In: values from `reading`. Out: results for `answers`.
"""
