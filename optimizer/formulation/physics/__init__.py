"""The laws of equipment, one a file: battery, rectifier, taper, meter, ramp, and no charge while discharging."""
