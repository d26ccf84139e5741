"""How long a battery lasts by its maker's rate table, read on the safe side between two rows.

Written apart from the reserve, in hours and logarithms: between two rows a parabola hangs below their straight line, by
as much as makers' own rows do, and never so far that more power lasts longer. A table of four rows or more that bends
down all along lies above its chords: there, close rows are read on the chord.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

MOST_SAG = 0.12
CLOSE_ROWS = 1.5
LEAST_ROWS_OF_A_BEND = 4
"""These three as `docs/reserve.md` gives them."""
_TOLERANCE = 1e-9


def usable_by_table(table: Mapping[float, float], rate: FloatArray) -> FloatArray:
    """What of the stored energy can be drawn at each rate (1/h); beyond the highest rate, as there."""
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
    """The hours at rates that lie before row `after` of the table."""
    x, y = np.log(rates), np.log(hours)
    way, fall = x[after] - x[after - 1], y[after - 1] - y[after]
    apart = way > _TOLERANCE
    share = np.where(apart, (np.log(at) - x[after - 1]) / np.where(apart, way, 1.0), at > rates[after - 1])
    straight = y[after - 1] - share * fall
    return np.exp(straight - 4 * np.minimum(MOST_SAG, fall / 4) * share * (1 - share))
