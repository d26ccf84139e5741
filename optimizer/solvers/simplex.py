"""From a problem to trajectories through the model: evaluate it, solve it, and read the answer."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.plan import Optimality, PlanCost, PlanStatus, UpsTrajectory
from ridethrough.optimizer.formulation.model import model_data
from ridethrough.optimizer.pricing.price import Metered
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import PlanBasis
from ridethrough.optimizer.solvers.engine import Engine, PreparedModel
from ridethrough.optimizer.solvers.highs import Solution, SolveStatus

FloatArray = NDArray[np.float64]
T = TypeVar("T")
Pair = tuple[str, int]
"""A UPS system and an interval."""

_BOTH_AT_ONCE_KW = 1e-6
_TIE_PRICE, _TIE_STORED = 0.3, 1e-3
"""Where plans cost the same: what the highest price, and a kWh kept through the horizon, count beside discharge."""
_LEAST_TIE_BREAK_S = 1.0


@dataclass(slots=True)
class Answer:
    """Trajectories over the whole horizon, with their status and warnings.

    `optimality` gives the method and the largest distance from the cheapest answer; None without a solve. `cost` is
    that of the whole horizon, if it was worked out. `kept_because` says why small setpoints could not be left out.
    """

    status: PlanStatus
    trajectories: tuple[UpsTrajectory, ...]
    optimality: Optimality | None = None
    cost: PlanCost | None = None
    warnings: list[str] = field(default_factory=list)
    timing_ms: dict[str, float] = field(default_factory=dict)
    kept_because: dict[Pair, str] = field(default_factory=dict)


def timed(timing_ms: dict[str, float], name: str, work: Callable[[], T]) -> T:
    """Run `work`, and add the time it took to `timing_ms[name]`."""
    began = time.perf_counter()
    result = work()
    timing_ms[name] = timing_ms.get(name, 0.0) + (time.perf_counter() - began) * 1e3
    return result


def solve_model(basis: PlanBasis, around: Metered | None, time_limit_s: float, engine: Engine) -> Answer:
    """Solve without exclusivity; add its binaries only where an answer charges and discharges at once."""
    timing: dict[str, float] = {}
    exclusive: set[Pair] = set()
    while True:
        data = timed(timing, "data", partial(model_data, basis, around, exclusive))
        prepared = timed(timing, "compile", partial(engine.prepared, data.sets))
        program = timed(timing, "evaluate", partial(prepared.program, data.parameters))
        solution = timed(timing, "solve", partial(prepared.solve, program, time_limit_s=time_limit_s))
        values = timed(timing, "tie_break", partial(_calmest, basis, prepared, solution, time_limit_s))
        read = _Reading(basis, prepared.compiled.columns, values)
        both = read.charging_while_discharging() - exclusive
        if not both:
            return _answer(read, solution, timing)
        exclusive |= both | (_every_pair(basis.problem) if exclusive else _burning_pays(basis.problem))


def _calmest(basis: PlanBasis, prepared: PreparedModel, solution: Solution, time_limit_s: float) -> FloatArray | None:
    """Of the answers that cost the same: the one that discharges least, then saves first, then keeps most stored."""
    if solution.status is not SolveStatus.OPTIMAL or solution.values is None:
        return solution.values
    weights = _tie_weights(basis, prepared.compiled.columns, len(solution.values))
    left_s = max(_LEAST_TIE_BREAK_S, time_limit_s - solution.seconds)
    preferred = prepared.prefer(weights, time_limit_s=min(left_s, _LEAST_TIE_BREAK_S + solution.seconds))
    return solution.values if preferred is None else preferred


def _tie_weights(basis: PlanBasis, columns: Mapping[str, slice], count: int) -> FloatArray:
    """What counts where plans cost the same: discharge, the energy price of the plan itself, and stored energy."""
    problem = basis.problem
    price = problem.charges.energy_per_kwh / max(1e-12, float(np.abs(problem.charges.energy_per_kwh).max(initial=0.0)))
    of_plan = np.where(np.arange(len(price)) < problem.planned, _TIE_PRICE * price, 0.0)
    each = np.tile(of_plan, problem.scenarios.count * len(problem.site.ups))
    weights = np.zeros(count)
    weights[columns["charge_kw"]] = each
    weights[columns["discharge_kw"]] = 1.0 - each
    weights[columns["stored_kwh"]] = -_TIE_STORED / (len(price) + 1) * problem.horizon.interval_h
    return weights


class _Reading:
    """Reads the columns of an answer as values of UPS systems."""

    def __init__(self, basis: PlanBasis, columns: Mapping[str, slice], values: NDArray[np.float64] | None) -> None:
        self.basis = basis
        self.values = values
        self._columns = columns

    def charging_while_discharging(self) -> set[Pair]:
        """Find the intervals in which the answer charges and discharges at once."""
        if self.values is None:
            return set()
        both = np.minimum(self._of("charge_kw"), self._of("discharge_kw")) > _BOTH_AT_ONCE_KW
        return {(self.basis.problem.site.ups[index].id, int(t)) for index, t in np.argwhere(both)}

    def trajectories(self) -> tuple[UpsTrajectory, ...]:
        """The trajectory of each system; values that rounding made negative are 0."""
        charge_kw, discharge_kw, stored_kwh = (
            np.maximum(self._of(name), 0.0).tolist() for name in ("charge_kw", "discharge_kw", "stored_kwh")
        )
        return tuple(
            UpsTrajectory(
                ups_id=ups.id,
                load_kw=self.basis.problem.load_kw[ups.id],
                charge_kw=tuple(charge_kw[index]),
                discharge_kw=tuple(discharge_kw[index]),
                stored_kwh=tuple(stored_kwh[index]),
                reserve_kwh=self.basis.floors.reserve_kwh[ups.id],
            )
            for index, ups in enumerate(self.basis.problem.site.ups)
        )

    def _of(self, name: str) -> NDArray[np.float64]:
        """The values of a variable in the first scenario: one row a system."""
        assert self.values is not None  # noqa: S101 - both callers have checked it
        shape = (self.basis.problem.scenarios.count, len(self.basis.problem.site.ups), -1)
        return self.values[self._columns[name]].reshape(shape)[0]


def _answer(read: _Reading, solution: Solution, timing: dict[str, float]) -> Answer:
    if solution.values is None:
        reason = f"the solver found no plan ({solution.status.value}); every battery holds"
        return Answer(PlanStatus.HOLD, read.basis.baseline.trajectories, warnings=[reason], timing_ms=timing)
    status = PlanStatus.OPTIMAL if solution.status is SolveStatus.OPTIMAL else PlanStatus.TIME_LIMIT
    warnings = [] if status is PlanStatus.OPTIMAL else [f"the solver stopped early ({solution.status.value})"]
    gap = abs(solution.objective - solution.bound) / max(1.0, abs(solution.objective))
    optimality = Optimality(method=solution.method, relative_gap=gap)
    return Answer(status, read.trajectories(), optimality, warnings=warnings, timing_ms=timing)


def _every_pair(problem: DispatchProblem) -> set[Pair]:
    return {(ups.id, t) for ups in problem.site.ups for t in range(problem.horizon.intervals)}


def _burning_pays(problem: DispatchProblem) -> set[Pair]:
    """The intervals in which burning energy in a battery's losses may pay: those with prices far enough below zero."""
    pays = set()
    for ups in problem.site.ups:
        battery = ups.battery
        loss = 1 / battery.charge_efficiency - battery.discharge_efficiency
        wear = battery.wear_cost_per_kwh * battery.discharge_efficiency * ups.rectifier_efficiency
        pays |= {(ups.id, t) for t, price in enumerate(problem.charges.energy_per_kwh) if price * loss < -wear}
    return pays
