"""The pod's problem as a good programmer writes it for HiGHS: the fewest columns and rows, without any model layer.

    columns   charge[t], discharge[t] <= min(limit, load[t]), stored[b], peak[m]
    rows      stored[t+1] - stored[t] - eta_c h charge[t] + h / eta_d discharge[t] = 0
              peak[m] - charge[t] + discharge[t] >= load[t]                                      for t in month m

Only for problems of `benchmarks.cases.pod_cases`: one system without conversion losses, no other load, one demand rate.
"""

from dataclasses import asdict, dataclass
from pathlib import Path

import highspy
import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.problem.limits.reserves import reserves_asked

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class PodArrays:
    """The numbers of one pod over n intervals; `month` says which of the peaks an interval counts to."""

    interval_h: float
    price_per_kwh: FloatArray
    load_kw: FloatArray
    month: NDArray[np.intp]
    peak_so_far_kw: FloatArray
    rate_per_kw: float
    charge_limit_kw: float
    discharge_limit_kw: float
    charge_efficiency: float
    discharge_efficiency: float
    start_kwh: float
    floor_kwh: float
    top_kwh: float

    def write(self, file: Path) -> None:
        """Write the numbers for another environment."""
        np.savez(file, **asdict(self))

    def solve(self, solver: highspy.Highs) -> float:
        """Pass the program to a solver and solve it; the cost."""
        solver.setOptionValue("output_flag", False)  # noqa: FBT003 - the interface of HiGHS
        solver.setOptionValue("threads", 1)
        solver.setOptionValue("solver", "simplex")
        cost, lower, upper = self._columns()
        row_lower, row_upper = self._rows()
        starts, indices, values = self._matrix()
        solver.passModel(
            len(cost), len(row_lower), len(values), int(highspy.MatrixFormat.kRowwise), 1, self._offset(),
            cost, lower, upper, row_lower, row_upper, starts, indices, values, np.zeros(len(cost), np.int32),
        )  # fmt: skip
        return _solved(solver)

    def again(self, solver: highspy.Highs) -> float:
        """Give a solver that holds such a program these numbers, and solve from its last basis."""
        cost, lower, upper = self._columns()
        row_lower, row_upper = self._rows()
        columns, rows = np.arange(len(cost), dtype=np.int32), np.arange(len(row_lower), dtype=np.int32)
        solver.changeColsCost(len(cost), columns, cost)
        solver.changeColsBounds(len(cost), columns, lower, upper)
        solver.changeRowsBounds(len(row_lower), rows, row_lower, row_upper)
        solver.changeObjectiveOffset(self._offset())
        return _solved(solver)

    def _offset(self) -> float:
        return float(self.price_per_kwh @ self.load_kw) * self.interval_h

    def _columns(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        n, h = len(self.load_kw), self.interval_h
        cost = np.concatenate(
            [h * self.price_per_kwh, -h * self.price_per_kwh, np.zeros(n + 1), np.full(self.peaks, self.rate_per_kw)]
        )
        stored_floor, stored_top = np.full(n + 1, self.floor_kwh), np.full(n + 1, self.top_kwh)
        stored_floor[0] = stored_top[0] = self.start_kwh
        stored_floor[-1] = self.start_kwh
        lower = np.concatenate([np.zeros(2 * n), stored_floor, self.peak_so_far_kw])
        discharge = np.minimum(self.discharge_limit_kw, self.load_kw)
        upper = np.concatenate([np.full(n, self.charge_limit_kw), discharge, stored_top, np.full(self.peaks, np.inf)])
        return cost, lower, upper

    @property
    def peaks(self) -> int:
        """How many peaks are billed."""
        return len(self.peak_so_far_kw)

    def _rows(self) -> tuple[FloatArray, FloatArray]:
        n = len(self.load_kw)
        return np.concatenate([np.zeros(n), self.load_kw]), np.concatenate([np.zeros(n), np.full(n, np.inf)])

    def _matrix(self) -> tuple[NDArray[np.int32], NDArray[np.int32], FloatArray]:
        n, h = len(self.load_kw), self.interval_h
        t = np.arange(n)
        balance = np.column_stack([t, n + t, 2 * n + t, 2 * n + 1 + t])
        balance_values = np.tile([-self.charge_efficiency * h, h / self.discharge_efficiency, -1.0, 1.0], (n, 1))
        peak = np.column_stack([t, n + t, 3 * n + 1 + self.month])
        peak_values = np.tile([-1.0, 1.0, 1.0], (n, 1))
        starts = np.concatenate([4 * np.arange(n), 4 * n + 3 * np.arange(n + 1)])
        indices = np.concatenate([balance.ravel(), peak.ravel()])
        return (
            starts.astype(np.int32),
            indices.astype(np.int32),
            np.concatenate([balance_values.ravel(), peak_values.ravel()]),
        )


def lean_of(problem: DispatchProblem) -> PodArrays:
    """The numbers of a pod's problem."""
    (ups,), n = problem.site.ups, problem.horizon.intervals
    month = np.empty(n, np.intp)
    for index, term in enumerate(problem.charges.demand):
        month[term.intervals] = index
    return PodArrays(
        interval_h=problem.horizon.interval_h,
        price_per_kwh=problem.charges.energy_per_kwh,
        load_kw=np.array(problem.load_kw[ups.id]),
        month=month,
        peak_so_far_kw=np.array([term.peak_so_far_kw for term in problem.charges.demand]),
        rate_per_kw=problem.charges.demand[0].steps[0].rate_per_kw,
        charge_limit_kw=ups.charge_limit_kw,
        discharge_limit_kw=ups.discharge_limit_kw,
        charge_efficiency=ups.battery.charge_efficiency,
        discharge_efficiency=ups.battery.discharge_efficiency,
        start_kwh=problem.stored_at_start_kwh(ups),
        floor_kwh=reserves_asked(problem).usual_kwh[ups.id][1],
        top_kwh=ups.max_stored_kwh,
    )


def _solved(solver: highspy.Highs) -> float:
    solver.run()
    np.array(solver.getSolution().col_value)
    return float(solver.getInfo().objective_function_value)
