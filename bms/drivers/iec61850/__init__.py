"""Telemetry of a UPS system or a meter by IEC 61850 (MMS): attributes that the site file names, and none is written.

In: settings of a site file. Out: readings. `drivers.catalog` imports it.
"""
