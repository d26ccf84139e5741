"""The charges a tariff is made of, one noun a file.

In: rates and names of schedule periods. Out: frozen values that `tariffs.tariff` collects.
"""
