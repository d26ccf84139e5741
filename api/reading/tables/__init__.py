"""From the bytes of a CSV or Excel file to columns: cells, instants and numbers.

In: a file, and what its `csv_format` says of it. Out: columns, or faults with the row, and the `csv_format` to write.
"""
