"""A study as a workbook with live formulas."""
