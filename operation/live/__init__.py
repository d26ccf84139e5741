"""From the plan in force and the latest reading to what every battery does now, or to the reason why all of them hold.

In: a site, its plan's orders, telemetry, a moment. Out: `Setpoints`. The service and the controller use it.
"""
