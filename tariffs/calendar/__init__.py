"""When a charge applies: local clock, billing periods, schedules, holidays, and their written forms.

In: a horizon and a tariff's dates. Out: arrays of months, days and periods. All of `tariffs` and above may import it.
"""
