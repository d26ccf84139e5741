"""What is known at a moment: measured loads, published prices, and what the meter has set so far.

In: a record of loads and prices. Out: peaks and energy of the billing period so far. Planners and studies import it.
"""
