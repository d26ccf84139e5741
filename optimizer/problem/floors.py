"""The floor under stored energy at each boundary: the usual reserve, raised while a condition holds.

A condition that comes sooner than the batteries can be charged does not make the problem infeasible. The floor then
follows what charging at the maximum from the start reaches, so that the plan charges as fast as is safe, and a warning
says when what is asked for is there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ridethrough.domain import BackupDuty, ReserveCondition, UpsSystem, reserve_requirement
from ridethrough.optimizer.problem.charging import Charging, charge_interval, import_headroom_kw

if TYPE_CHECKING:
    from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """The floor of each UPS system at each boundary (kWh), and what cannot be reached in time."""

    floor_kwh: Mapping[str, tuple[float, ...]]
    warnings: tuple[str, ...]


def floors_of(problem: DispatchProblem) -> Floors:
    """Raise the usual reserve where conditions hold, as far as charging from the start can reach."""
    usual = {ups.id: _usual_kwh(problem, ups) for ups in problem.site.ups}
    if not any(problem.conditions_of(ups) for ups in problem.site.ups):
        return Floors(floor_kwh=usual, warnings=())
    asked = {ups.id: _asked_kwh(problem, ups, usual[ups.id]) for ups in problem.site.ups}
    reached = _reached_kwh(problem, asked, usual)
    floors: dict[str, tuple[float, ...]] = {}
    warnings: list[str] = []
    for ups in problem.site.ups:
        each_kwh = zip(usual[ups.id], asked[ups.id], reached[ups.id], strict=True)
        floors[ups.id] = tuple(max(least, min(most, reach * (1 - _ROUNDING))) for least, most, reach in each_kwh)
        warnings += _shortfalls(problem, ups, asked[ups.id], reached[ups.id])
        warnings += _beyond_capacity(problem, ups)
    return Floors(floor_kwh=floors, warnings=tuple(warnings))


def _usual_kwh(problem: DispatchProblem, ups: UpsSystem) -> tuple[float, ...]:
    given = problem.reserve_profile_kwh.get(ups.id)
    if given is not None:
        return given
    return (problem.requirement_of(ups).reserve_kwh,) * (problem.horizon.intervals + 1)


def _asked_kwh(problem: DispatchProblem, ups: UpsSystem, usual_kwh: tuple[float, ...]) -> tuple[float, ...]:
    """What the usual reserve and the conditions ask for, at most full."""
    return tuple(
        max(least, *(_condition_kwh(problem, ups, each) for each in held), 0.0)
        for least, held in zip(usual_kwh, problem.conditions_of(ups).boundaries, strict=True)
    )


def _condition_kwh(problem: DispatchProblem, ups: UpsSystem, condition: ReserveCondition) -> float:
    return min(ups.max_stored_kwh, _longer_kwh(problem, ups, condition))


def _longer_kwh(problem: DispatchProblem, ups: UpsSystem, condition: ReserveCondition) -> float:
    """What the ride-through of a condition takes, also beyond full; full where it asks for full batteries."""
    if condition.ride_through_s is None:
        return ups.max_stored_kwh
    duty = BackupDuty.at_full_load(condition.ride_through_s).repeated(ups.reserve.outages_before_recharge)
    load_kw = problem.requirement_of(ups).protected_load_kw
    return reserve_requirement(ups, protected_load_kw=load_kw, duties=(duty,)).reserve_kwh


def reserve_comes_first(problem: DispatchProblem, ups: UpsSystem) -> tuple[bool, ...]:
    """Say for each interval whether more than what is stored at the start is still to be reserved.

    Until it is there, charging comes before what load swings and the ramp limit ask for. What only the look-ahead needs
    counts in the look-ahead.
    """
    start_kwh = problem.stored_at_start_kwh(ups) * (1 + _ROUNDING)
    asked_kwh = _asked_kwh(problem, ups, _usual_kwh(problem, ups))
    lacking = [b for b, most in enumerate(asked_kwh) if most > start_kwh]
    in_plan = max((b for b in lacking if b <= problem.planned), default=-1)
    last = max(lacking, default=-1)
    return tuple(t < in_plan or problem.planned <= t < last for t in range(problem.horizon.intervals))


def _reached_kwh(
    problem: DispatchProblem, asked: Mapping[str, tuple[float, ...]], usual: Mapping[str, tuple[float, ...]]
) -> dict[str, list[float]]:
    """Charge every system towards what it is asked for, at the maximum from the start; the first to need it first."""
    systems, raised_at = [], {}
    for ups in problem.site.ups:
        start_kwh = problem.stored_at_start_kwh(ups)
        raised = (b for b, (most, least) in enumerate(zip(asked[ups.id], usual[ups.id], strict=True)) if most > least)
        raised_at[ups.id] = next(raised, problem.horizon.intervals + 1)
        target_kwh = min(ups.max_stored_kwh, max(start_kwh, *asked[ups.id]))
        systems.append(Charging(ups=ups, target_kwh=target_kwh, stored_kwh=[start_kwh]))
    systems.sort(key=lambda each: (raised_at[each.ups.id], each.fullness))
    for t in range(problem.horizon.intervals):
        headroom_kw = import_headroom_kw(problem, t)
        for system in systems:
            headroom_kw -= charge_interval(problem, system, t, headroom_kw, _target_kwh(problem, system, t))
    return {system.ups.id: system.stored_kwh for system in systems}


def _target_kwh(problem: DispatchProblem, system: Charging, t: int) -> float:
    """Where a ramp limit holds, charging is counted on no more than to keep what was stored at the start."""
    ramps = problem.site.interconnection.ramp_limit_kw_per_min is not None and not problem.reserve_first[t]
    return system.stored_kwh[0] if ramps else system.target_kwh


def _shortfalls(
    problem: DispatchProblem, ups: UpsSystem, asked_kwh: tuple[float, ...], reached_kwh: list[float]
) -> Iterator[str]:
    """Say which condition comes too soon, and when what it asks for is there."""
    boundaries = problem.conditions_of(ups).boundaries
    slack_kwh = _ROUNDING * ups.capacity_kwh
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


def _beyond_capacity(problem: DispatchProblem, ups: UpsSystem) -> Iterator[str]:
    """Say which condition asks for a longer ride-through than full batteries have."""
    asked = {each: None for held in problem.conditions_of(ups).boundaries for each in held}
    for each in asked:
        missing_kwh = _longer_kwh(problem, ups, each) - ups.max_stored_kwh
        if missing_kwh > _ROUNDING * ups.capacity_kwh:
            yield (
                f"{ups.id}: {each.kind.value}: full batteries are {missing_kwh:.1f} kWh short of the "
                f"{each.ride_through_s:.0f} s asked for; kept full instead"
            )


def _names(conditions: Iterable[ReserveCondition]) -> str:
    return ", ".join(sorted({each.kind.value for each in conditions}))
