"""From a tariff and a horizon to the terms that the optimizer prices, in floats.

In: a tariff, a horizon, the state. Out: `HorizonCharges`. This folder and `tariffs.billing` never import each other.
"""
