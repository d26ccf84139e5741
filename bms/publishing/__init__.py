"""What others may know: each cycle's setpoints and states on a broker, as a BACnet device, and in schedules of devices.

In: cycles, and the plan in force. Out: what listeners see, beside the control loop and never in it. `api` imports it.
"""
