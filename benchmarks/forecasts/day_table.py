"""A history by local day and slot of the day: what methods look the same time of other days up in."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.forecasts.clock import clock
from ridethrough.forecasts.history import History

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DayTable:
    """A history by local day and slot of the day.

    `values` has shape (days, slots) from `first_day` on, NaN before the first and after the last known interval. An
    hour that the clock repeats is the mean of both, one that it skips is drawn straight between its neighbours.
    """

    first_day: int
    values: FloatArray
    last_position: int

    @property
    def slots(self) -> int:
        """Slots of a day."""
        return int(self.values.shape[1])

    def at(self, position: IntArray) -> FloatArray:
        """The values at clock positions; NaN where nothing is known."""
        flat = self.values.ravel()
        index = position - self.first_day * self.slots
        inside = (index >= 0) & (index < len(flat))
        return np.where(inside, flat[np.clip(index, 0, len(flat) - 1)], np.nan)

    def whole_days(self) -> tuple[int, FloatArray]:
        """The first of the days known from midnight to midnight, and their values, shape (days, slots)."""
        whole = np.flatnonzero(np.isfinite(self.values).all(axis=1))
        first = int(whole[0]) if len(whole) else 0
        return self.first_day + first, self.values[first : first + len(whole)]


def day_table(history: History) -> DayTable:
    """Lay a history out by local day and slot."""
    at = clock(history.horizon)
    slots, first_day = at.slots_per_day, int(at.day[0])
    days = int(at.day[-1]) - first_day + 1
    index = at.position - first_day * slots
    count = np.bincount(index, minlength=days * slots)
    total = np.bincount(index, weights=history.values, minlength=days * slots)
    known = np.flatnonzero(count)
    flat = np.full(days * slots, np.nan)
    flat[known] = total[known] / count[known]
    between = np.arange(known[0], known[-1] + 1)
    flat[between] = np.interp(between, known, flat[known])
    return DayTable(first_day=first_day, values=flat.reshape(days, slots), last_position=int(at.position.max()))


def latest_known(target: IntArray, last_position: int | IntArray, season: int) -> IntArray:
    """The same clock time whole seasons of `season` slots before each target, as late as is known."""
    seasons = np.maximum(1, -((last_position - target) // season))
    return np.asarray(target - seasons * season)
