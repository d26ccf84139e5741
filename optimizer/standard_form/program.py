"""A linear program in the form that a solver takes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class LinearProgram:
    """minimize `cost @ x + offset` with `row_lower <= A x <= row_upper`, `lower <= x <= upper`, some `x` integer.

    `A` (rows x columns) is held by row: the entries of row `i` are `values[starts[i]:starts[i + 1]]`, in the columns
    `indices[...]`.
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

    @property
    def columns(self) -> int:
        """The number of variables."""
        return len(self.cost)

    @property
    def rows(self) -> int:
        """The number of constraints."""
        return len(self.row_lower)
