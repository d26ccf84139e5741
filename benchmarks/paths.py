"""The ways from numbers to a solved plan that are compared; each takes a case and returns the objective.

Every solver instance has one thread: the scheduler of HiGHS is process-wide, and another number would fail every solve.
"""

import highspy
import numpy as np
import pyomo.environ as pyo
from pyomo.contrib.appsi.solvers.highs import Highs as PersistentHighs

from benchmarks.cases import Case
from ridethrough.optimizer.dynamic_program import cheapest_plan
from ridethrough.optimizer.formulation.model import build_model, model_data
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.optimizer.solvers.highs import SolveStatus, pass_program
from ridethrough.optimizer.standard_form.program import LinearProgram

LIMIT_S = 3600.0
SMALL_COLUMNS = 4000
_ONE_THREAD = {"threads": 1, "output_flag": False}
_CHECKS = (
    "check_for_new_or_removed_constraints",
    "check_for_new_or_removed_vars",
    "check_for_new_or_removed_params",
    "check_for_new_objective",
    "update_constraints",
    "update_vars",
    "update_named_expressions",
    "update_objective",
)
"""What the persistent interface need not look for: only parameters change."""


def naive(case: Case) -> float:
    """What a script does: write the Pyomo model out for each plan, and hand it to `SolverFactory`."""
    model = build_model(basis_of(case.problem))
    solver = pyo.SolverFactory("appsi_highs")
    solver.highs_options = dict(_ONE_THREAD)
    solver.solve(model)
    return float(pyo.value(model.cost))


class Persistent:
    """Pyomo's persistent interface: one model, whose mutable parameters are set for each plan."""

    def __init__(self, first: Case) -> None:
        self._model = build_model(first.problem)
        self._solver = PersistentHighs()
        self._solver.highs_options = dict(_ONE_THREAD)
        for check in _CHECKS:
            setattr(self._solver.update_config, check, False)
        self._solver.update_config.update_params = True
        self._solver.solve(self._model)

    def __call__(self, case: Case) -> float:
        """Set the parameters and solve again."""
        for name, values in case.data.parameters.items():
            parameter = self._model.component(name)
            parameter.store_values(dict(zip(parameter.index_set(), values.tolist(), strict=True)))
        self._solver.solve(self._model)
        return float(pyo.value(self._model.cost))


class Compiled:
    """The product: parameters to a program, program to a live solver. From numbers that are worked out already."""

    def __init__(self, first: Case, *, warm: bool) -> None:
        self._engine = Engine(warm=warm)
        self._engine.prepared(first.data.sets)

    def __call__(self, case: Case) -> float:
        """Find the compiled model, evaluate and solve."""
        prepared = self._engine.prepared(case.data.sets)
        solution = prepared.solve(prepared.program(case.data.parameters), time_limit_s=LIMIT_S)
        assert solution.status is SolveStatus.OPTIMAL
        return solution.objective


class FromProblem:
    """The product from the problem on: tariff, loads and limits to parameters, then as `Compiled`."""

    def __init__(self, *, warm: bool) -> None:
        self._engine = Engine(warm=warm)

    def __call__(self, case: Case) -> float:
        """Work out the parameters, evaluate and solve."""
        data = model_data(basis_of(case.problem))
        prepared = self._engine.prepared(data.sets)
        return prepared.solve(prepared.program(data.parameters), time_limit_s=LIMIT_S).objective


class Raw:
    """HiGHS by itself, given the finished arrays of the same linear program: the limit of what is possible."""

    def __init__(self, programs: dict[int, LinearProgram], *, warm: bool) -> None:
        self._programs = programs
        self._warm = warm
        self._solver = raw_solver(next(iter(programs.values())).columns)
        self._held = False

    def __call__(self, case: Case) -> float:
        """Pass or change the arrays, solve, and read the values."""
        program = self._programs[id(case)]
        if self._warm and self._held:
            change(self._solver, program)
        else:
            self._solver.clearSolver()
            pass_program(self._solver, program)
            self._held = True
        self._solver.run()
        np.array(self._solver.getSolution().col_value)
        return float(self._solver.getInfo().objective_function_value)


def dynamic_program(case: Case) -> float:
    """The product's dynamic program, from the problem on."""
    optimum = cheapest_plan(basis_of(case.problem))
    assert optimum is not None
    return optimum.objective


def raw_solver(columns: int) -> highspy.Highs:
    """A solver by the options that suit this size best."""
    solver = highspy.Highs()
    options = {**_ONE_THREAD, "solver": "simplex", "presolve": "off" if columns < SMALL_COLUMNS else "choose"}
    for name, value in options.items():
        solver.setOptionValue(name, value)
    return solver


def change(solver: highspy.Highs, program: LinearProgram) -> None:
    """Give a live solver the vectors of another plan."""
    columns, rows = program.columns, program.rows
    every = np.arange(columns, dtype=np.int32)
    solver.changeColsCost(columns, every, program.cost)
    solver.changeColsBounds(columns, every, program.lower, program.upper)
    solver.changeRowsBounds(rows, np.arange(rows, dtype=np.int32), program.row_lower, program.row_upper)
    solver.changeObjectiveOffset(program.offset)
