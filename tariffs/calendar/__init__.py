"""When a charge applies: the local clock, billing periods, schedules, holidays, and how people write them.

In: a horizon and a tariff's dates. Out: arrays of months, days and periods. All of `tariffs` and above may import it.
"""
