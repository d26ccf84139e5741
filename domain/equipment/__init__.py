"""The UPS and its battery: limits, curves, health, load swings.

In: nothing but numbers from a site file. Out: frozen values. Everyone may import them.
"""
