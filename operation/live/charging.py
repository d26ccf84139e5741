"""How much a system may charge by what was read of it."""

from ridethrough.domain import UpsMode, UpsSystem
from ridethrough.domain.telemetry import UpsReading


def limit_as_read_kw(ups: UpsSystem, reading: UpsReading) -> float:
    """Nothing out of normal mode or with a fault; on a generator what the site allows there; else the charge limit."""
    if reading.mode not in {None, UpsMode.NORMAL} or reading.fault:
        return 0.0
    on_generator_kw = ups.battery.charge_limit_on_generator_kw
    if reading.on_generator and on_generator_kw is not None:
        return ups.units_in_service * on_generator_kw
    return ups.charge_limit_kw
