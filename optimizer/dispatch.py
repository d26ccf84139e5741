"""From a problem to a certified plan."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.domain.conditions import MOST_MINUTES, ConditionTimes, condition_times
from ridethrough.domain.plan import DispatchPlan, PlanStatus, UpsTrajectory
from ridethrough.optimizer.certificate.certify import certify
from ridethrough.optimizer.certificate.evidence import Evidence, KnownLoad
from ridethrough.optimizer.certificate.stated import StatedPlan
from ridethrough.optimizer.pricing.price import meter_of
from ridethrough.optimizer.pricing.tier_slopes import price_per_kwh
from ridethrough.optimizer.problem.beside_others import raised_beside_others
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.meter import grid_target_kw
from ridethrough.optimizer.problem.plan_basis import PlanBasis, basis_of
from ridethrough.optimizer.problem.recovery import (
    boundaries_short,
    charge_in_time,
    recover,
    recovery_times,
    reserve_alarms,
)
from ridethrough.optimizer.routing import optimize
from ridethrough.optimizer.small_blocks import Least, explained
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.optimizer.solvers.simplex import Answer, timed

FloatArray = NDArray[np.float64]

DEFAULT_TIME_LIMIT_S = 30.0
_SAME_POWER_KW = 1e-3
_ROUNDS = 4
"""How often floors are raised: what one system stores more changes what the others can."""
_HOLDS, _CHARGES = "every battery holds", "no battery trades"
_MISSES_A_FLOOR = "batteries at rest would miss a floor: those that need it charge towards it, and nothing is traded"


def plan_dispatch(
    problem: DispatchProblem,
    *,
    issued_at: datetime,
    time_limit_s: float = DEFAULT_TIME_LIMIT_S,
    engine: Engine | None = None,
    evidence: Evidence | None = None,
    no_trading_because: Sequence[str] = (),
    without_small_blocks: bool = False,
) -> DispatchPlan:
    """Make the cheapest plan that keeps the reserve, and prove it by replaying outages.

    `engine` keeps compiled models for a sequence of plans; without it, the engine of the thread is used. `evidence` is
    what the plan is judged by; without it, what the problem itself says of site, loads and state. Where there are
    reasons in `no_trading_because`, the plan holds, and states them. `without_small_blocks` leaves out what is below
    the site's least power or dwell, as far as laws and cost allow, and names what stays.

    Where a system lacks reserve the plan is a `recovery` plan: that system restores it first, and the others trade. A
    solver without an answer, or an answer that fails its certificate, gives a `hold` plan, in which nothing is traded;
    or a `recovery` plan that only charges, where batteries at rest would miss a floor.
    """
    basis = basis_of(problem)
    alarms = reserve_alarms(basis)
    if no_trading_because:
        return _nothing_traded(basis, alarms, no_trading_because, issued_at, evidence)
    if without_small_blocks and not alarms:
        plan = _plan_worth_doing(basis, time_limit_s, engine, issued_at, evidence)
        if plan is not None:
            return plan
    answer = optimize(basis, time_limit_s, engine)
    if alarms:
        return _recovery_plan(basis, answer, alarms, issued_at, evidence)
    if answer.status is PlanStatus.HOLD:
        return _held(basis, answer, issued_at, evidence)
    plan = _plan(basis, answer, issued_at, evidence)
    if plan.certificate.plan_is_at_fault:
        plan = _storing_more(basis, answer, time_limit_s, engine, issued_at, evidence) or plan
    if not plan.certificate.plan_is_at_fault:
        return plan
    reasons = [*plan.warnings, f"the plan failed its certificate and is withheld; {_HOLDS}"]
    held = Answer(PlanStatus.HOLD, basis.baseline.trajectories, warnings=reasons)
    return _held(basis, held, issued_at, evidence)


def _plan_worth_doing(
    basis: PlanBasis, time_limit_s: float, engine: Engine | None, issued_at: datetime, evidence: Evidence | None
) -> DispatchPlan | None:
    """The plan without small blocks, each that stays with its reason; None where it cannot be traded by."""
    answer = optimize(basis, time_limit_s, engine, least=Least.asked_of(basis))
    if answer.status is PlanStatus.HOLD:
        return None
    plan = _plan(basis, answer, issued_at, evidence)
    if plan.certificate.plan_is_at_fault:
        return None
    return replace(plan, small_blocks=explained(basis, plan, answer.kept_because))


def _storing_more(  # noqa: PLR0917 - what makes a plan
    basis: PlanBasis,
    answer: Answer,
    time_limit_s: float,
    engine: Engine | None,
    issued_at: datetime,
    evidence: Evidence | None,
) -> DispatchPlan | None:
    """A plan in which systems that are short at once use the import that the others leave; None if there is none."""
    for _ in range(_ROUNDS):
        raised = raised_beside_others(basis, answer.trajectories)
        if raised is None:
            return None
        basis, answer = raised, optimize(raised, time_limit_s, engine, each_apart=True)
        if answer.status is PlanStatus.HOLD:
            return None
        plan = _plan(basis, answer, issued_at, evidence)
        if not plan.certificate.plan_is_at_fault:
            return plan
    return None


def evidence_in(problem: DispatchProblem, intervals: int | None = None) -> Evidence:
    """The evidence from a problem (site, loads, state), for a plan of its first `intervals` intervals."""
    horizon = problem.horizon

    def known(source: str, values_kw: tuple[float, ...]) -> KnownLoad:
        return KnownLoad(source=source, start=horizon.start, step=horizon.step, values_kw=values_kw)

    boundaries = (intervals or horizon.intervals) + 1
    loads = {ups_id: (*load, *problem.load_after_kw.get(ups_id, ())) for ups_id, load in problem.load_kw.items()}
    return Evidence(
        site=problem.site,
        load_kw={ups_id: known("the problem's load", load) for ups_id, load in loads.items()},
        unprotected_load_kw=known("the problem's other load", problem.unprotected_load_kw),
        state=problem.state,
        floor_kwh={ups_id: floor[:boundaries] for ups_id, floor in problem.reserve_profile_kwh.items()},
    )


def assess(
    basis: PlanBasis,
    trajectories: tuple[UpsTrajectory, ...],
    *,
    target_kw: tuple[float, ...],
    issued_at: datetime,
    evidence: Evidence | None = None,
) -> DispatchPlan:
    """Price and certify what another planner chose for the whole horizon of a problem.

    `target_kw` is the level that it holds the meter under in each planned interval, `evidence` what it is judged by;
    without it, what the problem itself says.
    """
    plan = _plan(basis, Answer(PlanStatus.OPTIMAL, trajectories), issued_at, evidence)
    return replace(plan, grid_target_kw=target_kw[: basis.problem.planned])


def _nothing_traded(
    basis: PlanBasis, alarms: list[str], reasons: Sequence[str], issued_at: datetime, evidence: Evidence | None
) -> DispatchPlan:
    """The plan that trades nothing: it holds, or restores the reserve of the systems that lack it."""
    if not alarms:
        held = Answer(PlanStatus.HOLD, basis.baseline.trajectories, warnings=list(reasons))
        return _held(basis, held, issued_at, evidence)
    trajectories = recover(basis)
    warnings = [*alarms, *recovery_times(basis, trajectories), *reasons]
    return _plan(basis, Answer(PlanStatus.RECOVERY, trajectories, warnings=warnings), issued_at, evidence)


def _held(basis: PlanBasis, answer: Answer, issued_at: datetime, evidence: Evidence | None) -> DispatchPlan:
    """The plan in which every battery holds; where that misses a floor, the safest plan that charges towards it."""
    held = _plan(basis, answer, issued_at, evidence)
    if not held.certificate.plan_is_at_fault or boundaries_short(basis, held.ups) == 0:
        return held
    plans, reasons = [held], [each.replace(_HOLDS, _CHARGES) for each in answer.warnings]
    for trajectories in (recover(basis), charge_in_time(basis)):
        warnings = [_MISSES_A_FLOOR, *recovery_times(basis, trajectories), *reasons]
        found = Answer(PlanStatus.RECOVERY, trajectories, warnings=warnings)
        plans.append(_plan(basis, found, issued_at, evidence))
    return min(plans, key=lambda plan: _danger(basis, plan))


def _danger(basis: PlanBasis, plan: DispatchPlan) -> tuple[bool, int, int, int]:
    """What puts one plan after another: being refused, then lost outages, missed floors and broken limits."""
    proven = plan.certificate
    short = boundaries_short(basis, plan.ups)
    return proven.plan_is_at_fault, proven.failures, short, len(proven.violations)


def _recovery_plan(
    basis: PlanBasis, answer: Answer, alarms: list[str], issued_at: datetime, evidence: Evidence | None
) -> DispatchPlan:
    """The plan of a site that lacks reserve: as optimized, if nothing else is wrong with it; else nothing is traded."""
    if answer.status is not PlanStatus.HOLD:
        times = recovery_times(basis, answer.trajectories)
        found = replace(answer, status=PlanStatus.RECOVERY, warnings=[*alarms, *times, *answer.warnings])
        plan = _plan(basis, found, issued_at, evidence)
        if set(plan.certificate.violations) <= set(plan.certificate.loads_beyond_limits):
            return plan
    return _nothing_traded(basis, alarms, answer.warnings, issued_at, evidence)


def _plan(basis: PlanBasis, answer: Answer, issued_at: datetime, evidence: Evidence | None = None) -> DispatchPlan:
    """Cut the plan from the horizon, price it and the baseline, and certify it."""
    problem = basis.problem
    n = problem.planned
    horizon = problem.horizon.first(n)
    meter_kw = basis.grid_kw(answer.trajectories)
    resting_kw = basis.baseline.grid_kw
    planned = tuple(each.first(n) for each in answer.trajectories)
    meter = tuple(meter_kw[:n].tolist())
    stated, evidence = StatedPlan(horizon=horizon, ups=planned, grid_kw=meter), evidence or evidence_in(problem, n)
    certificate = timed(answer.timing_ms, "certify", lambda: certify(evidence, stated, issued_at=issued_at))
    warnings = (*answer.warnings, *basis.floors.warnings, *_beyond_the_meter(basis, meter_kw[:n]), *_notes(problem))
    return DispatchPlan(
        site_id=problem.site.id,
        status=answer.status,
        issued_at=issued_at,
        horizon=horizon,
        currency=problem.site.currency,
        price_per_kwh=tuple(price_per_kwh(meter_of(problem.charges, meter_kw, len(meter_kw)))[:n].tolist()),
        grid_kw=meter,
        baseline_grid_kw=tuple(resting_kw[:n].tolist()),
        grid_target_kw=tuple(grid_target_kw(problem, meter_kw)[:n].tolist()),
        ups=planned,
        cost=(
            answer.cost
            if answer.cost is not None and n == len(meter_kw)
            else basis.cost_of(answer.trajectories, meter_kw, n)
        ),
        baseline_cost=(
            basis.baseline_cost if n == len(resting_kw) else basis.cost_of(basis.baseline.trajectories, resting_kw, n)
        ),
        certificate=certificate,
        warnings=tuple(dict.fromkeys(warnings)),
        optimality=answer.optimality,
        timing_ms=answer.timing_ms,
        conditions=_times_of_conditions(problem, horizon),
    )


def _times_of_conditions(problem: DispatchProblem, horizon: Horizon) -> tuple[ConditionTimes, ...]:
    site, per_min = problem.site, problem.site.interconnection.ramp_limit_kw_per_min
    power_kw = sum(ups.discharge_limit_kw for ups in site.ups)
    at_limit = None
    if per_min is not None:
        at_limit = timedelta(minutes=min(power_kw / per_min, MOST_MINUTES)) if per_min else timedelta()
    conditions = (*site.conditions, *problem.state.conditions)
    return condition_times(horizon, conditions, timezone=site.timezone, at_limit=at_limit)


def _beyond_the_meter(basis: PlanBasis, meter_kw: FloatArray) -> Iterator[str]:
    """Note where the loads alone are above the import limit, and the excess that batteries leave."""
    limit_kw = basis.problem.site.interconnection.import_limit_kw
    excess_kw = basis.reach.excess_kw[: len(meter_kw)]
    over = np.flatnonzero(excess_kw > _SAME_POWER_KW)
    if len(over) == 0:
        return
    first = basis.problem.horizon.start_of(int(over[0])).isoformat()
    left_kw = float(np.maximum(0.0, meter_kw - limit_kw).max())
    left = (
        f"with the batteries' help up to {left_kw:.0f} kW above it are left"
        if left_kw > _SAME_POWER_KW
        else ("the batteries keep it")
    )
    yield (
        f"meter: the loads alone are up to {excess_kw.max():.0f} kW above the import limit of {limit_kw:.0f} kW, first "
        f"at {first}; {left}"
    )


def _notes(problem: DispatchProblem) -> Iterator[str]:
    """Note loads above the protected load, and units out of service that use up redundancy."""
    for ups in problem.site.ups:
        peak_kw = max(problem.load_kw[ups.id])
        if peak_kw > ups.protected_load_kw:
            yield (
                f"{ups.id}: load up to {peak_kw:.0f} kW is above the protected load of {ups.protected_load_kw:.0f} kW; "
                "the reserve is raised to carry it"
            )
        out = ups.units - ups.units_in_service
        if out:
            yield (
                f"{ups.id}: {out} of {ups.units} units out of service and left out; "
                f"{ups.failures_left} of {ups.tolerated_failures} tolerated failures left"
            )
