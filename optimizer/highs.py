"""The one place that talks to HiGHS."""

import math
import time
from dataclasses import dataclass
from enum import StrEnum

import highspy
import numpy as np
from numpy.typing import NDArray

from optimizer.standard_form import LinearProgram

_SMALL_COLUMNS = 4000
"""Below this size presolve costs more than it saves (a day has some hundreds of columns)."""
_GAP = 1e-9


class SolveStatus(StrEnum):
    """What a solver run came to."""

    OPTIMAL = "optimal"
    TIME_LIMIT = "time_limit"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """The outcome of one run; without a feasible point `values` (one a column) is None and `objective` no number."""

    status: SolveStatus
    values: NDArray[np.float64] | None
    objective: float
    bound: float
    seconds: float


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
    solver = _solver(program, time_limit_s)
    began = time.perf_counter()
    solver.run()
    seconds = time.perf_counter() - began
    status = _STATUS.get(solver.getModelStatus(), SolveStatus.FAILED)
    info = solver.getInfo()
    feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
    values = np.array(solver.getSolution().col_value) if feasible else None
    objective = info.objective_function_value if feasible else math.nan
    bound = info.mip_dual_bound if program.integer.any() else objective
    return Solution(status=status, values=values, objective=objective, bound=bound, seconds=seconds)


def _solver(program: LinearProgram, time_limit_s: float) -> highspy.Highs:
    solver = highspy.Highs()
    options = {
        "output_flag": False,
        "threads": 1,  # the scheduler is process-wide: another number elsewhere would fail every solve
        "time_limit": float(time_limit_s),
        "random_seed": 0,
        "mip_rel_gap": _GAP,
        "presolve": "off" if program.columns < _SMALL_COLUMNS and not program.integer.any() else "choose",
    }
    for name, value in options.items():
        solver.setOptionValue(name, value)
    if not program.integer.any():
        solver.setOptionValue("solver", "simplex")
    solver.passModel(_highs_model(program))
    return solver


def _highs_model(program: LinearProgram) -> highspy.HighsLp:
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = program.columns, program.rows
    lp.col_cost_, lp.offset_ = program.cost, program.offset
    lp.col_lower_, lp.col_upper_ = program.lower, program.upper
    lp.row_lower_, lp.row_upper_ = program.row_lower, program.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.num_col_, lp.a_matrix_.num_row_ = program.columns, program.rows
    lp.a_matrix_.start_, lp.a_matrix_.index_ = program.starts, program.indices
    lp.a_matrix_.value_ = program.values
    if program.integer.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[int(each)] for each in program.integer]
    return lp
