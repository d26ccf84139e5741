"""Real equipment, failing safe: drivers, the guard before the hardware, the control loop, and a simulated UPS.

In: a site, its equipment, and what batteries should do. Out: setpoints that equipment follows. Only `api` imports it.
"""
