"""Day-ahead prices of days that are not published yet: persistence, and a regression on the days that are.

Both read whole local days of prices and look `k` days past the last one known. Persistence is the usual yardstick
(Weron 2014): a Tuesday to Friday takes the latest working day, any other day the latest of its weekday; holidays are
Sundays. Its quantiles are those of its own past errors as many days ahead.

The regression is the expert model of Ziel and Weron 2018 (Energy Economics 70) without outside forecasts, one
regression a slot of the day and `k`, averaged over windows of days:

    z(D, h) = b0 + b1 z(K, h) + b2 z(K-1, h) + b3 z(W, h) + b4 min z(K) + b5 max z(K) + b6 mean z(K) + b7 z(K, last)
              + Monday + Saturday + Sunday

K is the last day known, W the latest of D's weekday, and z = asinh((price - median) / spread) keeps spikes from ruling.
Its quantiles are those of what it would have missed each past day by, had it not learned from that day.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecasts.day_table import day_table
from ridethrough.domain.horizon import Horizon
from ridethrough.domain.validation import Checks
from ridethrough.forecasts.clock import DAYS_PER_WEEK, FRIDAY, SUNDAY, clock
from ridethrough.forecasts.forecast import LEVELS, MEDIAN, QuantileForecast, check_levels
from ridethrough.forecasts.history import History
from ridethrough.tariffs.calendar.holidays import HolidayCalendar

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

_LEAST_DAYS = 21
_LEAST_WINDOW_DAYS = 14
_MONDAY, _SATURDAY = 0, FRIDAY + 1
_RIDGE = 1e-3
_NEIGHBOURS = 1
_MEDIAN_TO_SIGMA = 1.4826  # of a normal distribution: sigma over the median absolute deviation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Days:
    """Whole local days of prices: `values` of shape (days, slots), and the weekday of these and of later days."""

    first_day: int
    values: FloatArray
    weekday: IntArray

    def source(self, day: int, known: int) -> int:
        """The day that persistence takes for `day` when `known` is the last, or -1; indices from the first day."""
        working = _MONDAY < self.weekday[day] <= FRIDAY
        for at in range(min(known, day - 1), -1, -1):
            if (working and self.weekday[at] <= FRIDAY) or self.weekday[at] == self.weekday[day]:
                return at
        return -1

    def same_weekday(self, day: int, known: int) -> int:
        """The latest known day of a day's weekday, or the last known where there is none."""
        alike = np.flatnonzero(self.weekday[: known + 1] == self.weekday[day])
        return int(alike[-1]) if len(alike) else known


def _whole_days(
    history: History, horizon: Horizon, holidays: HolidayCalendar | None
) -> tuple[_Days, IntArray, IntArray]:
    """The days known, and day (index from the first) and slot of every interval to forecast.

    Raises `UnableToAccept` with less than three weeks.
    """
    history.require_before(horizon)
    first_day, values = day_table(history).whole_days()
    checks = Checks()
    allowed = f"at least {_LEAST_DAYS} whole local days of prices"
    checks.require(len(values) >= _LEAST_DAYS, "history", f"{len(values)} whole days", allowed)
    checks.raise_faults()
    span = Horizon(
        start=history.horizon.start,
        interval_minutes=horizon.interval_minutes,
        intervals=(horizon.end - history.horizon.start) // horizon.step,
        timezone=horizon.timezone,
    )
    at, target = clock(span, holidays), clock(horizon, holidays)
    weekday = np.zeros(int(at.day[-1]) - first_day + 1, dtype=np.int64)
    inside = at.day >= first_day
    weekday[at.day[inside] - first_day] = at.weekday[inside]
    return _Days(first_day=first_day, values=values, weekday=weekday), target.day - first_day, target.slot


