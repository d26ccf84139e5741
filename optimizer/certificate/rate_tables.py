"""How long a battery lasts by its maker's rate table, interpolated on the safe side.

Written separately from the reserve, in hours and logarithms. Between two rows a parabola lies below their straight
line: as far as makers' own rows do, but never so far that more power would last longer. A table of four rows or more
that is concave everywhere lies above its chords; there, close rows are read on the chord.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MOST_SAG = 0.12
CLOSE_ROWS = 1.5
LEAST_ROWS_OF_A_BEND = 4
"""These three values are those of `docs/reserve.md`."""
_TOLERANCE = 1e-9


def usable_by_table(table: Mapping[float, float], rate: FloatArray) -> FloatArray:
    """The fraction of stored energy that can be drawn at each rate (1/h); constant beyond the highest rate."""
    rates, printed = np.array(sorted(table.items()), dtype=np.float64).T
    usable = np.minimum.accumulate(printed)
    within = np.clip(rate, rates[0], rates[-1])
    if len(rates) == 1:
        return np.full_like(within, usable[0])
    after = np.clip(np.searchsorted(rates, within), 1, len(rates) - 1)
    bends = len(rates) >= LEAST_ROWS_OF_A_BEND and bool(
        np.all(usable == printed) and np.all(np.diff(np.diff(printed) / np.diff(rates)) <= _TOLERANCE)
    )
    on_chord = bends & (rates[after] <= CLOSE_ROWS * rates[after - 1] * (1 + _TOLERANCE))
    chord = np.interp(within, rates, usable)
    return np.where(on_chord, chord, within * _hanging_hours(rates, usable / rates, within, after))


def _hanging_hours(rates: FloatArray, hours: FloatArray, at: FloatArray, after: NDArray[np.intp]) -> FloatArray:
    """The hours at rates between row `after` of the table and the row before it."""
    x, y = np.log(rates), np.log(hours)
    way, fall = x[after] - x[after - 1], y[after - 1] - y[after]
    apart = way > _TOLERANCE
    share = np.where(apart, (np.log(at) - x[after - 1]) / np.where(apart, way, 1.0), at > rates[after - 1])
    straight = y[after - 1] - share * fall
    return np.exp(straight - 4 * np.minimum(MOST_SAG, fall / 4) * share * (1 - share))
