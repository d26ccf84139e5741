"""The only module that calls HiGHS."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from enum import StrEnum

import highspy
import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.standard_form.program import LinearProgram

FloatArray = NDArray[np.float64]

_SMALL_COLUMNS = 4000
"""Below this number of columns presolve costs more than it saves (a day has some hundreds)."""
_GAP = 1e-9
_PRIMAL_SIMPLEX = 4
_FEASIBLE = int(highspy.SolutionStatus.kSolutionStatusFeasible)
_FEW_COEFFICIENTS = 64
"""Up to this number of changed matrix entries they are changed one by one; with more, the program is passed again."""

_NO_DUAL = 1e-9
_SAME_COST = 1e-10


class SolveStatus(StrEnum):
    """The status of a solver run."""

    OPTIMAL = "optimal"
    TIME_LIMIT = "time_limit"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """The outcome of one run; without a feasible point, `values` is None and `objective` is NaN.

    `values` has one value for each column. `method` names the method.
    """

    status: SolveStatus
    values: NDArray[np.float64] | None
    objective: float
    bound: float
    seconds: float
    method: str


_STATUS = {
    highspy.HighsModelStatus.kOptimal: SolveStatus.OPTIMAL,
    highspy.HighsModelStatus.kTimeLimit: SolveStatus.TIME_LIMIT,
    highspy.HighsModelStatus.kInterrupt: SolveStatus.TIME_LIMIT,
    highspy.HighsModelStatus.kIterationLimit: SolveStatus.TIME_LIMIT,
    highspy.HighsModelStatus.kInfeasible: SolveStatus.INFEASIBLE,
    highspy.HighsModelStatus.kUnbounded: SolveStatus.UNBOUNDED,
    highspy.HighsModelStatus.kUnboundedOrInfeasible: SolveStatus.INFEASIBLE,
}


def solve(program: LinearProgram, *, time_limit_s: float) -> Solution:
    """Minimize a linear (mixed-integer) program by the dual simplex method, on one thread."""
    return Session().solve(program, time_limit_s=time_limit_s)


class Session:
    """A live solver for programs of one structure: the same rows, columns and places of entries.

    It holds the last program, and receives only the differences. With `warm`, a solve begins at the basis of the last
    answer; otherwise the answer does not depend on earlier solves.
    """

    def __init__(self) -> None:
        self._highs = highspy.Highs()
        for name, value in {
            "output_flag": False,
            "threads": 1,  # the scheduler is process-wide: another number elsewhere would fail every solve
            "random_seed": 0,
            "mip_rel_gap": _GAP,
        }.items():
            self._highs.setOptionValue(name, value)
        self._held: LinearProgram | None = None

    def solve(self, program: LinearProgram, *, time_limit_s: float, warm: bool = False) -> Solution:
        """Minimize a program, on one thread.

        If a warm start finds no answer, start again from nothing. If presolve finds that there is none, ask without it:
        it takes rounding of a tight floor for a contradiction.
        """
        began = time.perf_counter()
        warm = self._bring_in(program, warm=warm)
        self._run(time_limit_s)
        if warm and self._status() is SolveStatus.FAILED:
            self._pass(program)
            self._run(time_limit_s)
        if self._status() is SolveStatus.INFEASIBLE:
            self._pass(program, presolve="off")
            self._run(max(0.0, time_limit_s - (time.perf_counter() - began)))
        return self._solution(program, time.perf_counter() - began)

    def prefer(self, weights: FloatArray, *, time_limit_s: float) -> FloatArray | None:
        """Of all answers that cost the same as that of the last solve, find one of the least sum of weights * values.

        A column or row whose dual is not 0 must stay where it is for the cost to stay; the others may move. No bound is
        loosened. Returns None where nothing better is found in time. The next `solve` begins from here where it is
        `warm`.
        """
        program, answer = self._held, self._highs.getSolution()
        if program is None or program.integer.any() or self._status() is not SolveStatus.OPTIMAL:
            return None
        values = np.clip(answer.col_value, program.lower, program.upper)
        row_values = np.clip(answer.row_value, program.row_lower, program.row_upper)
        stays = np.abs(np.array(answer.col_dual)) > _NO_DUAL
        row_stays = np.abs(np.array(answer.row_dual)) > _NO_DUAL
        self._tell(
            weights,
            (np.where(stays, values, program.lower), np.where(stays, values, program.upper)),
            (
                np.where(row_stays, row_values, program.row_lower),
                np.where(row_stays, row_values, program.row_upper),
            ),
        )
        self._run(time_limit_s)
        if self._status() is not SolveStatus.OPTIMAL:
            return None
        preferred = np.array(self._highs.getSolution().col_value)
        before, more = float(program.cost @ values), float(program.cost @ (preferred - values))
        return None if more > _SAME_COST * max(1.0, abs(before)) else preferred

    def _tell(
        self, cost: FloatArray, bounds: tuple[FloatArray, FloatArray], row_bounds: tuple[FloatArray, FloatArray]
    ) -> None:
        columns, rows = len(cost), len(row_bounds[0])
        each_column = np.arange(columns, dtype=np.int32)
        self._highs.changeColsCost(columns, each_column, cost)
        self._highs.changeColsBounds(columns, each_column, *bounds)
        self._highs.changeRowsBounds(rows, np.arange(rows, dtype=np.int32), *row_bounds)

    def _run(self, time_limit_s: float) -> None:
        # the limit counts from the first run of a live solver
        self._highs.setOptionValue("time_limit", self._highs.getRunTime() + float(time_limit_s))
        self._highs.run()

    def _status(self) -> SolveStatus:
        return _STATUS.get(self._highs.getModelStatus(), SolveStatus.FAILED)

    def _solution(self, program: LinearProgram, seconds: float) -> Solution:
        status = self._status()
        info = self._highs.getInfo()
        feasible = int(info.primal_solution_status) == _FEASIBLE
        is_integer = bool(program.integer.any())
        answer = self._highs.getSolution()
        objective = info.objective_function_value if feasible else math.nan
        return Solution(
            status=status,
            values=np.array(answer.col_value) if feasible else None,
            objective=objective,
            bound=info.mip_dual_bound if is_integer else objective,
            seconds=seconds,
            method="branch and bound" if is_integer else "dual simplex",
        )

    def _bring_in(self, program: LinearProgram, *, warm: bool) -> bool:
        """Load the program into the solver; return whether passing the differences from the last one was enough."""
        held, self._held = self._held, program
        if warm and held is not None and _same_structure(held, program) and self._changed(held, program):
            return True
        self._pass(program)
        return False

    def _changed(self, held: LinearProgram, program: LinearProgram) -> bool:
        """Pass the differences to the solver; return whether there were few enough for that."""
        entries = np.flatnonzero(held.values != program.values)
        if len(entries) > _FEW_COEFFICIENTS:
            return False
        highs = self._highs
        row_of = np.searchsorted(program.starts, entries, side="right") - 1
        for entry, row in zip(entries.tolist(), row_of.tolist(), strict=True):
            highs.changeCoeff(row, int(program.indices[entry]), float(program.values[entry]))
        # passing costs and bounds is as cheap as comparing them
        self._tell(program.cost, (program.lower, program.upper), (program.row_lower, program.row_upper))
        highs.changeObjectiveOffset(program.offset)
        return True

    def _pass(self, program: LinearProgram, presolve: str | None = None) -> None:
        """Load the whole program, into a solver that forgets what it knew."""
        is_integer = bool(program.integer.any())
        self._highs.clearSolver()
        small = program.columns < _SMALL_COLUMNS and not is_integer
        self._highs.setOptionValue("presolve", presolve or ("off" if small else "choose"))
        self._highs.setOptionValue("solver", "choose" if is_integer else "simplex")
        pass_program(self._highs, program)


def pass_program(solver: highspy.Highs, program: LinearProgram) -> None:
    """Give a solver a program as arrays: filling the fields of a `HighsLp` number by number takes ten times as long."""
    solver.passModel(
        program.columns,
        program.rows,
        len(program.values),
        int(highspy.MatrixFormat.kRowwise),
        int(highspy.ObjSense.kMinimize),
        program.offset,
        program.cost,
        program.lower,
        program.upper,
        program.row_lower,
        program.row_upper,
        program.starts,
        program.indices,
        program.values,
        program.integer.astype(np.int32),
    )


class GrowingProgram:
    """A linear program that grows by columns (each at least 0) and is solved again from where it stood: primal simplex.

    Rows are added first; a column is given by the rows it stands in.
    """

    def __init__(self) -> None:
        self._highs = highspy.Highs()
        for name, value in {
            "output_flag": False,
            "threads": 1,
            "presolve": "off",
            "solver": "simplex",
            "simplex_strategy": _PRIMAL_SIMPLEX,  # what a new column leaves feasible
        }.items():
            self._highs.setOptionValue(name, value)

    @property
    def columns(self) -> int:
        """The number of columns."""
        return int(self._highs.getNumCol())

    def add_rows(self, lower: NDArray[np.float64], upper: NDArray[np.float64]) -> None:
        """Add rows without entries; an open side is infinite."""
        rows = len(lower)
        none = np.empty(0, dtype=np.int32)
        self._highs.addRows(rows, lower, upper, 0, np.zeros(rows, np.int32), none, np.empty(0))

    def add_column(self, cost: float, upper: float, rows: NDArray[np.int32], values: NDArray[np.float64]) -> None:
        """Add a column from 0 to `upper`."""
        self._highs.addCol(float(cost), 0.0, float(upper), len(rows), rows, values)

    def delete_columns(self, columns: NDArray[np.int32]) -> None:
        """Delete columns; those after them move up."""
        self._highs.deleteCols(len(columns), columns)

    def solve(self) -> GrownSolution:
        """Solve from the last basis."""
        self._highs.run()
        answer = self._highs.getSolution()
        return GrownSolution(
            values=np.array(answer.col_value),
            row_duals=np.array(answer.row_dual),
            objective=self._highs.getInfo().objective_function_value,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class GrownSolution:
    """Values by column, and the dual of each row: the rise of the objective for each unit of its binding bound."""

    values: NDArray[np.float64]
    row_duals: NDArray[np.float64]
    objective: float


def _same_structure(held: LinearProgram, program: LinearProgram) -> bool:
    return (
        held.starts is program.starts
        and held.indices is program.indices
        and held.columns == program.columns
        and not program.integer.any()
    )
