"""The laws of equipment, one in each file: battery, rectifier, taper, meter, ramp, hold-off, exclusivity."""
