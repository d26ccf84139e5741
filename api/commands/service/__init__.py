"""Commands of the service's store: keys, backup and restore, and the options that name a store and who may ask.

In: options. Out: what the store answers, printed. Only the command line imports it.
"""
