"""What a meter series costs under the charges of a horizon, in floats.

In: `HorizonCharges` and kW an interval. Out: costs, tiers and slopes. It knows nothing of batteries.
"""
