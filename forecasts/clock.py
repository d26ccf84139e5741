"""A history on the site's local clock: a table of days by slots, whole through changes of the clock."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.horizon import Horizon
from ridethrough.forecasts.history import History
from ridethrough.tariffs.calendar.holidays import HolidayCalendar
from ridethrough.tariffs.calendar.local_calendar import local_calendar
from ridethrough.tariffs.calendar.written import DAY_TYPES

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

DAYS_PER_WEEK = 7
FRIDAY, SUNDAY = 4, 6
_MINUTES_PER_DAY = 1440
_THURSDAY = 3  # the weekday of 1970-01-01, Monday being 0
_HOLIDAY = DAY_TYPES.index("holiday")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Clock:
    """Where intervals stand on the local clock, one value an interval.

    `day` counts local days from 1970, `slot` steps from local midnight, `weekday` from Monday, 0. A holiday has the
    weekday of a Sunday and is marked in `holiday`.
    """

    day: IntArray
    slot: IntArray
    weekday: IntArray
    holiday: NDArray[np.bool_]
    slots_per_day: int

    @property
    def position(self) -> IntArray:
        """Steps of the local clock since 1970; a repeated hour has those of the first time, a skipped one none."""
        return self.day * self.slots_per_day + self.slot

    def among(self, index: IntArray | slice) -> "Clock":
        """The clock of some of the intervals."""
        return Clock(
            day=self.day[index],
            slot=self.slot[index],
            weekday=self.weekday[index],
            holiday=self.holiday[index],
            slots_per_day=self.slots_per_day,
        )


def clock(horizon: Horizon, holidays: HolidayCalendar | None = None) -> Clock:
    """Lay the local clock over a horizon."""
    calendar = local_calendar(horizon, None, holidays)
    day, minute = np.divmod(calendar.minute, _MINUTES_PER_DAY)
    holiday = calendar.day_type == _HOLIDAY
    return Clock(
        day=day,
        slot=minute // horizon.interval_minutes,
        weekday=np.where(holiday, SUNDAY, (day + _THURSDAY) % DAYS_PER_WEEK),
        holiday=np.asarray(holiday),
        slots_per_day=_MINUTES_PER_DAY // horizon.interval_minutes,
    )


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
