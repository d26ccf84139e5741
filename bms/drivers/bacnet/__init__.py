"""BACnet/IP: a UPS system whose points a site file names, dated schedules, and a device that shows our plan.

In: objects of a device, and setpoints. Out: readings, and setpoints read back. The controller and `api` import it.
"""
