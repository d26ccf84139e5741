"""From orders and measured loads to what every battery does, interval by interval.

In: `Orders` and loads as they are measured. Out: a `ControlOutcome`. It knows no planner, no clock and no device.
"""
