"""Market prices from where they are published.

In: a zone and a time. Out: prices per kWh and what is missing or doubted, or `UnableToFetchPrices` with what to do.
"""
