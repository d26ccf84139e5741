"""MQTT: a UPS system behind a broker, and what others may know of ours, also as sensors of Home Assistant.

In: messages of a device, and setpoints. Out: readings, setpoints read back, states. The controller and `api` import it.
"""
