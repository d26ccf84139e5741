"""The charges that a tariff consists of, one in each file.

In: rates and names of schedule periods. Out: frozen values that `tariffs.tariff` collects.
"""
