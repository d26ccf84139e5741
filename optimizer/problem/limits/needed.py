r"""The charging that is necessary in an interval to reach a floor in time; it has priority over swings and ramps.

Going back from the last boundary, the least energy from which every later floor can still be met is

    least[b] = max(asked[b], (least[b+1] + forced - gain(sure[b])) / kept)                at most full

where `sure` is the charge that the meter leaves beside what is needed by the systems before this one, and `forced` what
the batteries give because the rectifiers cannot carry the load. The system that is short first comes first, of those
the emptiest, and of those alike the first of the site. Going on from the measured state, a system rests until its
energy falls below that line, and then charges as much as is needed to be on it.

So the need follows only from the site, its loads, its conditions and the state. If a plan discharges a battery first,
its need does not grow, and the need of one system gives no right to another.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Site, UpsSystem
from ridethrough.domain.equipment.curves import interpolate
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem

FloatArray = NDArray[np.float64]

SAME_ENERGY = 1e-6
"""A battery within this fraction of capacity of its floor is on it: plans end exactly on floors, and files round."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """Of one system: the charge needed in each interval (kW), and the energy it leads to at each boundary (kWh)."""

    charge_kw: tuple[float, ...]
    reached_kwh: tuple[float, ...]

    def __bool__(self) -> bool:
        return any(self.charge_kw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """What loads leave to one system per interval (kW): `rectifier_kw` for charging, and what batteries must give."""

    rectifier_kw: FloatArray
    forced_kw: FloatArray


def rooms_of(site: Site, dc_load_kw: Mapping[str, tuple[float, ...]]) -> dict[str, Room]:
    """The room of each system."""
    left = {
        ups.id: ups.input_limit_kw * ups.rectifier_efficiency - np.array(dc_load_kw[ups.id], dtype=float)
        for ups in site.ups
    }
    return {
        ups_id: Room(rectifier_kw=np.maximum(0.0, kw), forced_kw=np.maximum(0.0, -kw)) for ups_id, kw in left.items()
    }


def needs_of(
    problem: DispatchProblem,
    asked_kwh: Mapping[str, tuple[float, ...]],
    rooms: Mapping[str, Room],
    headroom_kw: FloatArray,
) -> dict[str, Need]:
    """Work out the need of every system; `headroom_kw` is the import left while every battery rests.

    The plan is looked at by itself first, and its look-ahead from where the plan leads to: nothing in a plan is needed
    for a floor that lies beyond it.
    """
    stored_kwh = {ups.id: problem.stored_at_start_kwh(ups) for ups in problem.site.ups}
    parts = [slice(0, problem.planned), slice(problem.planned, problem.horizon.intervals)]
    charge_kw: dict[str, list[float]] = {ups_id: [] for ups_id in stored_kwh}
    reached_kwh = {ups_id: [kwh] for ups_id, kwh in stored_kwh.items()}
    for part in parts:
        found = _needs_in(problem, part, asked_kwh, rooms, headroom_kw, {i: e[-1] for i, e in reached_kwh.items()})
        for ups_id, (charges, reached) in found.items():
            charge_kw[ups_id] += charges
            reached_kwh[ups_id] += reached
    return {
        ups_id: Need(charge_kw=tuple(charge_kw[ups_id]), reached_kwh=tuple(reached_kwh[ups_id]))
        for ups_id in stored_kwh
    }


def _needs_in(  # noqa: PLR0917 - a part of the horizon, and what each system has there
    problem: DispatchProblem,
    part: slice,
    asked_kwh: Mapping[str, tuple[float, ...]],
    rooms: Mapping[str, Room],
    headroom_kw: FloatArray,
    stored_kwh: Mapping[str, float],
) -> dict[str, tuple[list[float], list[float]]]:
    """The charges and the energies of every system in a part of the horizon that starts from `stored_kwh`."""
    intervals, h = part.stop - part.start, problem.horizon.interval_h
    found = {ups.id: ([0.0] * intervals, [stored_kwh[ups.id]] * intervals) for ups in problem.site.ups}
    if intervals == 0:
        return found
    wanted = {ups.id: np.array(asked_kwh[ups.id][part.start : part.stop + 1]) for ups in problem.site.ups}
    lacking = [
        ups
        for ups in problem.site.ups
        if wanted[ups.id].max() > stored_kwh[ups.id] + SAME_ENERGY * ups.capacity_kwh
        or rooms[ups.id].forced_kw[part].any()
    ]
    left_kw = headroom_kw[part]
    for ups in sorted(lacking, key=lambda each: urgency(each, wanted[each.id], stored_kwh[each.id])):
        room = Room(rectifier_kw=rooms[ups.id].rectifier_kw[part], forced_kw=rooms[ups.id].forced_kw[part])
        found[ups.id] = charged_in_time(ups, room, left_kw, wanted[ups.id], stored_kwh[ups.id], h)
        left_kw = left_kw - np.array(found[ups.id][0]) / ups.rectifier_efficiency
    return found


def charged_in_time(  # noqa: PLR0917 - one battery, what it is given and what it is asked for
    ups: UpsSystem, room: Room, headroom_kw: FloatArray, wanted_kwh: FloatArray, stored_kwh: float, interval_h: float
) -> tuple[list[float], list[float]]:
    """The charges of one system that reach its floors as late as they may, and the energy after each."""
    sure_kw = _most_kw(ups, room, headroom_kw)
    least_kwh = least_energy_kwh(ups, wanted_kwh, sure_kw, room.forced_kw, interval_h)
    return _going_on(ups, least_kwh, sure_kw, room.forced_kw, stored_kwh, interval_h)


def urgency(ups: UpsSystem, wanted_kwh: FloatArray, stored_kwh: float) -> tuple[int, float]:
    """What puts one system before another: the first boundary that asks for more than is stored, and how full it is.

    Where no boundary asks for more, the number of boundaries stands for the first.
    """
    short = np.flatnonzero(wanted_kwh > stored_kwh + SAME_ENERGY * ups.capacity_kwh)
    return int(short[0]) if len(short) else len(wanted_kwh), stored_kwh / ups.capacity_kwh


def _most_kw(ups: UpsSystem, room: Room, headroom_kw: FloatArray) -> FloatArray:
    """The most charge that charger, rectifier and meter allow."""
    most_kw = np.minimum(np.minimum(ups.charge_limit_kw, room.rectifier_kw), headroom_kw * ups.rectifier_efficiency)
    return np.maximum(0.0, most_kw)


def least_energy_kwh(
    ups: UpsSystem, asked_kwh: FloatArray, most_kw: FloatArray, forced_kw: FloatArray, interval_h: float
) -> FloatArray:
    """The least energy at each boundary from which every later floor can be met by charging at the most."""
    battery, kept = ups.battery, ups.battery.kept_fraction(interval_h)
    taper = battery.charge_taper_by_fraction
    least = np.minimum(asked_kwh, ups.max_stored_kwh)
    for b in range(len(most_kw) - 1, -1, -1):
        left = interpolate(taper, float(least[b + 1]) / ups.capacity_kwh) if taper else 1.0
        gained_kwh = min(most_kw[b], left * ups.charge_limit_kw) * battery.charge_efficiency * interval_h
        lost_kwh = forced_kw[b] / battery.discharge_efficiency * interval_h
        least[b] = max(least[b], min(ups.max_stored_kwh, (least[b + 1] - gained_kwh + lost_kwh) / kept))
    return least


def _going_on(  # noqa: PLR0917 - one battery, and its intervals
    ups: UpsSystem, least_kwh: FloatArray, most_kw: FloatArray, forced_kw: FloatArray, stored_kwh: float, h: float
) -> tuple[list[float], list[float]]:
    """Rest while the energy is on or above the line, and else charge up to it: charges, and energy after each."""
    battery, kept = ups.battery, ups.battery.kept_fraction(h)
    charges, energies = [], []
    for t, least in enumerate(least_kwh[1:].tolist()):
        lost_kwh = float(forced_kw[t]) / battery.discharge_efficiency * h
        resting_kwh = stored_kwh if lost_kwh == 0 else max(0.0, kept * stored_kwh - lost_kwh)
        charge_kw = 0.0
        if least > resting_kwh:
            left_kwh = max(0.0, kept * stored_kwh - lost_kwh)
            limit_kw = min(float(most_kw[t]), ups.charge_below_taper_kw(left_kwh, h))
            charge_kw = max(0.0, min((least - left_kwh) / battery.charge_efficiency / h, limit_kw))
            resting_kwh = left_kwh + charge_kw * battery.charge_efficiency * h
        stored_kwh = resting_kwh
        charges.append(charge_kw)
        energies.append(stored_kwh)
    return charges, energies
