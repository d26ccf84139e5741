"""From a problem to trajectories: state the model, solve it, and read the answer."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from domain.plan import PlanStatus, UpsTrajectory
from optimizer.engine import Engine, engine_of_thread
from optimizer.highs import Solution, SolveStatus
from optimizer.meter import cost_of, grid_kw
from optimizer.model import model_data
from optimizer.pricing import Metered, meter_of
from optimizer.problem import DispatchProblem

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


def optimize(problem: DispatchProblem, time_limit_s: float, engine: Engine | None = None) -> Answer:
    """Find the cheapest trajectories that keep every law; without an answer in time, hold.

    Where nothing is gained, batteries rest: a plan that costs what doing nothing costs is doing nothing. `engine` keeps
    compiled models; without one it is that of the thread.
    """
    engine = engine_of_thread() if engine is None else engine
    best = _solve_around(problem, None, time_limit_s, engine)
    if best.status is PlanStatus.HOLD:
        return best
    if not all(term.separable for term in problem.charges.tiers):
        best = _follow_shared_tiers(problem, best, time_limit_s, engine)
    if _is_allowed(problem) and problem.holding_cost.total <= _cost(problem, best.trajectories) + _NOTHING_GAINED:
        best.trajectories = problem.holding
    return best


def _follow_shared_tiers(problem: DispatchProblem, best: Answer, time_limit_s: float, engine: Engine) -> Answer:
    """Improve an answer where tiers are shared over periods, which is no linear program: solve again at their slope."""
    for _ in range(_SHARED_TIER_ROUNDS):
        around = meter_of(problem.charges, grid_kw(problem, best.trajectories), problem.horizon.intervals)
        answer = _solve_around(problem, around, time_limit_s, engine)
        gained = _cost(problem, best.trajectories) - _cost(problem, answer.trajectories)
        if answer.status is PlanStatus.HOLD or gained <= _NOTHING_GAINED:
            break
        best = answer
    best.warnings.append("energy tiers are shared over periods: the plan is safe, and perhaps not the cheapest")
    return best


def _cost(problem: DispatchProblem, trajectories: tuple[UpsTrajectory, ...]) -> float:
    return cost_of(problem, trajectories, grid_kw(problem, trajectories), problem.horizon.intervals).total


def _is_allowed(problem: DispatchProblem) -> bool:
    """Whether doing nothing keeps the meter's limits, the reserve, and what is stored."""
    meter_kw = problem.holding_kw
    limits = problem.site.interconnection
    within = meter_kw.max() <= limits.import_limit_kw and meter_kw.min() >= -limits.export_limit_kw
    return bool(within) and all(
        np.all(np.array(each.stored_kwh[1:]) >= np.array(each.reserve_kwh[1:]) - _ROUNDING_KWH)
        and each.stored_kwh[-1] >= each.stored_kwh[0] - _ROUNDING_KWH
        for each in problem.holding
    )


def _solve_around(problem: DispatchProblem, around: Metered | None, time_limit_s: float, engine: Engine) -> Answer:
    """Solve without exclusivity; add its binaries only where the answer charges and discharges at once."""
    timing: dict[str, float] = {}
    exclusive: set[Pair] = set()
    while True:
        data = timed(timing, "data", partial(model_data, problem, around, exclusive))
        prepared = timed(timing, "compile", partial(engine.prepared, data.sets))
        program = timed(timing, "evaluate", partial(prepared.program, data.parameters))
        solution = timed(timing, "solve", partial(prepared.solve, program, time_limit_s=time_limit_s))
        read = _Reading(problem, prepared.compiled.columns, solution.values)
        both = read.charging_while_discharging() - exclusive
        if not both:
            return _answer(read, solution, timing)
        exclusive |= both | (_every_pair(problem) if exclusive else _burning_pays(problem))


class _Reading:
    """Reads the columns of an answer as values of UPS systems."""

    def __init__(
        self, problem: DispatchProblem, columns: Mapping[str, slice], values: NDArray[np.float64] | None
    ) -> None:
        self.problem = problem
        self.values = values
        self._columns = columns

    def charging_while_discharging(self) -> set[Pair]:
        """Find where the answer does both."""
        if self.values is None:
            return set()
        both = np.minimum(self._of("charge_kw"), self._of("discharge_kw")) > _BOTH_AT_ONCE_KW
        return {(self.problem.site.ups[index].id, int(t)) for index, t in np.argwhere(both)}

    def trajectories(self) -> tuple[UpsTrajectory, ...]:
        """What each system does; what rounding took below zero is zero."""
        charge_kw, discharge_kw, stored_kwh = (
            np.maximum(self._of(name), 0.0).tolist() for name in ("charge_kw", "discharge_kw", "stored_kwh")
        )
        return tuple(
            UpsTrajectory(
                ups_id=ups.id,
                load_kw=self.problem.load_kw[ups.id],
                charge_kw=tuple(charge_kw[index]),
                discharge_kw=tuple(discharge_kw[index]),
                stored_kwh=tuple(stored_kwh[index]),
                reserve_kwh=self.problem.reserve_kwh(ups),
            )
            for index, ups in enumerate(self.problem.site.ups)
        )

    def _of(self, name: str) -> NDArray[np.float64]:
        """The values of a variable in the first scenario: one row a system."""
        assert self.values is not None  # noqa: S101 - both callers have asked
        shape = (self.problem.scenarios.count, len(self.problem.site.ups), -1)
        return self.values[self._columns[name]].reshape(shape)[0]


def _answer(read: _Reading, solution: Solution, timing: dict[str, float]) -> Answer:
    if solution.values is None:
        reason = f"the solver found no plan ({solution.status.value}); every battery holds"
        return Answer(PlanStatus.HOLD, read.problem.holding, [reason], timing)
    status = PlanStatus.OPTIMAL if solution.status is SolveStatus.OPTIMAL else PlanStatus.TIME_LIMIT
    warnings = [] if status is PlanStatus.OPTIMAL else [f"the solver stopped early ({solution.status.value})"]
    return Answer(status, read.trajectories(), warnings, timing)


def _every_pair(problem: DispatchProblem) -> set[Pair]:
    return {(ups.id, t) for ups in problem.site.ups for t in range(problem.horizon.intervals)}


def _burning_pays(problem: DispatchProblem) -> set[Pair]:
    """Where burning energy in a battery's losses may pay for its wear: at prices far enough below zero."""
    pays = set()
    for ups in problem.site.ups:
        battery = ups.battery
        loss = 1 / battery.charge_efficiency - battery.discharge_efficiency
        wear = battery.wear_cost_per_kwh * battery.discharge_efficiency * ups.rectifier_efficiency
        pays |= {(ups.id, t) for t, price in enumerate(problem.charges.energy_per_kwh) if price * loss < -wear}
    return pays
