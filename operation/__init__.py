"""From what is known at a moment to orders, and from orders to the power of every battery.

In: a site, its tariff, measured loads, published prices, the state. Out: `Orders`, and the control law that executes
them. Studies, the service and the controller use it.
"""
