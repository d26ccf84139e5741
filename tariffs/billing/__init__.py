"""From a tariff and a meter series to an exact bill in decimals.

In: a tariff, a horizon, kW a metering interval. Out: `Bill`. It never imports `tariffs.horizon`, nor that it.
"""
