"""UPS systems and meters on Modbus TCP: SunSpec models by their published definitions, a map of registers for the rest.

In: the settings of a device in the site file. Out: a `Driver`. The catalog of drivers imports it.
"""
