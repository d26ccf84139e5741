"""The charging that is necessary to reach a floor in time, from conditions and the state, independent of the plan.

A floor is reached as late as charger, taper, rectifier and meter allow. Going back from the last floor of the plan,

    R[b] = max(asked[b], (R[b+1] + forced_kwh - eta_c * h * sure[b]) / kept)        least energy for every later floor

where `forced_kwh` is what the batteries must give because the rectifiers cannot carry the load, and `sure` the charge
that the import limit leaves beside what more urgent systems need. More urgent is who lacks something earlier, or else
who is emptier, or else who comes first in the site. Going on from the measured state,

    needed[t] = (R[t+1] - kept * X[t] + forced_kwh) / (eta_c * h)      where R[t+1] is above X[t], at most `most[t]`
    X[t+1]    = what that leaves; else X[t]

`X` rests and keeps its energy but for this. The larger need counts of two: with all that the import limit leaves, and
with `sure` alone. Where more urgent systems take the import first, a system can only charge later, and needs it then.
So a battery that a plan has discharged first needs nothing more than one that rested, and what one system needs is no
other's.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import UpsSystem
from ridethrough.optimizer.certificate.system import SystemReplay

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """The charge of one system that is needed then (kW per interval), and the energy it reaches (kWh per boundary)."""

    charge_kw: FloatArray
    reached_kwh: FloatArray


def needed_charges(systems: Sequence[SystemReplay], headroom_kw: FloatArray) -> dict[str, Needed]:
    """Work out what each system needs; `headroom_kw` is the import left at the meter with every battery at rest."""
    order = [ups.id for ups in systems[0].evidence.site.ups]
    needed = {each.ups.id: _nothing(each) for each in systems}
    left_kw = headroom_kw
    for each in sorted(filter(_lacks, systems), key=lambda each: (*_urgency(each), order.index(each.ups.id))):
        needed[each.ups.id], taken_kw = _needed(each, headroom_kw, left_kw)
        left_kw = left_kw - taken_kw
    return needed


def _urgency(system: SystemReplay) -> tuple[int, float]:
    """The first boundary whose floor is above what is stored at the start, or else beyond the last; and how full."""
    start_kwh = system.stored_kwh[0]
    above = system.asked_kwh > start_kwh + system.slack_kwh[0]
    return int(np.argmax(above)) if above.any() else len(above), float(start_kwh / system.ups.capacity_kwh)


def _lacks(system: SystemReplay) -> bool:
    """Whether any floor is above what is stored at the start, or the rectifiers need help that takes from it."""
    return bool(np.any(system.asked_kwh > system.stored_kwh[0] + system.slack_kwh[0]) or system.forced_kw.any())


def _nothing(system: SystemReplay) -> Needed:
    n = system.horizon.intervals
    return Needed(charge_kw=np.zeros(n), reached_kwh=np.full(n + 1, system.stored_kwh[0]))


def _needed(system: SystemReplay, headroom_kw: FloatArray, left_kw: FloatArray) -> tuple[Needed, FloatArray]:
    """Go back from the last floor with the charge that is sure, and on from the state; also say what the meter gives.

    `left_kw` is the import that more urgent systems leave.
    """
    ups = system.ups
    room_kw = np.minimum(ups.input_limit_kw * ups.rectifier_efficiency - system.load_dc_kw, ups.charge_limit_kw)
    sure_kw, most_kw = (
        np.maximum(0.0, np.minimum(room_kw, import_kw * ups.rectifier_efficiency))
        for import_kw in (left_kw, headroom_kw)
    )
    least_kwh = _least_kwh(system, sure_kw)
    surely_kw, reached_kwh = _going_on(system, least_kwh, sure_kw)
    mostly_kw, _ = _going_on(system, least_kwh, most_kw)
    found = Needed(charge_kw=np.maximum(mostly_kw, surely_kw), reached_kwh=reached_kwh)
    return found, surely_kw / ups.rectifier_efficiency


def most_reached_kwh(system: SystemReplay, headroom_kw: FloatArray) -> FloatArray:
    """The energy towards its floors that a system reaches at each boundary, with the given import left at the meter."""
    ups = system.ups
    room_kw = np.minimum(ups.input_limit_kw * ups.rectifier_efficiency - system.load_dc_kw, ups.charge_limit_kw)
    most_kw = np.maximum(0.0, np.minimum(room_kw, headroom_kw * ups.rectifier_efficiency))
    return _going_on(system, _least_kwh(system, most_kw), most_kw)[1]


def _per_kw(system: SystemReplay) -> float:
    """The energy that one kW of charge stores in an interval."""
    return system.ups.battery.charge_efficiency * system.horizon.interval_h


def _forced_kwh(system: SystemReplay) -> FloatArray:
    """The energy that batteries lose in each interval because the rectifiers cannot carry the load."""
    return system.forced_kw / system.ups.battery.discharge_efficiency * system.horizon.interval_h


def _least_kwh(system: SystemReplay, sure_kw: FloatArray) -> FloatArray:
    """The least energy at each boundary from which every later floor can be met."""
    ups, per_kw, forced_kwh = system.ups, _per_kw(system), _forced_kwh(system)
    least = np.minimum(system.asked_kwh, ups.max_stored_kwh)
    for b in range(len(sure_kw) - 1, -1, -1):
        gained_kwh = per_kw * min(sure_kw[b], _tapered_kw(ups, least[b + 1])) - forced_kwh[b]
        least[b] = max(least[b], min(ups.max_stored_kwh, (least[b + 1] - gained_kwh) / system.kept))
    return least


def _going_on(system: SystemReplay, least_kwh: FloatArray, most_kw: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The charge needed in each interval, and the energy it reaches at each boundary."""
    ups, per_kw, forced_kwh = system.ups, _per_kw(system), _forced_kwh(system)
    needed_kw, reached_kwh = np.zeros(len(most_kw)), np.full(len(least_kwh), system.stored_kwh[0])
    for t, most in enumerate(most_kw.tolist()):
        at_rest = reached_kwh[t] if forced_kwh[t] == 0 else system.kept * reached_kwh[t] - forced_kwh[t]
        reached_kwh[t + 1] = at_rest
        if least_kwh[t + 1] > at_rest:
            left_kwh = system.kept * reached_kwh[t] - forced_kwh[t]
            limit_kw = min(most, ups.charge_below_taper_kw(left_kwh, system.horizon.interval_h))
            needed_kw[t] = max(0.0, min((least_kwh[t + 1] - left_kwh) / per_kw, limit_kw))
            reached_kwh[t + 1] = left_kwh + per_kw * needed_kw[t]
    return needed_kw, reached_kwh


def _tapered_kw(ups: UpsSystem, stored_kwh: float) -> float:
    """The most charge that ends an interval with so much stored."""
    table = ups.battery.charge_taper_by_fraction
    if not table:
        return ups.charge_limit_kw
    points = sorted(table)
    fraction = stored_kwh / ups.capacity_kwh
    return float(ups.charge_limit_kw * np.interp(fraction, points, [table[point] for point in points]))
