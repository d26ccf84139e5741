"""From a rate of the U.S. Utility Rate Database (both generations of its schema) to a tariff.

In: a JSON object. Out: a `Tariff`, or every reason why it cannot be read as one.
"""
