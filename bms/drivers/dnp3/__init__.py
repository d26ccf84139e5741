"""Telemetry of a UPS system or a meter by DNP3 over TCP: points of an outstation that the site file names.

In: settings of a site file. Out: readings. `drivers.catalog` imports it.
"""
