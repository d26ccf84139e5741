"""From documents to domain values, with every fault at once. Pydantic models stop here.

In: YAML, JSON, CSV, XML. Out: domain and tariff values, or `UnableToAccept`.
"""
