"""How much CPU time bills and plans take on this machine.

In: nothing. Out: times for the `bench` command.
"""
