"""From files of meters and markets to series on a horizon.

In: CSV, JSON, Green Button. Out: values an interval, or a fault that names the row.
"""
