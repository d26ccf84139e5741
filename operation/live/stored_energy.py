"""The stored energy that a reading tells, and whether it can have come from what was read before.

Energy may fall at once, and rises only as fast as batteries charge. Every earlier reading is a bound: what it
told, plus all that can have been charged since, plus a little for the gauge. So a false value does not become true by
repeating: it is believed when it could have been charged since the last low reading. A low reading that was false is
sent again with the right value and the same time, which takes its place.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from itertools import pairwise

from ridethrough.domain import Interconnection, Site, SiteState, UpsSystem
from ridethrough.domain.telemetry import Telemetry, UpsReading

_MOST_OF_CAPACITY = 1.05
"""A gauge of stored energy reads at most this share of new batteries."""
_JUMP_OF_POWER = 1.25
"""Of the charge limit: batteries may gain so much between two readings, by their gauge."""
_JUMP_OF_CAPACITY = 0.05
"""A gauge that corrects itself rises by at most this share of capacity, however many readings it takes."""
_LONGEST = timedelta(days=31)
_FROZEN_READINGS = 3
_FROZEN_OF_CAPACITY = 0.05
"""A gauge that stands still over so many readings, while batteries gave more than this share of capacity, is frozen."""


def counts_for(site: Site) -> timedelta:
    """How long a reading bounds those after it: until empty batteries can be charged to all that a gauge may read.

    It is a month at most: batteries that hardly charge would have the service read years of readings each time.
    """
    hours = [
        _MOST_OF_CAPACITY * ups.battery.nominal_kwh / (_JUMP_OF_POWER * ups.battery.charge_limit_kw) for ups in site.ups
    ]
    return timedelta(hours=min(max(hours), _LONGEST / timedelta(hours=1)))


def jump_fault(ups: UpsSystem, stored_kwh: float, telemetry: Telemetry, before: Sequence[Telemetry]) -> str:
    """Why stored energy cannot have come from what was read before; empty where it can."""
    worst = max(_jumps(ups, stored_kwh, telemetry, before), default=None)
    if worst is None or worst[0] <= 0:
        return ""
    _, gained_kwh, seconds = worst
    return f"its stored energy cannot rise by {gained_kwh:,.1f} kWh in {seconds:,.0f} s"


def most_charge_kw(ups: UpsSystem) -> float:
    """How fast stored energy is believed to rise, by its gauge."""
    return _JUMP_OF_POWER * ups.units * ups.battery.charge_limit_kw


def _jumps(
    ups: UpsSystem, stored_kwh: float, telemetry: Telemetry, before: Sequence[Telemetry]
) -> Iterator[tuple[float, float, float]]:
    """For each earlier reading: by how much the gain since is more than can be, the gain (kWh), and its time (s)."""
    charge_kw = most_charge_kw(ups)
    slack_kwh = _JUMP_OF_CAPACITY * ups.capacity_kwh
    for each in before:
        reading, seconds = each.ups.get(ups.id), (telemetry.measured_at - each.measured_at).total_seconds()
        former_kwh = None if reading is None else stored_energy(ups, reading)[0]
        if former_kwh is not None and seconds > 0:
            gained_kwh = stored_kwh - former_kwh
            yield gained_kwh - slack_kwh - charge_kw * seconds / 3600, gained_kwh, seconds


def frozen_fault(ups: UpsSystem, telemetry: Telemetry, before: Sequence[Telemetry]) -> str:
    """Why stored energy that stayed the same, to every digit, cannot be: batteries gave energy meanwhile.

    Energy that is charged does not count: a gauge stands still at full batteries, and too little is no danger.
    """
    run = list(_unchanged(ups, telemetry, before))
    if len(run) < _FROZEN_READINGS:
        return ""
    given_kwh, seconds = 0.0, (run[0][0].measured_at - run[-1][0].measured_at).total_seconds()
    for (later, at_its_end), (earlier, at_its_start) in pairwise(run):
        hours = (later.measured_at - earlier.measured_at) / timedelta(hours=1)
        given_kwh += hours * min(_given_kw(at_its_start), _given_kw(at_its_end))
    if given_kwh <= _FROZEN_OF_CAPACITY * ups.capacity_kwh:
        return ""
    return f"its stored energy is frozen: the same for {seconds:,.0f} s, while batteries gave {given_kwh:,.1f} kWh"


def _unchanged(
    ups: UpsSystem, telemetry: Telemetry, before: Sequence[Telemetry]
) -> Iterator[tuple[Telemetry, UpsReading]]:
    """The readings with the same stored energy as the latest, back from it without a gap."""
    latest = telemetry.ups[ups.id]
    told = (latest.stored_kwh, latest.unit_stored_kwh)
    for each in (telemetry, *sorted(before, key=lambda other: other.measured_at, reverse=True)):
        reading = each.ups.get(ups.id)
        if reading is None or (reading.stored_kwh, reading.unit_stored_kwh) != told:
            return
        yield each, reading


def _given_kw(reading: UpsReading) -> float:
    """What batteries give by their measured powers, less what they take; nothing where it is not measured."""
    return 0.0 if reading.discharge_kw is None else reading.discharge_kw - (reading.charge_kw or 0.0)


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
