"""What is asked about a storm or a grid alert, minute by minute: no trade before it, no large step of the meter after.

Nothing here is taken from the certificate, from what makes plans, or from the defaults of conditions.
"""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
from outage_simulation import FloatArray
from site_rules import BEYOND_KW, SystemDay

from ridethrough.domain import Horizon, ReserveCondition, Site
from ridethrough.domain.equipment.battery import Battery

_USUAL_MINUTES = {"storm": 120, "grid_alert": 120}


def minutes_held_off(condition: ReserveCondition) -> float:
    """How long before a condition nothing is traded."""
    said = condition.hold_off_minutes
    return _USUAL_MINUTES.get(condition.kind.value, 0) if said is None else said


def minutes_of_return(condition: ReserveCondition, site: Site) -> float:
    """How long after a condition batteries take to their whole power, where this is asked beside the site's limit."""
    if condition.ramp_minutes is not None:
        return condition.ramp_minutes
    stated = site.interconnection.ramp_limit_kw_per_min is not None
    return 0 if stated else _USUAL_MINUTES.get(condition.kind.value, 0)


def held_off(horizon: Horizon, conditions: Sequence[ReserveCondition], ups_id: str) -> list[ReserveCondition | None]:
    """For each interval, a condition that lies ahead so closely that nothing may be traded; None without one."""
    found: list[ReserveCondition | None] = []
    for t in range(horizon.intervals):
        begin = horizon.start + t * horizon.step
        soon = None
        for each in conditions:
            ahead = each.start - timedelta(minutes=minutes_held_off(each))
            if each.ups in (None, ups_id) and begin < each.start and ahead < begin + horizon.step:
                soon = each
        found.append(soon)
    return found


def step_limits_kw(site: Site, horizon: Horizon, conditions: Sequence[ReserveCondition]) -> list[float]:
    """The largest step into each interval: by the site, and while batteries return from a condition."""
    per_min = site.interconnection.ramp_limit_kw_per_min
    whole_kw = 0.0
    for ups in site.ups:
        running = sum(1 for mode in ups.unit_modes if mode.value == "normal") if ups.unit_modes else ups.units
        whole_kw += running * ups.battery.discharge_limit_kw * _part_when_cold(ups.battery)
    limits = []
    for t in range(horizon.intervals):
        begin = horizon.start + t * horizon.step
        least = float("inf") if per_min is None else per_min * horizon.interval_minutes
        for each in conditions:
            minutes = minutes_of_return(each, site)
            since = (begin - each.end) / timedelta(minutes=1)
            if 0 <= since < minutes:
                least = min(least, whole_kw / minutes * horizon.interval_minutes)
        limits.append(least)
    return limits


def _part_when_cold(battery: Battery) -> float:
    table, at = battery.power_fraction_by_temperature_c, battery.temperature_c
    if at is None or not table:
        return 1.0
    points = sorted(table)
    return float(np.interp(at, points, [table[point] for point in points]))


def traded_before(
    days: Sequence[SystemDay], site: Site, conditions: Sequence[ReserveCondition], resting_kw: FloatArray
) -> list[int]:
    """The intervals of hold-offs in which systems discharge more than their loads and the meter's limit ask for."""
    waiting = [held_off(day.horizon, conditions, day.ups.id) for day in days]
    broken = []
    for t, rests_kw in enumerate(resting_kw.tolist()):
        carried_kw, traded_kw = rests_kw, 0.0
        for day, soon in zip(days, waiting, strict=True):
            forced = max(0.0, float(day.terminal_kw[t]) - day.rectifier_kw)
            carried_kw -= forced / day.ups.rectifier_efficiency
            if soon[t] is not None:
                traded_kw += max(0.0, day.trajectory.discharge_kw[t] - forced) / day.ups.rectifier_efficiency
        if traded_kw > max(0.0, carried_kw - site.interconnection.import_limit_kw) + len(days) * BEYOND_KW:
            broken.append(t)
    return broken
