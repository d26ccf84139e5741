"""From a saving to money over the years: cash flow, taxes, depreciation, returns, sensitivity, ranges.

In: a `Project` and a yearly saving. Out: a `CashFlow`.
"""
