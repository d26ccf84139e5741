"""From what is known at a moment to orders, and from orders to what every battery does.

In: a site, its tariff, measured loads, published prices, the state. Out: `Orders`, and the control law that carries
them out. Studies use it, and so do the service and the controller.
"""
