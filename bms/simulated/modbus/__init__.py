"""The simulated equipment of a site as a Modbus TCP server: SunSpec models, and a block of registers of its own.

In: a `SimulatedSite`. Out: a server, and the `equipment` section that a site file needs to speak with it.
"""
