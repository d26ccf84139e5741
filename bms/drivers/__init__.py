"""How to speak with equipment: one protocol (`driver`), and one folder or module for each way to speak.

In: the address of a device. Out: readings, and setpoints that were read back. The controller and `api` import it.
"""
