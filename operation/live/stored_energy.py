"""The stored energy that a reading tells, and whether it can have come from what was read before.

Energy may fall at once, and rises only as fast as batteries charge. Every earlier reading is a bound: what it
told, plus all that can have been charged since, plus a little for the gauge. So a false value does not become true by
repeating: it is believed when it could have been charged since the last low reading. A low reading that was false is
sent again with the right value and the same time, which takes its place.
"""

from dataclasses import replace
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Interconnection, Site, SiteState, UpsMode, UpsSystem
from ridethrough.domain.telemetry import Telemetry, UpsReading
from ridethrough.operation.live.energy_history import EnergyHistory, FloatArray, SystemHistory, microseconds

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


def jump_fault(ups: UpsSystem, stored_kwh: float, telemetry: Telemetry, before: EnergyHistory) -> str:
    """Why stored energy cannot have come from what was read before; empty where it can."""
    told = before.systems.get(ups.id)
    if told is None:
        return ""
    seconds = (microseconds(telemetry.measured_at) - before.measured_us) / 1e6
    gained_kwh = stored_kwh - believed_kwh(ups, told)
    most_kwh = _JUMP_OF_CAPACITY * ups.capacity_kwh + most_charge_kw(ups) * seconds / 3600
    too_much_kwh = np.where(np.isnan(gained_kwh) | (seconds <= 0), -np.inf, gained_kwh - most_kwh)
    worst = int(np.argmax(too_much_kwh)) if len(too_much_kwh) else None
    if worst is None or too_much_kwh[worst] <= 0:
        return ""
    return f"its stored energy cannot rise by {gained_kwh[worst]:,.1f} kWh in {seconds[worst]:,.0f} s"


def most_charge_kw(ups: UpsSystem) -> float:
    """How fast stored energy is believed to rise, by its gauge."""
    return _JUMP_OF_POWER * ups.units * ups.battery.charge_limit_kw


def frozen_fault(ups: UpsSystem, telemetry: Telemetry, before: EnergyHistory) -> str:
    """Why stored energy that stayed the same, to every digit, cannot be: batteries gave energy meanwhile.

    Energy that is charged does not count: a gauge stands still at full batteries, and too little is no danger.
    """
    latest = replace(telemetry, ups={ups.id: telemetry.ups[ups.id]})
    run = before.of_system(ups.id).followed_by(EnergyHistory.of([latest]))
    rows = run.systems[ups.id].rows
    changed = np.flatnonzero(~_same_energy(rows, rows[-1]))
    first = int(changed[-1]) + 1 if len(changed) else 0
    times_us, given_kw = run.measured_us[first:], run.systems[ups.id].given_kw[first:]
    if len(times_us) < _FROZEN_READINGS:
        return ""
    given_kwh = float(np.sum(np.diff(times_us) / 3.6e9 * np.minimum(given_kw[1:], given_kw[:-1])))
    if given_kwh <= _FROZEN_OF_CAPACITY * ups.capacity_kwh:
        return ""
    seconds = (times_us[-1] - times_us[0]) / 1e6
    return f"its stored energy is frozen: the same for {seconds:,.0f} s, while batteries gave {given_kwh:,.1f} kWh"


def _same_energy(rows: FloatArray, row: FloatArray) -> NDArray[np.bool_]:
    """Which rows tell the same energy as one, of the system and of each unit; what they give may differ."""
    told, latest = rows[:, 1:], row[1:]
    same: NDArray[np.bool_] = ((told == latest) | (np.isnan(told) & np.isnan(latest))).all(axis=1)
    return same


def believed_kwh(ups: UpsSystem, told: SystemHistory) -> FloatArray:
    """The stored energy that each reading tells, as `stored_energy` believes it; NaN where it does not."""
    stored_kwh = told.stored_kwh
    most_kwh = _MOST_OF_CAPACITY * ups.units * ups.battery.nominal_kwh
    can_be = (stored_kwh >= 0) & (stored_kwh <= most_kwh) & (not ups.unit_state_of_health)
    of_system = np.where(can_be, np.minimum(stored_kwh, ups.max_stored_kwh), np.nan)
    if told.unit_stored_kwh.shape[1] < ups.units:
        return np.where(told.unit_count == 0, of_system, np.nan)
    return np.where(told.unit_count == 0, of_system, _believed_in_units_kwh(ups, told))


def _believed_in_units_kwh(ups: UpsSystem, told: SystemHistory) -> FloatArray:
    """The same by the energy of units, of which the emptiest in service counts (`SiteState.stored_in`)."""
    units, battery = told.unit_stored_kwh[:, : ups.units], ups.battery
    can_be = (told.unit_count == ups.units) & ((units >= 0) & (units <= _MOST_OF_CAPACITY * battery.nominal_kwh)).all(
        axis=1
    )
    in_service = [mode is UpsMode.NORMAL for mode in ups.modes]
    capped = np.minimum(units, battery.nominal_kwh * battery.max_fraction)[:, in_service]
    unavailable = battery.cutoff_fraction + ups.reserve.soc_error_fraction
    least_kwh = (capped - unavailable * np.array(ups.unit_capacities_kwh)).min(axis=1)
    alike_kwh = np.maximum(0.0, least_kwh + unavailable * ups.weakest_capacity_kwh) * ups.units_in_service
    return np.where(can_be, np.minimum(ups.max_stored_kwh, alike_kwh), np.nan)


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
