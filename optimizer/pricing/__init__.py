"""The cost of a meter series under the charges of a horizon, in floats.

In: `HorizonCharges` and one kW value for each interval. Out: costs, tiers and slopes. It knows nothing about batteries.
"""
