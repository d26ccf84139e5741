"""The choice of the method for a problem: the one that was measured as fastest for its size and kind.

| problem | method | |---|---| | identical systems | one system that represents all of them, exactly | | one system or a
few, any length | dual simplex on the compiled model; binaries only where they are needed | | one battery with a linear
meter, where asked for | dynamic program, a sample audited by the simplex | | over 200 unequal systems that share
nothing but the meter | column generation, the dynamic program as its oracle |

All methods return the same answer, with the method's name and the gap to the proven bound. If a faster method does not
apply, or its extra is not installed, the simplex solves the whole model.
"""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import numpy as np

from ridethrough.domain.plan import Optimality, PlanCost, PlanStatus, UpsTrajectory
from ridethrough.optimizer.few_discharges import with_few_discharges
from ridethrough.optimizer.pricing.price import meter_of
from ridethrough.optimizer.problem.merging import merge_identical
from ridethrough.optimizer.problem.plan_basis import PlanBasis
from ridethrough.optimizer.small_blocks import Least, without_small_blocks
from ridethrough.optimizer.solvers.engine import Engine, engine_of_thread
from ridethrough.optimizer.solvers.simplex import Answer, solve_model

_FLEET = 200
"""Above this number of unequal systems, column generation is faster than one large program (`docs/performance.md`)."""
_SHARED_TIER_ROUNDS = 4
_ROUNDING_KWH = 1e-6
_NOTHING_GAINED = 1e-6
"""A gain below a ten-thousandth of a cent counts as no gain."""
_AGREE = 1e-9
_PROVEN = 1e-6
_LONGEST_AUDIT = 3_000
"""In intervals: above a month of 15 minutes the simplex method takes seconds to minutes."""


class _Found(Protocol):
    """The answer of a method without the model: trajectories over the horizon, and their distance from the best."""

    @property
    def trajectories(self) -> tuple[UpsTrajectory, ...]: ...

    @property
    def gap(self) -> float: ...


def optimize(
    basis: PlanBasis,
    time_limit_s: float,
    engine: Engine | None = None,
    *,
    least: Least | None = None,
    each_apart: bool = False,
) -> Answer:
    """Find the cheapest trajectories that keep every law; without an answer in time, hold.

    With `least`, setpoints below it are left out as far as laws and cost allow (`optimizer.small_blocks`). With
    `each_apart` no system represents others that are identical.

    If nothing is gained, batteries rest: a plan with the cost of the baseline is replaced by the baseline. `engine`
    keeps compiled models; without it, the engine of the thread is used.
    """
    engine = engine_of_thread() if engine is None else engine
    if each_apart:
        best = _worth_doing(basis, time_limit_s, engine, least)
    else:
        best = _of_alike_systems(basis, time_limit_s, engine, least)
    if best.status is PlanStatus.HOLD:
        return best
    best.cost = _cost(basis, best.trajectories)
    if basis.baseline_cost.total <= best.cost.total + _NOTHING_GAINED and _is_allowed(basis):
        best.trajectories, best.cost = basis.baseline.trajectories, basis.baseline_cost
    return best


def _of_alike_systems(basis: PlanBasis, time_limit_s: float, engine: Engine, least: Least | None) -> Answer:
    """Let one system represent all identical systems."""
    if len(basis.problem.site.ups) == 1:
        return _worth_doing(basis, time_limit_s, engine, least)
    merged = merge_identical(basis)
    if len(merged.basis.problem.site.ups) == len(basis.problem.site.ups):
        return _worth_doing(basis, time_limit_s, engine, least)
    if least is not None:
        power_kw = {first: least.power_kw[first] * len(alike) for first, alike in merged.stands_for.items()}
        least = replace(least, power_kw=power_kw)
    answer = _worth_doing(merged.basis, time_limit_s, engine, least)
    if answer.status is PlanStatus.HOLD:
        return replace(answer, trajectories=basis.baseline.trajectories)
    return replace(
        answer,
        trajectories=merged.split(answer.trajectories),
        kept_because={
            (ups_id, t): why for (first, t), why in answer.kept_because.items() for ups_id in merged.stands_for[first]
        },
    )


def _worth_doing(basis: PlanBasis, time_limit_s: float, engine: Engine, least: Least | None) -> Answer:
    """Solve a problem, and leave out what is below the least."""
    basis, answer = with_few_discharges(basis, lambda limited: _routed(limited, time_limit_s, engine))
    if least is None:
        return answer
    return without_small_blocks(basis, answer, least, lambda pinned, limit_s: _of_any(pinned, limit_s, engine))


def _routed(basis: PlanBasis, time_limit_s: float, engine: Engine) -> Answer:
    """Solve a problem by the method that suits it."""
    if basis.problem.uncertain is None and basis.problem.returns:
        if engine.dynamic_program and len(basis.problem.site.ups) == 1:
            return _of_one_battery(basis, time_limit_s, engine)
        if len(basis.problem.site.ups) > _FLEET:
            return _of_fleet(basis, time_limit_s, engine)
    return _of_any(basis, time_limit_s, engine)


