"""From a problem to a certified plan."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import numpy as np
import pyomo.core as pyo
from numpy.typing import NDArray

from domain.plan import DispatchPlan, PlanStatus, UpsTrajectory
from optimizer.certificate import certify
from optimizer.costing import cost_of, grid_kw, grid_target_kw
from optimizer.formulation.exclusivity import forbid_charging_while_discharging
from optimizer.highs import Solution, SolveStatus, solve
from optimizer.model import build_model
from optimizer.problem import DispatchProblem
from optimizer.recovery import hold, recover
from optimizer.standard_form import LinearProgram, compile_model

FloatArray = NDArray[np.float64]

DEFAULT_TIME_LIMIT_S = 30.0
_BOTH_AT_ONCE_KW = 1e-6
_ROUNDING = 1e-9

T = TypeVar("T")


@dataclass(slots=True)
class _Answer:
    """Trajectories over the whole horizon, how they came about, and what to say of them."""

    status: PlanStatus
    trajectories: tuple[UpsTrajectory, ...]
    warnings: list[str]
    timing_ms: dict[str, float]


def plan_dispatch(
    problem: DispatchProblem, *, issued_at: datetime, time_limit_s: float = DEFAULT_TIME_LIMIT_S
) -> DispatchPlan:
    """Make the cheapest plan that keeps the reserve, and prove it by replaying outages.

    A reserve that cannot be kept gives a `recovery` plan; a solver without an answer, or an answer that fails its
    certificate, a `hold` plan. Both keep every battery from trading.
    """
    lacking = reserve_alarms(problem)
    if lacking:
        answer = _Answer(PlanStatus.RECOVERY, recover(problem), lacking, {})
        answer.warnings += _recovery_times(problem, answer.trajectories)
        return _plan(problem, answer, issued_at)
    plan = _plan(problem, _optimize(problem, time_limit_s), issued_at)
    if plan.certificate.certified or plan.status is PlanStatus.HOLD:
        return plan
    refusals = [*plan.warnings, "the plan failed its certificate and is withheld; every battery holds"]
    return _plan(problem, _Answer(PlanStatus.HOLD, hold(problem), refusals, {}), issued_at)


def reserve_alarms(problem: DispatchProblem) -> list[str]:
    """Say for each system whose reserve is not there what is missing, in kWh and in seconds."""
    alarms = []
    for ups, required in zip(problem.site.ups, problem.requirements, strict=True):
        stored_kwh = problem.stored_at_start_kwh(ups)
        floor_kwh = problem.reserve_kwh(ups)[0]
        given = ups.id in problem.reserve_profile_kwh
        if not required.feasible and not given:
            alarms.append(
                f"{ups.id}: reserve is infeasible ({required.binding.value}): fully charged it rides through "
                f"{required.ride_through_s:.0f} s of the {required.required_s:.0f} s required, "
                f"short by {required.deficit_kwh:.1f} kWh and {required.deficit_s:.0f} s; no trading"
            )
        elif stored_kwh < floor_kwh * (1 - _ROUNDING):
            seconds = required.required_s * (floor_kwh - stored_kwh) / (floor_kwh - _unavailable_kwh(problem, ups.id))
            alarms.append(
                f"{ups.id}: {stored_kwh:.1f} kWh stored is below the reserve of {floor_kwh:.1f} kWh, short by "
                f"{floor_kwh - stored_kwh:.1f} kWh and {seconds:.0f} s; charging at the safe maximum, no trading"
            )
    return alarms


def _unavailable_kwh(problem: DispatchProblem, ups_id: str) -> float:
    ups = problem.site.ups_system(ups_id)
    return (ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction) * ups.capacity_kwh


def _recovery_times(problem: DispatchProblem, trajectories: Sequence[UpsTrajectory]) -> list[str]:
    """Say when each system that lacks reserve has it again."""
    times = []
    for each in trajectories:
        safe = [b for b, stored in enumerate(each.stored_kwh) if stored >= each.reserve_kwh[b] * (1 - _ROUNDING)]
        if safe and safe[0] > 0:
            times.append(f"{each.ups_id}: reserve restored at {problem.horizon.start_of(safe[0]).isoformat()}")
        elif not safe:
            times.append(f"{each.ups_id}: reserve is not restored within this plan")
    return times


def _optimize(problem: DispatchProblem, time_limit_s: float) -> _Answer:
    """Solve the linear program; add exclusivity binaries only where its answer charges and discharges at once."""
    timing: dict[str, float] = {}
    model = _timed(timing, "build", lambda: build_model(problem))
    program = _timed(timing, "compile", lambda: compile_model(model))
    solution = _timed(timing, "solve", lambda: solve(program, time_limit_s=time_limit_s))
    both = _charging_while_discharging(model, program, solution)
    if both:
        forbid_charging_while_discharging(model, both | _burning_pays(problem))
        program = _timed(timing, "compile", lambda: compile_model(model))
        solution = _timed(timing, "solve", lambda: solve(program, time_limit_s=time_limit_s))
    return _answer(problem, model, program, solution, timing)


def _answer(
    problem: DispatchProblem,
    model: pyo.ConcreteModel,
    program: LinearProgram,
    solution: Solution,
    timing: dict[str, float],
) -> _Answer:
    if solution.values is None or _charging_while_discharging(model, program, solution):
        reason = f"the solver found no plan ({solution.status.value}); every battery holds"
        return _Answer(PlanStatus.HOLD, hold(problem), [reason], timing)
    status = PlanStatus.OPTIMAL if solution.status is SolveStatus.OPTIMAL else PlanStatus.TIME_LIMIT
    warnings = [] if status is PlanStatus.OPTIMAL else [f"the solver stopped early ({solution.status.value})"]
    return _Answer(status, _trajectories(problem, model, program, solution.values), warnings, timing)


def _timed(timing: dict[str, float], name: str, work: Callable[[], T]) -> T:
    began = time.perf_counter()
    result = work()
    timing[name] = timing.get(name, 0.0) + (time.perf_counter() - began) * 1e3
    return result


def _charging_while_discharging(
    model: pyo.ConcreteModel, program: LinearProgram, solution: Solution
) -> set[tuple[str, int]]:
    """Find the (system, interval) pairs that do both."""
    if solution.values is None:
        return set()
    column_of, values = program.column_of, solution.values
    return {
        key
        for key in model.charge_kw
        if min(values[column_of[model.charge_kw[key]]], values[column_of[model.discharge_kw[key]]]) > _BOTH_AT_ONCE_KW
    }


def _burning_pays(problem: DispatchProblem) -> set[tuple[str, int]]:
    """The (system, interval) pairs where burning energy in the battery's losses may pay: price below a threshold.

    Passing a kWh through the battery costs price * (1 / eta_c - eta_d) + wear * eta_d at the DC bus; see
    `docs/speed.md`.
    """
    negative = set()
    for ups in problem.site.ups:
        battery = ups.battery
        loss = 1 / battery.charge_efficiency - battery.discharge_efficiency
        threshold = -battery.wear_cost_per_kwh * battery.discharge_efficiency * ups.rectifier_efficiency
        for t, price in enumerate(problem.charges.energy_per_kwh):
            if price * loss < threshold:
                negative.add((ups.id, t))
    return negative


def _trajectories(
    problem: DispatchProblem, model: pyo.ConcreteModel, program: LinearProgram, values: FloatArray
) -> tuple[UpsTrajectory, ...]:
    def read(variable: pyo.Var, ups_id: str, index: pyo.Set) -> tuple[float, ...]:
        return tuple(max(0.0, float(values[program.column_of[variable[ups_id, each]]])) for each in index)

    return tuple(
        UpsTrajectory(
            ups_id=ups.id,
            load_kw=problem.load_kw[ups.id],
            charge_kw=read(model.charge_kw, ups.id, model.INTERVALS),
            discharge_kw=read(model.discharge_kw, ups.id, model.INTERVALS),
            stored_kwh=read(model.stored_kwh, ups.id, model.BOUNDARIES),
            reserve_kwh=problem.reserve_kwh(ups),
        )
        for ups in problem.site.ups
    )


def _plan(problem: DispatchProblem, answer: _Answer, issued_at: datetime) -> DispatchPlan:
    """Cut the plan out of the horizon, price it beside doing nothing, and certify it."""
    n = problem.planned
    horizon = problem.horizon.first(n)
    meter_kw = grid_kw(problem, answer.trajectories)
    resting = hold(problem)
    resting_kw = grid_kw(problem, resting)
    planned = tuple(each.first(n) for each in answer.trajectories)
    timing = answer.timing_ms
    certificate = _timed(
        timing, "certify", lambda: certify(problem.site, horizon, planned, tuple(meter_kw[:n].tolist()))
    )
    return DispatchPlan(
        site_id=problem.site.id,
        status=answer.status,
        issued_at=issued_at,
        horizon=horizon,
        currency=problem.site.currency,
        price_per_kwh=tuple(problem.charges.energy_per_kwh[:n].tolist()),
        grid_kw=tuple(meter_kw[:n].tolist()),
        baseline_grid_kw=tuple(resting_kw[:n].tolist()),
        grid_target_kw=tuple(grid_target_kw(problem, meter_kw)[:n].tolist()),
        ups=planned,
        cost=cost_of(problem, answer.trajectories, meter_kw, n),
        baseline_cost=cost_of(problem, resting, resting_kw, n),
        certificate=certificate,
        warnings=tuple(answer.warnings),
        timing_ms=timing,
    )
