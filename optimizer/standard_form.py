"""From Pyomo to arrays: the linear program a solver takes."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyomo.core as pyo
from numpy.typing import NDArray
from pyomo.common.collections import ComponentMap
from pyomo.repn.linear import LinearRepnVisitor
from pyomo.repn.util import OrderedVarRecorder

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearProgram:
    """minimize `cost @ x + offset` with `row_lower <= A x <= row_upper`, `lower <= x <= upper`, some `x` integer.

    `A` (rows x columns) is held by row: the entries of row `i` are `values[starts[i]:starts[i + 1]]`, in the columns
    `indices[...]`. `column_of` maps each Pyomo variable to its column.
    """

    cost: FloatArray
    offset: float
    lower: FloatArray
    upper: FloatArray
    integer: NDArray[np.bool_]
    row_lower: FloatArray
    row_upper: FloatArray
    starts: IntArray
    indices: IntArray
    values: FloatArray
    column_of: ComponentMap

    @property
    def columns(self) -> int:
        """How many variables there are."""
        return len(self.cost)

    @property
    def rows(self) -> int:
        """How many constraints there are."""
        return len(self.row_lower)


def compile_model(model: pyo.ConcreteModel) -> LinearProgram:
    """Compile a linear Pyomo model with the present values of its parameters."""
    variables = list(model.component_data_objects(pyo.Var, descend_into=True))
    position = {id(variable): column for column, variable in enumerate(variables)}
    recorder = OrderedVarRecorder(
        {id(variable): variable for variable in variables}, dict(position), pyo.SortComponents.deterministic
    )
    visitor = LinearRepnVisitor({}, var_recorder=recorder)
    objective = visitor.walk_expression(next(model.component_data_objects(pyo.Objective, active=True)).expr)
    cost = np.zeros(len(variables))
    for key, coefficient in objective.linear.items():
        cost[position[key]] = coefficient
    rows = list(_rows(model, visitor))
    lower, upper = np.array([_bounds(variable) for variable in variables]).reshape(-1, 2).T
    return LinearProgram(
        cost=cost,
        offset=float(objective.constant),
        lower=lower,
        upper=upper,
        integer=np.array([variable.is_integer() for variable in variables], dtype=bool),
        row_lower=np.array([row.lower for row in rows], dtype=float),
        row_upper=np.array([row.upper for row in rows], dtype=float),
        starts=np.cumsum([0, *(len(row.linear) for row in rows)], dtype=np.int32),
        indices=np.array([position[key] for row in rows for key in row.linear], dtype=np.int32),
        values=np.array([value for row in rows for value in row.linear.values()], dtype=float),
        column_of=ComponentMap((variable, column) for column, variable in enumerate(variables)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One constraint: coefficients by the `id` of their variable, and bounds with the constant moved over."""

    linear: dict[int, float]
    lower: float
    upper: float


def _rows(model: pyo.ConcreteModel, visitor: LinearRepnVisitor) -> Iterator[_Row]:
    for constraint in model.component_data_objects(pyo.Constraint, active=True, descend_into=True):
        lower, body, upper = constraint.to_bounded_expression(evaluate_bounds=True)
        form = visitor.walk_expression(body)
        yield _Row(
            linear=form.linear,
            lower=-np.inf if lower is None else lower - form.constant,
            upper=np.inf if upper is None else upper - form.constant,
        )


def _bounds(variable: pyo.Var) -> tuple[float, float]:
    lower, upper = variable.bounds
    return (-np.inf if lower is None else lower, np.inf if upper is None else upper)