def _of_any(basis: PlanBasis, time_limit_s: float, engine: Engine) -> Answer:
    """Solve the whole model."""
    best = solve_model(basis, None, time_limit_s, engine)
    if best.status is PlanStatus.HOLD or all(term.separable for term in basis.problem.charges.tiers):
        return best
    return _follow_shared_tiers(basis, best, time_limit_s, engine)


def _of_fleet(basis: PlanBasis, time_limit_s: float, engine: Engine) -> Answer:
    """Solve many unequal systems by column generation, if they share only the meter."""
    from ridethrough.optimizer import dynamic_program, fleet  # noqa: PLC0415 - numba takes seconds to import

    try:
        answer = _by(basis, "column generation", fleet.cheapest_fleet_plan)
        return _of_any(basis, time_limit_s, engine) if answer is None else answer
    except dynamic_program.UnableToApply:
        return _of_any(basis, time_limit_s, engine)
    except dynamic_program.UnableToCompile as error:
        answer = _of_any(basis, time_limit_s, engine)
        answer.warnings.append(f"{error}; without it the whole fleet is one program, which takes longer")
        return answer


def _of_one_battery(basis: PlanBasis, time_limit_s: float, engine: Engine) -> Answer:
    """Solve by dynamic programming if that is exact; audit a sample by the simplex, whose answer is then used."""
    from ridethrough.optimizer import dynamic_program  # noqa: PLC0415 - numba takes seconds to import

    try:
        answer = _by(basis, "dynamic program", dynamic_program.cheapest_plan)
    except dynamic_program.UnableToApply:
        return _of_any(basis, time_limit_s, engine)
    if answer is None:
        return _of_any(basis, time_limit_s, engine)
    if basis.problem.horizon.intervals > _LONGEST_AUDIT or not engine.due_for_audit():
        return answer
    checked = _of_any(basis, time_limit_s, engine)
    unfinished = checked.status is not PlanStatus.OPTIMAL and answer.status is PlanStatus.OPTIMAL
    if unfinished or (checked.status is answer.status and _agree(basis, answer, checked)):
        return answer
    checked.warnings.append("the dynamic program and the simplex method differ here: the latter is followed")
    return checked


def _agree(basis: PlanBasis, one: Answer, other: Answer) -> bool:
    costs = [_cost(basis, each.trajectories).total for each in (one, other)]
    return abs(costs[0] - costs[1]) <= _AGREE * max(1.0, abs(costs[1]))


def _by(basis: PlanBasis, method: str, cheapest: Callable[[PlanBasis], _Found | None]) -> Answer | None:
    """Solve by a method that keeps every limit in full; None where that cannot be, or is not proven the cheapest."""
    began = time.perf_counter()
    optimum = cheapest(basis)
    timing_ms = {"solve": (time.perf_counter() - began) * 1e3}
    if optimum is None or optimum.gap > _PROVEN:
        return None
    optimality = Optimality(method=method, relative_gap=max(0.0, optimum.gap))
    return Answer(PlanStatus.OPTIMAL, optimum.trajectories, optimality, timing_ms=timing_ms)


def _follow_shared_tiers(basis: PlanBasis, best: Answer, time_limit_s: float, engine: Engine) -> Answer:
    """Improve an answer with tiers shared over periods, which are not linear: solve again with their slope."""
    for _ in range(_SHARED_TIER_ROUNDS):
        around = meter_of(basis.problem.charges, basis.grid_kw(best.trajectories), basis.problem.horizon.intervals)
        answer = solve_model(basis, around, time_limit_s, engine)
        gained = _cost(basis, best.trajectories).total - _cost(basis, answer.trajectories).total
        if answer.status is PlanStatus.HOLD or gained <= _NOTHING_GAINED:
            break
        best = answer
    best.warnings.append("energy tiers are shared over periods: the plan is safe, and perhaps not the cheapest")
    return best


def _cost(basis: PlanBasis, trajectories: tuple[UpsTrajectory, ...]) -> PlanCost:
    return basis.cost_of(trajectories, basis.grid_kw(trajectories), basis.problem.horizon.intervals)


def _is_allowed(basis: PlanBasis) -> bool:
    """Whether doing nothing keeps the meter's limits, the reserve and the stored energy.

    Batteries that must give where rectifiers cannot carry the load charge that again. A limit of the meter's steps may
    forbid it.
    """
    gives = any(any(each.discharge_floor_kw) for each in basis.powers.bounds.values())
    if gives and np.isfinite(basis.powers.step_limit_kw).any():
        return False
    meter_kw = basis.baseline.grid_kw
    limits = basis.problem.site.interconnection
    within = meter_kw.max() <= limits.import_limit_kw and meter_kw.min() >= -limits.export_limit_kw
    if not within:
        return False
    for each in basis.baseline.trajectories:
        stored_kwh, reserve_kwh = min(each.stored_kwh[1:]), max(each.reserve_kwh[1:])
        if stored_kwh < reserve_kwh - _ROUNDING_KWH and any(
            kwh < least - _ROUNDING_KWH for kwh, least in zip(each.stored_kwh[1:], each.reserve_kwh[1:], strict=True)
        ):
            return False
        if each.stored_kwh[-1] < basis.floors.return_kwh[each.ups_id] - _ROUNDING_KWH:
            return False
    return True
