"""From a tariff and a meter series to an exact bill in decimals.

In: a tariff, a horizon, kW of each metering interval. Out: `Bill`. This folder and `tariffs.horizon` never import each
other.
"""
