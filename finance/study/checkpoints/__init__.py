"""A study that was stopped goes on: its state in a file, under a keyed hash.

In: a closed loop and a file. Out: the closed loop as it was, or a refusal. Only studies import it.
"""