def _check(error_days: int, levels: tuple[float, ...]) -> Checks:
    checks = Checks()
    checks.require(error_days >= _LEAST_WINDOW_DAYS, "error_days", error_days, f"at least {_LEAST_WINDOW_DAYS}")
    check_levels(checks, levels)
    return checks


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePersistence:
    """Prices as on the latest like day; quantiles from its errors of the latest `error_days` days."""

    error_days: int = 84
    levels: tuple[float, ...] = LEVELS
    refit_every: timedelta = timedelta(days=1)
    holidays: HolidayCalendar | None = None
    name: str = "price of the latest like day"

    def __post_init__(self) -> None:
        _check(self.error_days, self.levels).raise_faults()

    def fit(self, history: History) -> "PricePersistence":  # noqa: ARG002 - it learns as it forecasts
        """Nothing is kept: what there is to learn is read from the history of each forecast."""
        return self

    def forecast(self, history: History, horizon: Horizon) -> QuantileForecast:
        """Forecast prices on a horizon from the whole local days that are known."""
        days, day, slot = _whole_days(history, horizon, self.holidays)
        last, targets = len(days.values) - 1, np.unique(day)
        values = np.empty((len(self.levels), horizon.intervals))
        unlike = 0
        for target in targets:
            source = days.source(int(target), last)
            unlike += source < 0
            quantiles = _near_quantiles(self._errors(days, int(target), last), self.levels)
            middle = days.values[source] - quantiles[self.levels.index(MEDIAN)]
            chosen = day == target
            values[:, chosen] = (middle + quantiles)[:, slot[chosen]]
        of = f"{unlike} of {len(targets)} days have no like day known: the last day known stands in"
        return _forecast(self.name, self.levels, values, history, horizon, (of,) if unlike else ())

    def _errors(self, days: _Days, target: int, last: int) -> FloatArray:
        """What was missed by as many days ahead, shape (days, slots); a day without a like one took the last."""
        ahead = max(1, target - last)
        past = range(max(ahead, last + 1 - self.error_days), last + 1)
        sources = [days.source(at, at - ahead) for at in past]
        return np.array(
            [
                days.values[at] - days.values[source if source >= 0 else at - ahead]
                for at, source in zip(past, sources, strict=True)
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceRegression:
    """The regression, averaged over `windows_days`; quantiles from what it missed in the latest `error_days` days."""

    windows_days: tuple[int, ...] = (84, 364)
    error_days: int = 112
    levels: tuple[float, ...] = LEVELS
    refit_every: timedelta = timedelta(days=1)
    holidays: HolidayCalendar | None = None
    name: str = "price regression"

    def __post_init__(self) -> None:
        checks = _check(self.error_days, self.levels)
        checks.require(bool(self.windows_days), "windows_days", self.windows_days, "at least one number of days")
        for index, window in enumerate(self.windows_days):
            checks.require(
                window >= _LEAST_WINDOW_DAYS, f"windows_days.{index}", window, f"at least {_LEAST_WINDOW_DAYS}"
            )
        checks.raise_faults()

    def fit(self, history: History) -> "PriceRegression":  # noqa: ARG002 - it learns as it forecasts
        """Nothing is kept: what there is to learn is read from the history of each forecast."""
        return self

    def forecast(self, history: History, horizon: Horizon) -> QuantileForecast:
        """Forecast prices on a horizon from the whole local days that are known."""
        latest = (max(self.windows_days) + 2 * DAYS_PER_WEEK) * history.slots_per_day
        days, day, slot = _whole_days(history.last(latest), horizon, self.holidays)
        centre = float(np.median(days.values))
        spread = _MEDIAN_TO_SIGMA * float(np.median(np.abs(days.values - centre))) or 1.0
        z = np.arcsinh((days.values - centre) / spread)
        values = np.empty((len(self.levels), horizon.intervals))
        for target in np.unique(day):
            chosen = day == target
            quantiles = self._of_day(z, days, int(target))
            values[:, chosen] = centre + spread * np.sinh(quantiles[:, slot[chosen]])
        notes = () if len(z) > max(self.windows_days) else (f"{len(z)} days known: the longer windows are cut to them",)
        return _forecast(self.name, self.levels, values, history, horizon, notes)

    def _of_day(self, z: FloatArray, days: _Days, target: int) -> FloatArray:
        """Quantiles of one day in terms of z, shape (levels, slots)."""
        last = len(z) - 1
        ahead = max(1, target - last)
        learned = range(DAYS_PER_WEEK + ahead, last + 1)
        features = np.stack([_features(z, days, at, at - ahead) for at in learned])
        now = _features(z, days, target, last)
        happened = z[learned.start :]
        middle, missed = np.zeros(z.shape[1]), np.zeros_like(happened)
        for window in self.windows_days:
            coefficients, errors = _ridge(features, happened, window)
            middle += np.einsum("sf,sf->s", now, coefficients) / len(self.windows_days)
            missed += errors / len(self.windows_days)
        return middle + _near_quantiles(missed[-self.error_days :], self.levels)


def _features(z: FloatArray, days: _Days, day: int, known: int) -> FloatArray:
    """What the regression of each slot is told of a day, shape (slots, features)."""
    last, week = z[known], z[days.same_weekday(day, known)]
    of_day = (
        last.min(),
        last.max(),
        last.mean(),
        last[-1],
        *(days.weekday[day] == np.array([_MONDAY, _SATURDAY, SUNDAY])),
    )
    return np.column_stack([np.ones(len(last)), last, z[known - 1], week, np.tile(of_day, (len(last), 1))])


def _ridge(features: FloatArray, happened: FloatArray, window: int) -> tuple[FloatArray, FloatArray]:
    """Coefficients, shape (slots, features), from the latest `window` days, and by how much each day is missed.

    Features have shape (days, slots, features). The days of the window are missed by their error over one less their
    leverage, which is exactly what leaving them out gives; older days by their error.
    """
    recent, actual = features[-window:], happened[-window:]
    gram = np.einsum("dsf,dsg->sfg", recent, recent)
    gram += _RIDGE * len(recent) * np.eye(gram.shape[-1])
    coefficients = np.linalg.solve(gram, np.einsum("dsf,ds->sf", recent, actual)[:, :, np.newaxis])[:, :, 0]
    errors = happened - np.einsum("dsf,sf->ds", features, coefficients)
    leverage = np.einsum("dsf,sfg,dsg->ds", recent, np.linalg.inv(gram), recent)
    errors[-window:] /= 1 - leverage
    return coefficients, errors


def _near_quantiles(errors: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Quantiles of the errors of each slot and its neighbours, shape (levels, slots); errors are (days, slots)."""
    slots = errors.shape[1]
    near = (np.arange(slots)[:, np.newaxis] + np.arange(-_NEIGHBOURS, _NEIGHBOURS + 1)) % slots
    return np.asarray(np.quantile(errors[:, near], levels, axis=(0, 2)))


def _forecast(  # noqa: PLR0917 - a forecast has many parts
    name: str,
    levels: tuple[float, ...],
    values: FloatArray,
    history: History,
    horizon: Horizon,
    notes: tuple[str, ...] = (),
) -> QuantileForecast:
    return QuantileForecast(
        horizon=horizon,
        levels=levels,
        values=values,
        issued_at=history.issued_at,
        method=name,
        history_intervals=len(history.values),
        notes=notes,
    )
