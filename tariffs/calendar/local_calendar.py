"""The local clock of a horizon: month, day type, quarter hour and billing period of every interval, as arrays.

A horizon consists of equal UTC steps. Only days and clock changes are looked up one by one, so a year of quarter hours
takes a few milliseconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.horizon import Horizon, Interval, zone
from ridethrough.tariffs.calendar.billing_cycle import BillingCycle, BillingPeriod
from ridethrough.tariffs.calendar.holidays import HolidayCalendar
from ridethrough.tariffs.calendar.rate_schedule import SLOTS_PER_DAY, RateSchedule
from ridethrough.tariffs.calendar.written import DAY_TYPES, MINUTES_PER_DAY

IndexArray = NDArray[np.intp]
FloatArray = NDArray[np.float64]

_EPOCH = date(1970, 1, 1)
_DAY_S = 86_400
_DAYS_A_WEEK = 7
_THURSDAY = 3  # the weekday of the epoch, Monday being 0
_SATURDAY, _SUNDAY = 5, 6
_HOLIDAY = DAY_TYPES.index("holiday")


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalCalendar:
    """A horizon on its local clock; arrays have one value for each interval unless stated otherwise.

    `month` runs from 0, `day_type` indexes `DAY_TYPES`, `slot` is the quarter hour of the day at the interval's start,
    `minute` the local minutes since 1970, `day` the local day counted from the first, `period` an index into `periods`.
    `day_share` (one value a local day) is the covered fraction of the day: 1, or less where the horizon cuts it.
    """

    horizon: Horizon
    cycle: BillingCycle
    month: IndexArray
    day_type: IndexArray
    slot: IndexArray
    minute: NDArray[np.int64]
    day: IndexArray
    day_share: FloatArray
    first_day: date
    periods: tuple[BillingPeriod, ...]
    period: IndexArray

    def covered_days(self, period: int) -> float:
        """The number of local days of a billing period that the horizon covers."""
        return float(self.covered_shares(period).sum())

    def covered_shares(self, period: int) -> FloatArray:
        """The share of each local day, from the first, that lies in a billing period and in the horizon."""
        of_day = self.period[np.searchsorted(self.day, np.arange(len(self.day_share)))]
        return np.where(of_day == period, self.day_share, 0.0)

    def schedule_period(self, schedule: RateSchedule | None, names: Sequence[str]) -> IndexArray:
        """The index into `names` of the schedule's period at every interval; 0 without a schedule."""
        if schedule is None:
            return np.zeros(self.horizon.intervals, dtype=np.intp)
        order = np.array([names.index(name) for name in schedule.periods], dtype=np.intp)
        return np.asarray(order[schedule.slots[self.month, self.day_type, self.slot]])

    def hours_of(self, schedule: RateSchedule | None, period: str) -> IndexArray:
        """The intervals in the hours of a period of a schedule; all of them without a schedule."""
        if schedule is None:
            return np.arange(self.horizon.intervals, dtype=np.intp)
        return np.flatnonzero(schedule.mask(period)[self.month, self.day_type, self.slot])

    def stretch(self, by: Literal["period", "day", "week"]) -> IndexArray:
        """Number the billing period, the local day, or the Monday of the week of every interval (days by ordinal)."""
        if by == "period":
            return self.period
        days = self.day + self.first_day.toordinal()
        return days if by == "day" else np.asarray(days - (days - 1) % _DAYS_A_WEEK)

    def windows(self, minutes: int) -> IndexArray:
        """The number of the clock window (of `minutes` minutes) in which each interval starts, rising from 0."""
        window = self.minute // minutes
        # A clock that is set back repeats its window numbers at once, so a jump of the clock ends a window as well.
        ends = (np.diff(window) != 0) | (np.diff(self.minute) != self.horizon.interval_minutes)
        return np.concatenate([[0], np.cumsum(ends)]).astype(np.intp)


