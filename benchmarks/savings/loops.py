"""What our closed loop makes of a case, by what it knows; meter series are kept, so that a run can be broken off."""

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import SiteState
from ridethrough.domain.plan import PlanStatus
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.checkpoints.checkpoint import inputs_sha256
from ridethrough.finance.study.closed_loop import Loop, run
from ridethrough.operation.planner import Planner
from ridethrough.operation.scenarios.planned_response import ScenarioSettings
from ridethrough.operation.scenarios.scenario_planner import ScenarioPlanner
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.dynamic_program import UnableToApply, cheapest_plan
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.horizon.charges import charges_over

FloatArray = NDArray[np.float64]

_TIME_LIMIT_S = 600.0
_PROVEN = 1e-6


@dataclass(frozen=True, kw_only=True, eq=False)
class LoopResult:
    """A meter series (kW), what it saved on our own exact bill, and the CPU time it took."""

    grid_kw: FloatArray
    saved: float
    cpu_s: float


def only_past(settings: ScenarioSettings | None = None) -> ScenarioPlanner:
    """Plans from scenarios of what was measured before."""
    return ScenarioPlanner(settings=settings or ScenarioSettings())


def perfect_24_h(case: StudyCase) -> ScenarioPlanner:
    """The same planner, told the load of the hours it plans; there is no risk to weigh."""
    return ScenarioPlanner(settings=ScenarioSettings(risk_weight=0.0), record=case.record)


def ran(case: StudyCase, planner: Planner, keep_in: Path) -> LoopResult:
    """Run the closed loop, or read what it came to when it was run before."""
    path = keep_in / f"{inputs_sha256(case, planner)[:20]}.npz"
    if path.exists():
        with np.load(path) as kept:
            return _ran(case, kept["grid_kw"], float(kept["cpu_s"]))
    started = time.process_time()
    grid_kw = run(case, planner, Loop.at_start(case)).grid_kw
    cpu_s = time.process_time() - started
    keep_in.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part.npz")
    np.savez(part, grid_kw=grid_kw, cpu_s=cpu_s)
    part.replace(path)
    return _ran(case, grid_kw, cpu_s)


def ceiling(case: StudyCase) -> LoopResult:
    """Perfect foresight: one plan of the whole span, that ends as full as it began.

    A span of one billing period may have thousands of intervals under one peak: the dynamic program is exact and fast
    there. For a year of hours it is one linear program.
    """
    started = time.process_time()
    here = slice(case.first, case.first + case.horizon.intervals)
    problem = DispatchProblem(
        site=case.site_known(0),
        horizon=case.horizon,
        charges=charges_over(case.tariff, case.horizon, state=SiteState()),
        load_kw={ups.id: tuple(case.record.load_kw[row, here]) for row, ups in enumerate(case.site.ups)},
        unprotected_load_kw=tuple(case.record.unprotected_load_kw[here]),
    )
    grid_kw = _one_period(problem, case) if len(case.billing_periods) == 1 else _by_linear_program(problem)
    return _ran(case, grid_kw, time.process_time() - started)


def _by_linear_program(problem: DispatchProblem) -> FloatArray:
    plan = plan_dispatch(problem, issued_at=problem.horizon.start, time_limit_s=_TIME_LIMIT_S, engine=Engine(warm=True))
    assert plan.status is PlanStatus.OPTIMAL
    return np.array(plan.grid_kw)


def _one_period(problem: DispatchProblem, case: StudyCase) -> FloatArray:
    try:
        optimum = cheapest_plan(basis_of(problem))
    except UnableToApply:
        return _by_linear_program(problem)
    assert optimum is not None
    if optimum.gap >= _PROVEN:
        return _by_linear_program(problem)
    (only,) = optimum.trajectories
    return np.asarray(load_kw(case) + np.array(only.charge_kw) - np.array(only.discharge_kw))


def planned_daily(case: StudyCase) -> StudyCase:
    """The same case with one plan a day."""
    return replace(case, replanned_every_h=24.0)


def load_kw(case: StudyCase) -> FloatArray:
    """The meter without trading."""
    return case.loads.net_load_kw


def base_bill(case: StudyCase) -> float:
    """What the span costs without trading."""
    return float(bill(case.tariff, case.horizon, load_kw(case)).exact_total)


def saved_within(case: StudyCase, grid_kw: FloatArray, first: int, last: int) -> float:
    """What a meter series saves in some of its intervals, which are to be whole billing periods."""
    span = case.horizon.part(first, last)
    prices = case.record.prices(span)
    before, after = (
        bill(case.tariff, span, kw[first:last], prices=prices).exact_total for kw in (load_kw(case), grid_kw)
    )
    return float(before - after)


def _ran(case: StudyCase, grid_kw: FloatArray, cpu_s: float) -> LoopResult:
    return LoopResult(grid_kw=grid_kw, saved=saved_within(case, grid_kw, 0, case.horizon.intervals), cpu_s=cpu_s)
