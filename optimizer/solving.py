"""From a problem to trajectories: state the model, solve it, and read the answer."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np
import pyomo.core as pyo
from numpy.typing import NDArray

from domain.plan import PlanStatus, UpsTrajectory
from optimizer.formulation.exclusivity import forbid_charging_while_discharging
from optimizer.highs import Solution, SolveStatus, solve
from optimizer.meter import cost_of, grid_kw
from optimizer.model import build_model
from optimizer.pricing import Metered, meter_of
from optimizer.problem import DispatchProblem
from optimizer.recovery import hold
from optimizer.standard_form import LinearProgram, compile_model

T = TypeVar("T")
Pair = tuple[str, int]
"""A UPS system and an interval."""

_BOTH_AT_ONCE_KW = 1e-6
_SHARED_TIER_ROUNDS = 4
_ROUNDING_KWH = 1e-6
_NOTHING_GAINED = 1e-6
"""A gain below a ten-thousandth of a cent is none."""


@dataclass(slots=True)
class Answer:
    """Trajectories over the whole horizon, how they came about, and what to say of them."""

    status: PlanStatus
    trajectories: tuple[UpsTrajectory, ...]
    warnings: list[str] = field(default_factory=list)
    timing_ms: dict[str, float] = field(default_factory=dict)


def timed(timing_ms: dict[str, float], name: str, work: Callable[[], T]) -> T:
    """Run `work`, and add the time it took to `timing_ms[name]`."""
    began = time.perf_counter()
    result = work()
    timing_ms[name] = timing_ms.get(name, 0.0) + (time.perf_counter() - began) * 1e3
    return result


def optimize(problem: DispatchProblem, time_limit_s: float) -> Answer:
    """Find the cheapest trajectories that keep every law; without an answer in time, hold.

    Where nothing is gained, batteries rest: a plan that costs what doing nothing costs is doing nothing.
    """
    best = _solve_around(problem, None, time_limit_s)
    if best.status is PlanStatus.HOLD:
        return best
    if not all(term.separable for term in problem.charges.tiers):
        best = _follow_shared_tiers(problem, best, time_limit_s)
    resting = hold(problem)
    if _is_allowed(problem, resting) and _cost(problem, resting) <= _cost(problem, best.trajectories) + _NOTHING_GAINED:
        best.trajectories = resting
    return best


def _follow_shared_tiers(problem: DispatchProblem, best: Answer, time_limit_s: float) -> Answer:
    """Improve an answer where tiers are shared over periods, which is no linear program: solve again at their slope."""
    for _ in range(_SHARED_TIER_ROUNDS):
        around = meter_of(problem.charges, grid_kw(problem, best.trajectories), problem.horizon.intervals)
        answer = _solve_around(problem, around, time_limit_s)
        gained = _cost(problem, best.trajectories) - _cost(problem, answer.trajectories)
        if answer.status is PlanStatus.HOLD or gained <= _NOTHING_GAINED:
            break
        best = answer
    best.warnings.append("energy tiers are shared over periods: the plan is safe, and perhaps not the cheapest")
    return best


def _cost(problem: DispatchProblem, trajectories: tuple[UpsTrajectory, ...]) -> float:
    return cost_of(problem, trajectories, grid_kw(problem, trajectories), problem.horizon.intervals).total


def _is_allowed(problem: DispatchProblem, resting: tuple[UpsTrajectory, ...]) -> bool:
    """Whether doing nothing keeps the meter's limits, the reserve, and what is stored."""
    meter_kw = grid_kw(problem, resting)
    limits = problem.site.interconnection
    within = meter_kw.max() <= limits.import_limit_kw and meter_kw.min() >= -limits.export_limit_kw
    return bool(within) and all(
        np.all(np.array(each.stored_kwh[1:]) >= np.array(each.reserve_kwh[1:]) - _ROUNDING_KWH)
        and each.stored_kwh[-1] >= each.stored_kwh[0] - _ROUNDING_KWH
        for each in resting
    )


def _solve_around(problem: DispatchProblem, around: Metered | None, time_limit_s: float) -> Answer:
    """Solve without exclusivity; add its binaries only where the answer charges and discharges at once."""
    timing: dict[str, float] = {}
    model = timed(timing, "build", lambda: build_model(problem, around))
    exclusive: set[Pair] = set()
    while True:
        program = timed(timing, "compile", lambda: compile_model(model))
        solution = timed(timing, "solve", partial(solve, program, time_limit_s=time_limit_s))
        both = _charging_while_discharging(model, program, solution) - exclusive
        if not both:
            return _answer(problem, model, program, solution, timing)
        exclusive |= both | (_every_pair(model) if exclusive else _burning_pays(problem))
        timed(timing, "build", partial(forbid_charging_while_discharging, model, exclusive))


def _answer(
    problem: DispatchProblem,
    model: pyo.ConcreteModel,
    program: LinearProgram,
    solution: Solution,
    timing: dict[str, float],
) -> Answer:
    if solution.values is None:
        reason = f"the solver found no plan ({solution.status.value}); every battery holds"
        return Answer(PlanStatus.HOLD, hold(problem), [reason], timing)
    status = PlanStatus.OPTIMAL if solution.status is SolveStatus.OPTIMAL else PlanStatus.TIME_LIMIT
    warnings = [] if status is PlanStatus.OPTIMAL else [f"the solver stopped early ({solution.status.value})"]
    return Answer(status, _trajectories(problem, model, program, solution.values), warnings, timing)


def _charging_while_discharging(model: pyo.ConcreteModel, program: LinearProgram, solution: Solution) -> set[Pair]:
    """Find where the answer does both."""
    if solution.values is None:
        return set()
    column_of, values = program.column_of, solution.values
    return {
        key
        for key in model.charge_kw
        if min(values[column_of[model.charge_kw[key]]], values[column_of[model.discharge_kw[key]]]) > _BOTH_AT_ONCE_KW
    }


def _every_pair(model: pyo.ConcreteModel) -> set[Pair]:
    return set(model.charge_kw)


def _burning_pays(problem: DispatchProblem) -> set[Pair]:
    """Where burning energy in a battery's losses may pay for its wear: at prices far enough below zero."""
    pays = set()
    for ups in problem.site.ups:
        battery = ups.battery
        loss = 1 / battery.charge_efficiency - battery.discharge_efficiency
        wear = battery.wear_cost_per_kwh * battery.discharge_efficiency * ups.rectifier_efficiency
        pays |= {(ups.id, t) for t, price in enumerate(problem.charges.energy_per_kwh) if price * loss < -wear}
    return pays


def _trajectories(
    problem: DispatchProblem, model: pyo.ConcreteModel, program: LinearProgram, values: NDArray[np.float64]
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
