"""The stored energy that a reading tells, and whether it can have come from what was read before.

Energy may fall at once, and rises only as fast as batteries charge. Every earlier reading is a bound: what it
told, plus all that can have been charged since, plus a little for the gauge. So a false value does not become true by
repeating: it is believed when it could have been charged since the last low reading. A low reading that was false is
sent again with the right value and the same time, which takes its place.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from ridethrough.domain import Interconnection, Site, SiteState, UpsSystem
from ridethrough.domain.telemetry import Telemetry, UpsReading

_MOST_OF_CAPACITY = 1.05
"""A gauge of stored energy reads at most this share of new batteries."""
_JUMP_OF_POWER = 1.25
"""Of the charge limit: batteries may gain so much between two readings, by their gauge."""
_JUMP_OF_CAPACITY = 0.05
"""A gauge that corrects itself rises by at most this share of capacity, however many readings it takes."""


def counts_for(site: Site) -> timedelta:
    """How long a reading bounds those after it: until empty batteries can be charged to all that a gauge may read."""
    hours = [
        _MOST_OF_CAPACITY * ups.battery.nominal_kwh / (_JUMP_OF_POWER * ups.battery.charge_limit_kw) for ups in site.ups
    ]
    return timedelta(hours=max(hours))


def jump_fault(ups: UpsSystem, stored_kwh: float, telemetry: Telemetry, before: Sequence[Telemetry]) -> str:
    """Why stored energy cannot have come from what was read before; empty where it can."""
    worst = max(_jumps(ups, stored_kwh, telemetry, before), default=None)
    if worst is None or worst[0] <= 0:
        return ""
    _, gained_kwh, seconds = worst
    return f"its stored energy cannot rise by {gained_kwh:,.1f} kWh in {seconds:,.0f} s"


def _jumps(
    ups: UpsSystem, stored_kwh: float, telemetry: Telemetry, before: Sequence[Telemetry]
) -> Iterator[tuple[float, float, float]]:
    """For each earlier reading: by how much the gain since is more than can be, the gain (kWh), and its time (s)."""
    charge_kw = _JUMP_OF_POWER * ups.units * ups.battery.charge_limit_kw
    slack_kwh = _JUMP_OF_CAPACITY * ups.capacity_kwh
    for each in before:
        reading, seconds = each.ups.get(ups.id), (telemetry.measured_at - each.measured_at).total_seconds()
        former_kwh = None if reading is None else stored_energy(ups, reading)[0]
        if former_kwh is not None and seconds > 0:
            gained_kwh = stored_kwh - former_kwh
            yield gained_kwh - slack_kwh - charge_kw * seconds / 3600, gained_kwh, seconds


def stored_energy(ups: UpsSystem, reading: UpsReading) -> tuple[float | None, str]:
    """The stored energy of a system that is believed; or None, and why."""
    if reading.unit_stored_kwh:
        return _stored_in_units_kwh(ups, reading.unit_stored_kwh)
    stored_kwh = reading.stored_kwh
    if stored_kwh is None:
        return None, "its stored energy is missing"
    if ups.unit_state_of_health:
        return None, "its units differ in health: unit_stored_kwh is needed"
    if not 0 <= stored_kwh <= _MOST_OF_CAPACITY * ups.units * ups.battery.nominal_kwh:
        return None, f"its stored energy cannot be: {stored_kwh:,.1f} kWh of {ups.max_stored_kwh:,.1f}"
    return min(stored_kwh, ups.max_stored_kwh), ""


def _stored_in_units_kwh(ups: UpsSystem, units: tuple[float | None, ...]) -> tuple[float | None, str]:
    """The stored energy of a system by that of its units, of which the emptiest counts."""
    if len(units) != ups.units:
        return None, f"stored energy of {len(units)} units, and it has {ups.units}"
    known = tuple(each for each in units if each is not None)
    if len(known) < len(units):
        return None, f"the stored energy of {len(units) - len(known)} of its units is missing"
    if not all(0 <= each <= _MOST_OF_CAPACITY * ups.battery.nominal_kwh for each in known):
        return None, f"the stored energy of a unit cannot be: {', '.join(f'{each:g}' for each in known)} kWh"
    capped = tuple(min(each, ups.battery.nominal_kwh * ups.battery.max_fraction) for each in known)
    return SiteState(unit_stored_kwh={ups.id: capped}).stored_in(_alone(ups), ups.id), ""


def _alone(ups: UpsSystem) -> Site:
    """A site of this system only: the energy of units is worked out of a site's state."""
    return Site(id=ups.id, timezone="UTC", interconnection=Interconnection(import_limit_kw=1.0), ups=(ups,))
