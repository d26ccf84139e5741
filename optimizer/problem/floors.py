"""The floor under stored energy at each boundary: the usual reserve, raised while a condition holds.

A condition that comes sooner than the batteries can be charged does not make the problem infeasible. The floor then
follows what charging at the maximum from the start reaches, so that the plan charges as fast as is safe, and a warning
says when what is asked for is there.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from ridethrough.domain import ReserveCondition, UpsSystem
from ridethrough.optimizer.problem.charging import Charging, import_headroom_kw
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.powers import Powers
from ridethrough.optimizer.problem.reserves import Reserves, longer_kwh

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Floors:
    """The floor of each UPS system at each boundary (kWh), and what cannot be reached in time."""

    floor_kwh: Mapping[str, tuple[float, ...]]
    warnings: tuple[str, ...]


def floors_of(problem: DispatchProblem, reserves: Reserves, powers: Powers) -> Floors:
    """Raise the usual reserve where conditions hold, as far as charging from the start can reach."""
    if not reserves.raised:
        return Floors(floor_kwh=reserves.usual_kwh, warnings=())
    reached = _reached_kwh(problem, reserves, powers)
    floors: dict[str, tuple[float, ...]] = {}
    warnings: list[str] = []
    for ups in problem.site.ups:
        each_kwh = zip(reserves.usual_kwh[ups.id], reserves.asked_kwh[ups.id], reached[ups.id], strict=True)
        floors[ups.id] = tuple(max(least, min(most, reach * (1 - _ROUNDING))) for least, most, reach in each_kwh)
        warnings += _shortfalls(problem, ups, reserves, reached[ups.id])
        warnings += _beyond_capacity(ups, reserves)
    return Floors(floor_kwh=floors, warnings=tuple(warnings))


def _reached_kwh(problem: DispatchProblem, reserves: Reserves, powers: Powers) -> dict[str, list[float]]:
    """Charge every system towards what it is asked for, at the maximum from the start; the first to need it first."""
    systems, raised_at = [], {}
    for ups in problem.site.ups:
        start_kwh, asked_kwh = problem.stored_at_start_kwh(ups), reserves.asked_kwh[ups.id]
        both = zip(asked_kwh, reserves.usual_kwh[ups.id], strict=True)
        raised = (b for b, (most, least) in enumerate(both) if most > least)
        raised_at[ups.id] = next(raised, problem.horizon.intervals + 1)
        target_kwh = min(ups.max_stored_kwh, max(start_kwh, *asked_kwh))
        systems.append(Charging(ups=ups, target_kwh=target_kwh, stored_kwh=[start_kwh]))
    systems.sort(key=lambda each: (raised_at[each.ups.id], each.fullness))
    ramps = problem.site.interconnection.ramp_limit_kw_per_min is not None
    for t in range(problem.horizon.intervals):
        headroom_kw = import_headroom_kw(problem, powers, t)
        for system in systems:
            # where a ramp limit holds, charging is counted on no more than to keep what was stored at the start
            keeps = ramps and not powers.reserve_first[t]
            target_kwh = system.stored_kwh[0] if keeps else system.target_kwh
            headroom_kw -= system.charge(powers, problem.horizon.interval_h, headroom_kw, target_kwh)
    return {system.ups.id: system.stored_kwh for system in systems}


def _shortfalls(
    problem: DispatchProblem, ups: UpsSystem, reserves: Reserves, reached_kwh: list[float]
) -> Iterator[str]:
    """Say which condition comes too soon, and when what it asks for is there."""
    boundaries, asked_kwh = reserves.conditions[ups.id].boundaries, reserves.asked_kwh[ups.id]
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


def _beyond_capacity(ups: UpsSystem, reserves: Reserves) -> Iterator[str]:
    """Say which condition asks for a longer ride-through than full batteries have."""
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
