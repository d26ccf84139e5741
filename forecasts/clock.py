"""The place of intervals on the site's local clock, also across clock changes."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.horizon import Horizon
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
    """The place of intervals on the local clock, one value for each interval.

    `day` counts local days from 1970, `slot` counts steps from local midnight, and `weekday` is 0 on Monday. A holiday
    has the weekday of a Sunday and is marked in `holiday`.
    """

    day: IntArray
    slot: IntArray
    weekday: IntArray
    holiday: NDArray[np.bool_]
    slots_per_day: int

    @property
    def position(self) -> IntArray:
        """Steps of the local clock since 1970; a repeated hour has the steps of its first time, a skipped one none."""
        return self.day * self.slots_per_day + self.slot

    def among(self, index: IntArray | slice) -> "Clock":
        """The clock of the intervals at `index`."""
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