@lru_cache(maxsize=64)
def local_calendar(
    horizon: Horizon, cycle: BillingCycle | None = None, holidays: HolidayCalendar | None = None
) -> LocalCalendar:
    """Lay the local clock, billing periods and holidays over a horizon.

    Raises `UnableToAccept` if the read dates do not cover it.
    """
    clock_s = _local_clock_s(horizon)
    days_since_epoch = clock_s // _DAY_S
    first, last = int(days_since_epoch[0]), int(days_since_epoch[-1])
    day = days_since_epoch - first
    dates = (np.arange(first, last + 1)).astype("datetime64[D]")
    month = dates.astype("datetime64[M]").astype(np.int64) % 12
    first_day, last_day = _date(first), _date(last)
    cycle = cycle or BillingCycle()
    periods = cycle.periods(first_day, last_day)
    ends = np.array([(period.end - first_day).days for period in periods])
    minute_of_day = clock_s % _DAY_S // 60
    calendar = LocalCalendar(
        horizon=horizon,
        cycle=cycle,
        month=month[day].astype(np.intp),
        day_type=_day_types(first, last, holidays)[day],
        slot=(minute_of_day * SLOTS_PER_DAY // MINUTES_PER_DAY).astype(np.intp),
        minute=clock_s // 60,
        day=day.astype(np.intp),
        day_share=_day_shares(horizon, day, first_day),
        first_day=first_day,
        periods=periods,
        period=np.searchsorted(ends, day, side="right").astype(np.intp),
    )
    for array in (calendar.month, calendar.day_type, calendar.slot, calendar.day, calendar.period):
        array.setflags(write=False)
    return calendar


def _date(days_since_epoch: int) -> date:
    return _EPOCH + timedelta(days=days_since_epoch)


def _local_clock_s(horizon: Horizon) -> NDArray[np.int64]:
    """Local wall-clock seconds since 1970 at the start of every interval."""
    local = zone(horizon.timezone)
    start_s = int(horizon.start.timestamp())
    step_s = horizon.interval_minutes * 60
    utc_s = start_s + step_s * np.arange(horizon.intervals, dtype=np.int64)
    changes_s, offsets_s = _clock_changes(local, start_s, int(utc_s[-1]))
    return np.asarray(utc_s + offsets_s[np.searchsorted(changes_s, utc_s, side="right")])


def _clock_changes(local: ZoneInfo, start_s: int, end_s: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The UTC seconds at which the zone's offset changes, and the offsets before, between and after (s)."""
    probes = [*range(start_s, end_s, _DAY_S), end_s]
    offsets = [_offset_s(local, probe) for probe in probes]
    changes: list[int] = []
    seen = offsets[:1]
    for index in range(1, len(probes)):
        if offsets[index] != offsets[index - 1]:
            low, high = probes[index - 1], probes[index]
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset_s(local, middle) == offsets[index - 1] else (low, middle)
            changes.append(high)
            seen.append(offsets[index])
    return np.array(changes, dtype=np.int64), np.array(seen, dtype=np.int64)


def _offset_s(local: ZoneInfo, utc_s: int) -> int:
    offset = datetime.fromtimestamp(utc_s, UTC).astimezone(local).utcoffset()
    return round((offset or timedelta()).total_seconds())


def _day_types(first: int, last: int, holidays: HolidayCalendar | None) -> IndexArray:
    weekday = (np.arange(first, last + 1) + _THURSDAY) % 7
    types = np.where(weekday == _SATURDAY, 1, np.where(weekday == _SUNDAY, 2, 0)).astype(np.intp)
    if holidays is not None:
        for year in range(_date(first).year, _date(last).year + 1):
            for day in holidays.in_year(year):
                index = (day - _EPOCH).days - first
                if 0 <= index < len(types):
                    types[index] = _HOLIDAY
    return types


def _day_shares(horizon: Horizon, day: NDArray[np.int64], first_day: date) -> FloatArray:
    """The covered fraction of each local day; only the first and the last can be cut."""
    counts = np.bincount(day)
    shares = np.ones(len(counts))
    for index in {0, len(counts) - 1}:
        shares[index] = min(1.0, counts[index] * horizon.step / _length(first_day + timedelta(days=index), horizon))
    return shares


def _length(day: date, horizon: Horizon) -> timedelta:
    local = zone(horizon.timezone)
    start, end = (datetime.combine(at, datetime.min.time(), local) for at in (day, day + timedelta(days=1)))
    return end.astimezone(UTC) - start.astimezone(UTC)


def intervals_within(horizon: Horizon, within: Interval) -> IndexArray:
    """The indices of the intervals that overlap `within`."""
    first = (within.start - horizon.start) // horizon.step
    last = -((horizon.start - within.end) // horizon.step)
    return np.arange(max(0, first), min(horizon.intervals, last), dtype=np.intp)
