"""Telemetry of a UPS system or a meter by OPC UA: nodes that the site file names are read, and none is written.

In: settings of a site file. Out: readings with the time of their source. `drivers.catalog` imports it.
"""
