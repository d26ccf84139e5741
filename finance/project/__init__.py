"""The cash flow of a project: taxes, depreciation, returns, sensitivity and ranges.

In: a `Project` and a yearly saving. Out: a `CashFlow`.
"""
