r"""A small linear program that grows by rows: the lowest point of all planes known so far.

    minimize z   with   z >= height[i] + slope[i] @ x ,    normal[j] @ x >= offset[j] ,    low <= x <= high

The dual is solved: there a new row is a new column, and the last basis stays feasible, so the primal simplex method
continues from it. The basis has one row more than `x` has values, so its inverse is stored directly.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.dynamic_program.compiled import compiled

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_NO_GAIN = 1e-13
_SMALLEST_PIVOT = 1e-11
_DEGENERATE_PIVOTS = 200
_MOST_PIVOTS = 20000


class Planes(NamedTuple):
    """Columns of the dual (`columns` by row, their `gain`), the `basis` and its `inverse`; `used` counts columns.

    A named tuple of arrays, so that compiled functions take it and change it in place.
    """

    columns: FloatArray
    gain: FloatArray
    basis: IntArray
    inverse: FloatArray
    used: IntArray


@compiled
def no_planes(low: FloatArray, high: FloatArray, most: int) -> Planes:
    """Room for `most` planes over the box from `low` to `high`; the first added must be a cost."""
    size = len(low)
    planes = Planes(
        np.zeros((2 * size + most, size + 1)),
        np.zeros(2 * size + most),
        np.zeros(size + 1, np.int64),
        np.zeros((size + 1, size + 1)),
        np.zeros(1, np.int64),
    )
    for k in range(size):
        planes.columns[2 * k, k], planes.gain[2 * k] = -1.0, low[k]
        planes.columns[2 * k + 1, k], planes.gain[2 * k + 1] = 1.0, -high[k]
    planes.used[0] = 2 * size
    return planes


@compiled
def add_cost(planes: Planes, height: float, slope: FloatArray) -> None:
    """Add z >= height + slope @ x."""
    size, column = len(slope), planes.used[0]
    planes.columns[column, :size] = slope
    planes.columns[column, size] = 1.0
    planes.gain[column] = height
    planes.used[0] += 1
    if column == 2 * size:
        _first_basis(planes, column)


@compiled
def add_limit(planes: Planes, normal: FloatArray, offset: float) -> None:
    """Add normal @ x >= offset."""
    size, column = len(normal), planes.used[0]
    planes.columns[column, :size] = -normal
    planes.gain[column] = offset
    planes.used[0] += 1


@compiled
def _first_basis(planes: Planes, column: int) -> None:
    """The corner of the box where the first plane is lowest."""
    size = len(planes.basis) - 1
    planes.basis[size] = column
    planes.inverse[:] = 0.0
    planes.inverse[size, size] = 1.0
    for k in range(size):
        slope = planes.columns[column, k]
        sign = -1.0 if slope >= 0.0 else 1.0
        planes.basis[k] = 2 * k if slope >= 0.0 else 2 * k + 1
        planes.inverse[k, k] = sign
        planes.inverse[k, size] = -sign * slope


@compiled
def lowest(planes: Planes, x: FloatArray) -> float:
    """Find the lowest point: fill `x`, return z. Infinite if limits exclude the whole box; NaN if the method fails."""
    size = len(x)
    prices = np.zeros(size + 1)
    direction = np.zeros(size + 1)
    stalled = 0
    for _ in range(_MOST_PIVOTS):
        _price(planes, prices)
        entering = _entering(planes, prices, careful=stalled > _DEGENERATE_PIVOTS)
        if entering < 0:
            x[:] = -prices[:size]
            return prices[size]
        direction[:] = 0.0
        for i in range(size + 1):
            for k in range(size + 1):
                direction[i] += planes.inverse[i, k] * planes.columns[entering, k]
        leaving = _leaving(planes, direction)
        if leaving < 0:
            return np.inf
        stalled = stalled + 1 if planes.inverse[leaving, size] <= _NO_GAIN else 0
        _pivot(planes, entering, leaving, direction)
    return np.nan


@compiled
def _price(planes: Planes, prices: FloatArray) -> None:
    prices[:] = 0.0
    for i in range(len(prices)):
        gain = planes.gain[planes.basis[i]]
        for k in range(len(prices)):
            prices[k] += gain * planes.inverse[i, k]


@compiled
def _entering(planes: Planes, prices: FloatArray, careful: bool) -> int:  # noqa: FBT001 - compiled
    """The column with the largest gain, or, if pivots stall, the first column with any gain (Bland's rule).

    A column of the basis has no gain; where rounding gives it one, it would enter in its own place for ever.
    """
    best, column = 0.0, -1
    for j in range(planes.used[0]):
        gain = planes.gain[j]
        size = abs(gain)
        for k in range(len(prices)):
            part = prices[k] * planes.columns[j, k]
            gain -= part
            size = max(size, abs(part))
        if gain > best and gain > _NO_GAIN * size and not _contains(planes.basis, j):
            best, column = gain, j
            if careful:
                return column
    return column


@compiled
def _contains(basis: IntArray, column: int) -> bool:
    for each in basis:  # noqa: SIM110 - compiled
        if each == column:
            return True
    return False


@compiled
def _leaving(planes: Planes, direction: FloatArray) -> int:
    """The basic column that reaches 0 first; of several, the one that was added first."""
    size = len(direction) - 1
    row, least = -1, np.inf
    for i in range(size + 1):
        if direction[i] > _SMALLEST_PIVOT:
            ratio = max(0.0, planes.inverse[i, size]) / direction[i]
            if ratio < least or (ratio == least and planes.basis[i] < planes.basis[row]):
                row, least = i, ratio
    return row


@compiled
def _pivot(planes: Planes, entering: int, leaving: int, direction: FloatArray) -> None:
    inverse = planes.inverse
    inverse[leaving] /= direction[leaving]
    for i in range(len(direction)):
        if i != leaving and direction[i] != 0.0:
            inverse[i] -= direction[i] * inverse[leaving]
    planes.basis[leaving] = entering
