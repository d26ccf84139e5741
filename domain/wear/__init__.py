"""What trading and waiting cost a battery in life: cycles by depth, rest by charge, a yearly limit of throughput.

In: figures from a site file. Out: frozen values and their convex pieces. Everyone may import them.
"""
