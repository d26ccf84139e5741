"""How long the battery must carry which load: generator starts, clean shutdown, duties, the policy.

In: numbers from a site file. Out: the duties of an outage. Everyone may import them.
"""
