"""Commands of the service: `serve`, keys, backup and restore, and the options that name a store and who may ask.

In: options. Out: the running service, or what its store answers, printed. Only the command line imports it.
"""
