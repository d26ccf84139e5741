"""What a regression is told of an interval ahead: the calendar, how far ahead it is, and what the load last did.

One row is an origin (the first interval not known) and an interval at or after it. Every lag is the latest value known
at the origin, so a lead of more than a day takes the same time of day of the last day known.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecasts.day_table import DayTable, day_table, latest_known
from ridethrough.domain.horizon import Horizon
from ridethrough.forecasts.clock import DAYS_PER_WEEK, Clock, clock
from ridethrough.forecasts.history import History
from ridethrough.tariffs.calendar.holidays import HolidayCalendar

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

NAMES = (
    "time of day",
    "weekday",
    "holiday",
    "hours ahead",
    "last value",
    "mean of 3 h",
    "mean of 24 h",
    "mean of 168 h",
    "same time a day before",
    "same time a week before",
    "mean of the same time on 7 days",
    "mean of the same time on 4 like weekdays",
    "last value less a day before it",
)
CALENDAR, DAY_BEFORE, WEEK_BEFORE = (
    slice(0, 4),
    NAMES.index("same time a day before"),
    NAMES.index("same time a week before"),
)
_LEVELS = slice(4, len(NAMES) - 1)
_HOURS_PER_DAY = 24
_WEEKS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Past:
    """A history, ready to look lags up in."""

    history: History
    at: Clock
    table: DayTable
    sums: FloatArray

    @classmethod
    def of(cls, history: History, holidays: HolidayCalendar | None) -> "Past":
        """Lay a history out."""
        sums = np.concatenate([[0.0], np.cumsum(history.values)])
        return cls(history=history, at=clock(history.horizon, holidays), table=day_table(history), sums=sums)

    def trailing_mean(self, origin: IntArray, hours: int) -> FloatArray:
        """The mean of the hours before each origin, or of those there are."""
        first = np.maximum(0, origin - max(1, hours * self.at.slots_per_day // _HOURS_PER_DAY))
        return np.asarray((self.sums[origin] - self.sums[first]) / (origin - first))


def rows(past: Past, origin: IntArray, at: Clock, lead: IntArray) -> tuple[FloatArray, FloatArray]:
    """Features of shape (rows, features) and the reference they are taken from, one value a row.

    `origin` indexes the first unknown interval in the history, `at` is the clock of each target, `lead` how many
    intervals it begins after the origin. Values are differences from the reference, the same time a day before, so what
    is learned at one level of load holds at another. Unknown values are NaN; the reference never is.
    """
    slots, position = at.slots_per_day, at.position
    known = past.at.position[origin - 1]
    last = past.history.values[origin - 1]
    lag = [latest_known(position, known, days * slots) for days in (1, DAYS_PER_WEEK)]
    day = past.table.at(lag[0])
    mean_day = past.trailing_mean(origin, _HOURS_PER_DAY)
    reference = np.where(np.isnan(day), mean_day, day)
    days = np.stack([past.table.at(lag[0] - back * slots) for back in range(DAYS_PER_WEEK)])
    weeks = np.stack([past.table.at(lag[1] - back * DAYS_PER_WEEK * slots) for back in range(_WEEKS)])
    features = np.column_stack(
        [
            at.slot * (_HOURS_PER_DAY / slots),
            at.weekday,
            at.holiday,
            lead * past.history.horizon.interval_h,
            last,
            past.trailing_mean(origin, 3),
            mean_day,
            past.trailing_mean(origin, _HOURS_PER_DAY * DAYS_PER_WEEK),
            day,
            past.table.at(lag[1]),
            _mean_of_known(days),
            _mean_of_known(weeks),
            last - past.table.at(known - slots),
        ]
    )
    features[:, _LEVELS] -= reference[:, np.newaxis]
    return features, reference


def _mean_of_known(values: FloatArray) -> FloatArray:
    """The mean along the first axis of what is known; NaN where nothing is."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def sampled_rows(
    past: Past, max_lead: int, most: int, random: np.random.Generator
) -> tuple[FloatArray, FloatArray, IntArray]:
    """Rows of the past, what then happened less the reference, and the local day of it; at most `most` rows.

    Origins are at least a day after the history's beginning, and a week where it is longer than two.
    """
    count = len(past.history.values)
    day = past.at.slots_per_day
    first = min(DAYS_PER_WEEK * day if count > 2 * DAYS_PER_WEEK * day else day, count - 1)
    pairs = (count - first) * max_lead
    drawn = np.arange(pairs) if pairs <= most else random.choice(pairs, size=most, replace=False)
    origin, lead = first + drawn // max_lead, drawn % max_lead
    happened = origin + lead < count
    origin, lead = origin[happened], lead[happened]
    target = origin + lead
    features, reference = rows(past, origin, past.at.among(target), lead)
    return features, past.history.values[target] - reference, past.at.day[target]


def rows_ahead(
    past: Past, horizon: Horizon, between: int, max_lead: int, holidays: HolidayCalendar | None
) -> tuple[FloatArray, FloatArray]:
    """The rows of a horizon that begins `between` intervals after the end of the past; leads end at `max_lead`."""
    origin = np.full(horizon.intervals, len(past.history.values), dtype=np.int64)
    lead = np.minimum(between + np.arange(horizon.intervals), max_lead - 1)
    return rows(past, origin, clock(horizon, holidays), lead)
