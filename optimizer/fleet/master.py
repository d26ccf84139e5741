r"""The master problem: the cheapest mix of the groups' responses under one meter, and the value of a kW there.

    minimize   sum over g,j of cost[g,j] * share[g,j]  +  sum over p,s of rate[p,s] * filled[p,s]  +  dear * excess[t]
    peaks      lowest[p] + sum over s of filled[p,s] >= resting[t] + sum over g,j of added[g,j,t] * share[g,j]
    import     resting[t] + sum over g,j of added[g,j,t] * share[g,j] - excess[t] <= limit
    shares     sum over j of share[g,j] = 1  for every group g

Everything is in kW at the meter. `excess` keeps the first mixes feasible; its high price removes it later.
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.fleet.shared_meter import SharedMeter
from ridethrough.optimizer.solvers.highs import GrowingProgram

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Premiums:
    """The value of one kW less at the meter beyond its energy, by interval: for each peak, and for the import limit.

    `peaks` holds one array a peak, over its intervals, `limit` one value for each limited interval.
    """

    peaks: tuple[FloatArray, ...]
    limit: FloatArray

    def towards(self, other: "Premiums", share: float) -> "Premiums":
        """The weighted mean with `1 - share` of these and `share` of the others."""
        return Premiums(
            peaks=tuple((1 - share) * a + share * b for a, b in zip(self.peaks, other.peaks, strict=True)),
            limit=(1 - share) * self.limit + share * other.limit,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """The cheapest mix: its cost, the share of each column (rounds x groups), premiums, and import over the limit."""

    cost: float
    shares: FloatArray
    premiums: Premiums
    excess_kw: float


class Master:
    """A linear program that grows by one column for each group and round, and is solved from its last basis."""

    def __init__(self, meter: SharedMeter, groups: int) -> None:
        self._meter, self._groups = meter, groups
        self._resting_kw = meter.resting_kwh / meter.interval_h
        self._metered = [*(each.intervals for each in meter.peaks), meter.limited]
        self._ends = np.cumsum([0, *(len(each) for each in self._metered)])
        self._program = GrowingProgram()
        self._add_rows()
        self._add_peaks_and_excess()
        self._first_column = self._program.columns

    def _add_rows(self) -> None:
        limited = self._meter.limited
        at_least = [self._resting_kw[each.intervals] - each.lowest_kw for each in self._meter.peaks]
        lower = np.concatenate([*at_least, np.full(len(limited), -np.inf), np.ones(self._groups)])
        upper = np.concatenate(
            [
                np.full(self._ends[-2], np.inf),
                self._meter.import_limit_kw - self._resting_kw[limited],
                np.ones(self._groups),
            ]
        )
        self._program.add_rows(lower, upper)

    def _add_peaks_and_excess(self) -> None:
        for p, peak in enumerate(self._meter.peaks):
            rows = np.arange(self._ends[p], self._ends[p + 1], dtype=np.int32)
            for width, rate in zip(peak.widths_kw, peak.rates, strict=True):
                self._program.add_column(rate, width, rows, np.ones(len(rows)))
        for each in range(self._ends[-2], self._ends[-1]):
            row = np.array([each], dtype=np.int32)
            self._program.add_column(self._meter.dear_per_kw, np.inf, row, -np.ones(1))

    def add(self, added_kw: FloatArray, cost: FloatArray) -> None:
        """Add a response of every group: its power at the meter (groups x n), and its cost (groups)."""
        signs = np.where(np.arange(self._ends[-1]) < self._ends[-2], -1.0, 1.0)
        intervals = np.concatenate(self._metered)
        for group in range(self._groups):
            values = np.append(signs * added_kw[group, intervals], 1.0)
            rows = np.append(np.arange(self._ends[-1]), self._ends[-1] + group).astype(np.int32)
            used = np.flatnonzero(values)
            self._program.add_column(cost[group], np.inf, rows[used], values[used])

    def drop(self, rounds: NDArray[np.intp]) -> None:
        """Delete the responses of these rounds (counted among those that remain)."""
        columns = self._first_column + (rounds[:, None] * self._groups + np.arange(self._groups)).ravel()
        self._program.delete_columns(columns.astype(np.int32))

    def solve(self) -> Mix:
        """Solve from the last basis."""
        solution = self._program.solve()
        values, duals = solution.values, solution.row_duals
        parts = [duals[first:after] for first, after in pairwise(self._ends)]
        excess = values[self._first_column - len(parts[-1]) : self._first_column]
        return Mix(
            cost=solution.objective + self._meter.least_cost,
            shares=np.maximum(0.0, values[self._first_column :]).reshape(-1, self._groups),
            premiums=Premiums(
                peaks=tuple(np.maximum(0.0, part) for part in parts[:-1]),
                limit=np.maximum(0.0, -parts[-1]),
            ),
            excess_kw=float(excess.sum()),
        )
