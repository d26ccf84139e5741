"""The floor of stored energy at each boundary: the required reserve, as far as it can be reached.

A reserve that cannot be stored in time does not make the problem infeasible. The floor then follows the energy that
charging at the maximum from the start reaches. The plan thus charges as fast as is safe, and a warning says when the
required energy is there. This holds for a system that starts below its reserve, and for a condition that comes soon.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from ridethrough.domain import ReserveCondition, UpsSystem
from ridethrough.optimizer.problem.charging import Charging, charge_all, import_headroom_kw
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.limits.needed import SAME_ENERGY, least_energy_kwh, urgency
from ridethrough.optimizer.problem.limits.powers import Powers
from ridethrough.optimizer.problem.limits.reserves import Reserves, longer_kwh
from ridethrough.optimizer.problem.standing_by import can_keep_what_it_has

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """By UPS system: the floor at each boundary and stored energy to return to at the end (kWh).

    `reserve_kwh` is what a plan states: the floor, but what is asked for where even the usual reserve is out of reach.
    `warnings` say which condition cannot be met in time. A system returns to what it held at the start, or to what
    charging at the maximum leaves at the end where that is less.
    """

    floor_kwh: Mapping[str, tuple[float, ...]]
    reserve_kwh: Mapping[str, tuple[float, ...]]
    return_kwh: Mapping[str, float]
    warnings: tuple[str, ...]


def floors_of(problem: DispatchProblem, reserves: Reserves, powers: Powers) -> Floors:
    """Lay the floors, as far as charging from the start can reach."""
    start_kwh = {ups.id: problem.stored_at_start_kwh(ups) for ups in problem.site.ups}
    if _every_floor_is_there(problem, reserves, powers, start_kwh):
        asked_kwh = reserves.asked_kwh
        return Floors(floor_kwh=asked_kwh, reserve_kwh=asked_kwh, return_kwh=start_kwh, warnings=())
    return _laid(problem, reserves, _reached_kwh(problem, reserves, powers))


def raise_floors(
    problem: DispatchProblem,
    reserves: Reserves,
    powers: Powers,
    floors: Floors,
    reached_kwh: Mapping[str, Sequence[float]],
) -> Floors:
    """Lay the floors again, no lower than they are.

    They are no lower either than `reached_kwh`, what some systems reach at the boundaries of the plan.
    """
    reached = _reached_kwh(problem, reserves, powers)
    for ups_id, floor_kwh in floors.floor_kwh.items():
        found = reached_kwh.get(ups_id, ())
        now_kwh = [*found, *floor_kwh[len(found) :]]
        reached[ups_id] = np.maximum(reached[ups_id], np.maximum(now_kwh, floor_kwh)).tolist()
    return _laid(problem, reserves, reached)


def _laid(problem: DispatchProblem, reserves: Reserves, reached: Mapping[str, list[float]]) -> Floors:
    """The floors on what is asked for, or on what is reached where that is less."""
    start_kwh = {ups.id: problem.stored_at_start_kwh(ups) for ups in problem.site.ups}
    floors: dict[str, tuple[float, ...]] = {}
    stated: dict[str, tuple[float, ...]] = {}
    returns: dict[str, float] = {}
    warnings: list[str] = []
    for ups in problem.site.ups:
        each_kwh = zip(reserves.asked_kwh[ups.id], reached[ups.id], strict=True)
        floors[ups.id] = tuple(min(most, reach * (1 - _ROUNDING)) for most, reach in each_kwh)
        stated[ups.id] = tuple(
            floor if floor >= usual else most
            for floor, usual, most in zip(
                floors[ups.id], reserves.usual_kwh[ups.id], reserves.asked_kwh[ups.id], strict=True
            )
        )
        left_kwh = reached[ups.id][-1]
        slack_kwh = SAME_ENERGY * ups.capacity_kwh
        returns[ups.id] = start_kwh[ups.id] if left_kwh >= start_kwh[ups.id] else max(0.0, left_kwh - slack_kwh)
        warnings += _shortfalls(problem, ups, reserves, reached[ups.id])
        warnings += _beyond_capacity(ups, reserves)
    return Floors(floor_kwh=floors, reserve_kwh=stated, return_kwh=returns, warnings=tuple(warnings))


def _every_floor_is_there(
    problem: DispatchProblem, reserves: Reserves, powers: Powers, start_kwh: Mapping[str, float]
) -> bool:
    """Whether every system holds all that is asked for from the start, and can keep it."""
    stored = all(max(reserves.asked_kwh[ups_id]) <= kwh for ups_id, kwh in start_kwh.items())
    within_limit = max(powers.resting_kw) <= problem.site.interconnection.import_limit_kw
    return stored and within_limit and not reserves.raised and can_keep_what_it_has(problem, powers)


def _reached_kwh(problem: DispatchProblem, reserves: Reserves, powers: Powers) -> dict[str, list[float]]:
    """The energy that every system reaches towards what it is asked for, by charging at the maximum from the start.

    Systems that share the import limit may then be in each other's way; each charges only when it is needed in time
    where that reaches more anywhere, or where the meter's steps are limited.
    """
    asked = reserves.asked_kwh
    at_once = None
    if problem.site.interconnection.ramp_limit_kw_per_min is None:
        at_once = _charged_kwh(problem, reserves, powers, in_time=False)
        if not _lacks_more(problem, asked, at_once, asked):
            return at_once
    in_time = _charged_kwh(problem, reserves, powers, in_time=True)
    return in_time if at_once is None or _lacks_more(problem, asked, at_once, in_time) else at_once


def _lacks_more(
    problem: DispatchProblem,
    asked: Mapping[str, Sequence[float]],
    reached: Mapping[str, Sequence[float]],
    other: Mapping[str, Sequence[float]],
) -> bool:
    """Whether any system anywhere lacks more of what is asked than it would with the other energy."""
    for ups in problem.site.ups:
        asked_kwh = np.array(asked[ups.id])
        less_kwh = np.minimum(asked_kwh, other[ups.id]) - np.minimum(asked_kwh, reached[ups.id])
        if np.any(less_kwh > SAME_ENERGY * ups.capacity_kwh):
            return True
    return False


def _charged_kwh(
    problem: DispatchProblem, reserves: Reserves, powers: Powers, *, in_time: bool
) -> dict[str, list[float]]:
    """Charge every system at the maximum from the start, or as late as is in time; the most urgent first.

    Where the loads alone are above the import limit, energy above the floors is given.
    """
    h, first, systems = problem.horizon.interval_h, {}, []
    for ups in problem.site.ups:
        start_kwh, asked_kwh = problem.stored_at_start_kwh(ups), reserves.asked_kwh[ups.id]
        first[ups.id] = urgency(ups, np.array(asked_kwh), start_kwh)
        target_kwh = min(ups.max_stored_kwh, max(start_kwh, *asked_kwh))
        systems.append(Charging(ups=ups, target_kwh=target_kwh, stored_kwh=[start_kwh]))
    systems.sort(key=lambda each: first[each.ups.id])
    least = _least_kwh(problem, reserves, powers)
    for t in range(problem.horizon.intervals):
        excess_kw = -import_headroom_kw(problem, powers, t)
        if excess_kw > 0:
            keeps_kwh = {ups_id: each[t + 1] for ups_id, each in least.items()}
            for system in _fullest_first(systems, keeps_kwh):
                excess_kw -= system.relieve(powers, h, excess_kw, keeps_kwh[system.ups.id])
            continue
        late = in_time or isfinite(powers.step_limit_kw[t])
        targets = [powers.need[each.ups.id].reached_kwh[t + 1] if late else each.target_kwh for each in systems]
        charge_all(problem, powers, systems, targets)
    return {system.ups.id: system.stored_kwh for system in systems}


def _fullest_first(systems: list[Charging], keeps_kwh: Mapping[str, float]) -> list[Charging]:
    return sorted(systems, key=lambda each: keeps_kwh[each.ups.id] - each.stored_kwh[-1])


def _least_kwh(problem: DispatchProblem, reserves: Reserves, powers: Powers) -> dict[str, list[float]]:
    """The energy of each system under which a later floor could no longer be met; looked for where the meter asks."""
    over = min(problem.site.interconnection.import_limit_kw - np.array(powers.resting_kw)) < 0
    if not over:
        return {ups_id: list(asked) for ups_id, asked in reserves.asked_kwh.items()}
    headroom_kw = problem.site.interconnection.import_limit_kw - np.array(powers.resting_kw)
    chargers_kw = sum(ups.charge_limit_kw for ups in problem.site.ups)
    least = {}
    for ups in problem.site.ups:
        bounds = powers.bounds[ups.id]
        share_kw = np.maximum(0.0, headroom_kw) * ups.rectifier_efficiency * ups.charge_limit_kw / chargers_kw
        most_kw = np.minimum(share_kw, bounds.charge_ceiling_kw)
        forced_kw = np.array(bounds.discharge_floor_kw)
        asked_kwh = np.array(reserves.asked_kwh[ups.id])
        least[ups.id] = least_energy_kwh(ups, asked_kwh, most_kw, forced_kw, problem.horizon.interval_h).tolist()
    return least


def _shortfalls(
    problem: DispatchProblem, ups: UpsSystem, reserves: Reserves, reached_kwh: list[float]
) -> Iterator[str]:
    """Name each condition that comes too soon, and when its required energy is there."""
    boundaries, asked_kwh = reserves.conditions[ups.id].boundaries, reserves.asked_kwh[ups.id]
    slack_kwh = SAME_ENERGY * ups.capacity_kwh
    short = [b for b, held in enumerate(boundaries) if held and reached_kwh[b] < asked_kwh[b] - slack_kwh]
    if not short:
        return
    first = short[0]
    there = (b for b in range(first, len(reached_kwh)) if reached_kwh[b] >= asked_kwh[first] - slack_kwh)
    restored = next(there, None)
    when = "not within this plan" if restored is None else f"at {problem.horizon.start_of(restored).isoformat()}"
    yield (
        f"{ups.id}: {_names(boundaries[first])}: {asked_kwh[first]:.1f} kWh cannot be stored by "
        f"{problem.horizon.start_of(first).isoformat()}, where {reached_kwh[first]:.1f} kWh are; charging at the safe "
        f"maximum, there {when}"
    )


def _beyond_capacity(ups: UpsSystem, reserves: Reserves) -> Iterator[str]:
    """Name each condition that requires a longer ride-through than full batteries have."""
    asked = {each: None for held in reserves.conditions[ups.id].boundaries for each in held}
    for each in asked:
        missing_kwh = longer_kwh(ups, reserves.requirement[ups.id].protected_load_kw, each) - ups.max_stored_kwh
        if missing_kwh > _ROUNDING * ups.capacity_kwh:
            yield (
                f"{ups.id}: {each.kind.value}: full batteries are {missing_kwh:.1f} kWh short of the "
                f"{each.ride_through_s:.0f} s asked for; kept full instead"
            )


def _names(conditions: Iterable[ReserveCondition]) -> str:
    return ", ".join(sorted({each.kind.value for each in conditions}))
