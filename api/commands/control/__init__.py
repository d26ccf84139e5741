"""The commands of real and of simulated equipment: `control` and `simulate`.

In: options. Out: a loop that runs until it is stopped. Only the command line imports it.
"""
