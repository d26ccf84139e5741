"""A second way from a Pyomo model to arrays: every row of a concrete model, walked one by one by Pyomo itself."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyomo.core as pyo
from pyomo.repn.linear import LinearRepnVisitor
from pyomo.repn.util import OrderedVarRecorder

from ridethrough.optimizer.standard_form.program import LinearProgram


def walked(model: pyo.ConcreteModel) -> LinearProgram:
    """Compile a linear Pyomo model with the present values of its parameters."""
    variables = [each[index] for each in model.component_objects(pyo.Var) for index in each.index_set()]
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
