"""Telemetry of a UPS system or a meter by Redfish: properties of resources that the site file names.

In: settings of a site file. Out: readings. `drivers.catalog` imports it.
"""
