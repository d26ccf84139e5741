"""The linear program of a problem, as the product makes it."""

from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.formulation.model import model_data, state_model
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.standard_form.compiler import CompiledModel
from ridethrough.optimizer.standard_form.program import LinearProgram


def program_of(problem: DispatchProblem, exclusive: Collection[tuple[str, int]] = ()) -> LinearProgram:
    """Compile the problem's structure, and evaluate it at the problem's numbers."""
    data = model_data(basis_of(problem), exclusive=exclusive)
    return CompiledModel(state_model(data.sets)).program(data.parameters)


def matrix_of(program: LinearProgram) -> NDArray[np.float64]:
    """The matrix of a program, rows by columns, zeros and all."""
    dense = np.zeros((program.rows, program.columns))
    rows = np.repeat(np.arange(program.rows), np.diff(program.starts))
    np.add.at(dense, (rows, program.indices), program.values)
    return dense
