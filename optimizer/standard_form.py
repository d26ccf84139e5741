"""From Pyomo to arrays: the linear program a solver takes."""

from dataclasses import dataclass

import numpy as np
import pyomo.core as pyo
from numpy.typing import NDArray
from pyomo.common.collections import ComponentMap
from pyomo.repn.plugins.standard_form import LinearStandardFormCompiler

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearProgram:
    """minimize `cost @ x + offset` with `row_lower <= A x <= row_upper`, `lower <= x <= upper`, some `x` integer.

    `A` (rows x columns) is held by column: the entries of column `j` are `values[starts[j]:starts[j + 1]]`, in the rows
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
    form = LinearStandardFormCompiler().write(model, mixed_form=True)
    lower, upper = np.array([_bounds(variable) for variable in form.columns]).reshape(-1, 2).T
    row_lower, row_upper = _row_bounds(form.rows, np.asarray(form.rhs, dtype=float))
    matrix = form.A.tocsc()
    return LinearProgram(
        cost=np.asarray(form.c.todense(), dtype=float).ravel(),
        offset=float(form.c_offset[0]),
        lower=lower,
        upper=upper,
        integer=np.array([variable.is_integer() for variable in form.columns], dtype=bool),
        row_lower=row_lower,
        row_upper=row_upper,
        starts=matrix.indptr.astype(np.int32),
        indices=matrix.indices.astype(np.int32),
        values=np.asarray(matrix.data, dtype=float),
        column_of=ComponentMap((variable, column) for column, variable in enumerate(form.columns)),
    )


def _bounds(variable: pyo.Var) -> tuple[float, float]:
    lower, upper = variable.bounds
    return (-np.inf if lower is None else lower, np.inf if upper is None else upper)


def _row_bounds(rows: list[tuple[object, int]], rhs: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Turn the senses of the compiled rows (-1: at least, 0: equal, 1: at most) into bounds on each row."""
    sense = np.array([bound for _, bound in rows], dtype=int)
    return np.where(sense <= 0, rhs, -np.inf), np.where(sense >= 0, rhs, np.inf)
