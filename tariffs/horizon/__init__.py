"""From a tariff and a horizon to the terms that the optimizer prices, in floats.

In: a tariff, a horizon, the state. Out: `HorizonCharges`. It never imports `tariffs.billing`, nor that it.
"""
