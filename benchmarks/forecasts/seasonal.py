"""Seasonal naive: what was metered at the same time of the local clock, one day or one week before.

    value(t) = y(t - n S)      S: a day or a week; n: as few as make it known at the time

Its quantiles are the quantiles of its own past errors `y(t) - y(t - n S)`, taken by `n` and by the time of day, and
moved so that the median is the naive value.
"""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecasts.day_table import DayTable, day_table, latest_known
from ridethrough.domain.horizon import Horizon
from ridethrough.domain.validation import Checks
from ridethrough.forecasts.clock import DAYS_PER_WEEK, clock
from ridethrough.forecasts.forecast import LEVELS, MEDIAN, QuantileForecast, check_levels, require_fitted_before
from ridethrough.forecasts.history import History

FloatArray = NDArray[np.float64]

_ENOUGH_ERRORS = 20
_HOURS_PER_DAY = 24
_INSTEAD = "the same time a day before or the last value stands in"
_SPREAD = "the spread of the whole history stands in"


@dataclass(frozen=True, slots=True, kw_only=True)
class SeasonalNaive:
    """The seasonal naive method.

    `season_days` is 1 or 7. Errors are those of the latest `error_days` days, within `error_hours` hours of the time of
    day. With less than a season of history a day takes the place of a week, and the last value that of a day; the
    forecast says so.
    """

    season_days: int = 1
    error_days: int = 56
    error_hours: int = 1
    levels: tuple[float, ...] = LEVELS
    refit_every: timedelta = timedelta(days=1)

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(self.season_days in {1, DAYS_PER_WEEK}, "season_days", self.season_days, "1 or 7")
        checks.require(self.error_days >= 1, "error_days", self.error_days, "at least 1")
        checks.require(0 <= self.error_hours < _HOURS_PER_DAY, "error_hours", self.error_hours, "from 0 to 23")
        check_levels(checks, self.levels)
        checks.raise_faults()

    @property
    def name(self) -> str:
        """What tables call it."""
        return "same time last week" if self.season_days == DAYS_PER_WEEK else "same time yesterday"

    def fit(self, history: History) -> "FittedSeasonalNaive":
        """Keep the past by day and slot, to take errors from."""
        return FittedSeasonalNaive(method=self, table=day_table(history), fitted_until=history)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedSeasonalNaive:
    """Seasonal naive with the past its errors come from."""

    method: SeasonalNaive
    table: DayTable
    fitted_until: History

    def forecast(self, history: History, horizon: Horizon) -> QuantileForecast:
        """Forecast a horizon; the naive value is the latest that `history` knows, the errors are those of the fit."""
        history.require_before(horizon)
        require_fitted_before(self.fitted_until.end, history)
        method, notes = self.method, []
        target = clock(horizon).position
        centre, days_before, substituted = _naive(day_table(history), target, method.season_days)
        if substituted:
            season = "a week" if method.season_days == DAYS_PER_WEEK else "a day"
            notes.append(
                f"{substituted} of {horizon.intervals} intervals have no known value {season} before: {_INSTEAD}"
            )
        offsets, short = self._offsets(target, days_before)
        if short:
            notes.append(
                f"{short} of {horizon.intervals} intervals have fewer than {_ENOUGH_ERRORS} past errors: {_SPREAD}"
            )
        return QuantileForecast(
            horizon=horizon,
            levels=method.levels,
            values=centre + offsets,
            issued_at=history.issued_at,
            method=method.name,
            history_intervals=len(history.values),
            notes=tuple(notes),
        )

    def _offsets(self, target: NDArray[np.int64], days_before: NDArray[np.int64]) -> tuple[FloatArray, int]:
        """Quantiles of past errors, shape (levels, intervals), and for how many intervals there were too few."""
        method, table = self.method, self.table
        offsets = np.zeros((len(method.levels), len(target)))
        slot = target % table.slots
        width = method.error_hours * table.slots // _HOURS_PER_DAY
        short = 0
        for days in np.unique(days_before):
            values = table.values[-(method.error_days + int(days)) :]
            errors = values[days:] - values[:-days] if 0 < days < len(values) else np.zeros((0, table.slots))
            everywhere = errors[np.isfinite(errors)]
            too_few = len(everywhere) < _ENOUGH_ERRORS
            pooled = _spread(values[np.isfinite(values)]) if too_few else everywhere
            for at in np.unique(slot[days_before == days]):
                near = errors[:, (at + np.arange(-width, width + 1)) % table.slots].ravel()
                near = near[np.isfinite(near)]
                chosen = (days_before == days) & (slot == at)
                offsets[:, chosen] = _quantiles(near if len(near) >= _ENOUGH_ERRORS else pooled, method.levels)
            short += too_few * int((days_before == days).sum())
        return offsets, short


def _naive(table: DayTable, target: NDArray[np.int64], season_days: int) -> tuple[FloatArray, NDArray[np.int64], int]:
    """The naive values, how many days before their targets they were metered, and how many are substitutes."""
    seasons = (season_days, 1) if season_days > 1 else (1,)
    centre = np.full(len(target), np.nan)
    before = np.zeros(len(target), dtype=np.int64)
    substituted = 0
    for season in seasons:
        source = latest_known(target, table.last_position, season * table.slots)
        missing = np.isnan(centre)
        centre = np.where(missing, table.at(source), centre)
        before = np.where(missing & np.isfinite(centre), (target - source) // table.slots, before)
        if season == season_days:
            substituted = int(np.isnan(centre).sum())
    last = table.at(np.array([table.last_position]))[0]
    return np.where(np.isnan(centre), last, centre), before, substituted


def _spread(values: FloatArray) -> FloatArray:
    """Deviations from the mean: what stands in for errors that nobody has seen yet."""
    return np.asarray(values - values.mean())


def _quantiles(errors: FloatArray, levels: tuple[float, ...]) -> FloatArray:
    """Quantiles of errors around their median, shape (levels, 1)."""
    found = np.quantile(errors, levels)
    return np.asarray((found - found[levels.index(MEDIAN)])[:, np.newaxis])
