"""Quantile regression of a load on the calendar and on what it last did, with scikit-learn.

One regression a quantile level, for all leads at once, the lead being one of its features. What it learns is the
difference from the same time a day before (`forecasts.features`). Levels that cross are sorted (Chernozhukov,
Fernandez-Val and Galichon 2010: sorting never makes the quantiles worse). One day in five is not learned from: each
level is moved so that it holds for those days (split conformal, Romano, Patterson and Candes 2019), as trees believe
what they have seen too well.

Needs scikit-learn, which `make test` installs.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Literal, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from benchmarks.forecasts import features
from ridethrough.domain.horizon import Horizon
from ridethrough.domain.validation import Checks
from ridethrough.forecasts.forecast import LEVELS, QuantileForecast, check_levels, require_fitted_before
from ridethrough.forecasts.history import History
from ridethrough.tariffs.calendar.holidays import HolidayCalendar

FloatArray = NDArray[np.float64]
Learner = Literal["boosting", "linear"]

_LEAST_ROWS = 200
_LEAST_LEAF = 20
_HELD_OUT_EVERY = 5
_LAGS_DAYS = 36
_LEAF_DAYS = 2.0
"""A leaf holds about the rows of so many days: neighbouring hours and leads see the same weather, and count once."""
_HARMONICS = (1, 2)
_HOURS_PER_DAY = 24


class UnableToLearn(ImportError):
    """Quantile regression needs scikit-learn, which is not installed."""


class _Regressor(Protocol):
    def fit(self, features: FloatArray, target: FloatArray) -> object: ...

    def predict(self, features: FloatArray) -> FloatArray: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileRegression:
    """The quantile regression method.

    `learner` is `boosting` (histogram gradient boosting) or `linear`. Learns from at most `most_rows` rows of the past,
    drawn with `seed`, of leads up to `max_lead_h`; later ones are forecast as that one.
    """

    learner: Learner = "boosting"
    max_lead_h: float = 48.0
    most_rows: int = 20_000
    rounds: int = 150
    seed: int = 0
    levels: tuple[float, ...] = LEVELS
    refit_every: timedelta = timedelta(days=28)
    holidays: HolidayCalendar | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(self.learner in {"boosting", "linear"}, "learner", self.learner, "boosting or linear")
        checks.positive("max_lead_h", self.max_lead_h)
        checks.require(self.most_rows >= _LEAST_ROWS, "most_rows", self.most_rows, f"at least {_LEAST_ROWS}")
        checks.require(self.rounds >= 1, "rounds", self.rounds, "at least 1")
        checks.require(self.seed >= 0, "seed", self.seed, "at least 0")
        check_levels(checks, self.levels)
        checks.raise_faults()

    @property
    def name(self) -> str:
        """What tables call it."""
        return f"quantile regression, {self.learner}"

    def fit(self, history: History) -> "FittedQuantileRegression":
        """Learn from what was known.

        Raises `UnableToLearn` without scikit-learn, `UnableToAccept` with less than about two days of history.
        """
        past = features.Past.of(history, self.holidays)
        max_lead = max(1, round(self.max_lead_h / history.horizon.interval_h))
        given, target, day = features.sampled_rows(past, max_lead, self.most_rows, np.random.default_rng(self.seed))
        checks = Checks()
        allowed = f"long enough for {_LEAST_ROWS} rows to learn from"
        checks.require(len(target) >= _LEAST_ROWS, "history", f"{history.days:.1f} days", allowed)
        checks.raise_faults()
        leaf = max(_LEAST_LEAF, round(_LEAF_DAYS * len(target) / history.days))
        make, limited = _regressors(self, leaf)
        scale = float(target.std()) or 1.0
        given, target = _prepare(given, self.learner), target / scale
        held_out = day % _HELD_OUT_EVERY == 0
        learned = ~held_out if held_out.any() and not held_out.all() else np.ones(len(day), dtype=bool)
        given[:, np.isnan(given[learned]).all(axis=0)] = 0.0  # never known yet: nothing to learn from
        fitted, shifts = [], []
        with limited():
            for level in self.levels:
                regressor = make(level)
                regressor.fit(given[learned], target[learned])
                judged = held_out if held_out.any() else learned
                shifts.append(np.quantile(target[judged] - regressor.predict(given[judged]), level))
                fitted.append(regressor)
        return FittedQuantileRegression(
            method=self,
            regressors=tuple(fitted),
            limited=limited,
            shifts=np.array(shifts),
            scale=scale,
            max_lead=max_lead,
            fitted_on=history,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FittedQuantileRegression:
    """Quantile regression, learned: one regressor a level."""

    method: QuantileRegression
    regressors: tuple[_Regressor, ...]
    limited: Callable[[], AbstractContextManager[object]]
    shifts: FloatArray
    scale: float
    max_lead: int
    fitted_on: History

    def forecast(self, history: History, horizon: Horizon) -> QuantileForecast:
        """Forecast a horizon from what `history` last did."""
        between = history.require_before(horizon)
        require_fitted_before(self.fitted_on.end, history)
        holidays = self.method.holidays
        past = features.Past.of(history.last(_LAGS_DAYS * history.slots_per_day), holidays)
        given, reference = features.rows_ahead(past, horizon, between, self.max_lead, holidays)
        prepared = _prepare(given, self.method.learner)
        with self.limited():
            predicted = np.stack([regressor.predict(prepared) for regressor in self.regressors])
        off = predicted + self.shifts[:, np.newaxis]
        notes = []
        beyond = between + horizon.intervals - self.max_lead
        if beyond > 0:
            notes.append(f"the last {beyond} intervals are further ahead than was learned: taken as the last of those")
        return QuantileForecast(
            horizon=horizon,
            levels=self.method.levels,
            values=np.sort(reference + self.scale * off, axis=0),
            issued_at=history.issued_at,
            method=self.method.name,
            history_intervals=len(self.fitted_on.values),
            notes=tuple(notes),
        )


def _regressors(
    method: QuantileRegression, leaf: int
) -> tuple[Callable[[float], _Regressor], Callable[[], AbstractContextManager[object]]]:
    """How to make a regressor of a level, and what keeps it to one thread; scikit-learn is imported only here.

    Its threads wait for each other by spinning: on a busy machine two take minutes for what one does in seconds.
    """
    try:
        from sklearn.ensemble import HistGradientBoostingRegressor  # type: ignore[import-untyped] # noqa: PLC0415 - an optional extra
        from sklearn.linear_model import QuantileRegressor  # type: ignore[import-untyped] # noqa: PLC0415
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped] # noqa: PLC0415
    except ImportError as error:
        message = "quantile regression needs scikit-learn: pip install scikit-learn threadpoolctl"
        raise UnableToLearn(message) from error

    def boosting(level: float) -> _Regressor:
        found = HistGradientBoostingRegressor(
            loss="quantile",
            quantile=level,
            max_iter=method.rounds,
            learning_rate=0.08,
            max_leaf_nodes=15,
            min_samples_leaf=leaf,
            early_stopping=False,
            random_state=method.seed,
        )
        return cast("_Regressor", found)

    def linear(level: float) -> _Regressor:
        return cast("_Regressor", QuantileRegressor(quantile=level, alpha=0.0, solver="highs"))

    return boosting if method.learner == "boosting" else linear, partial(threadpool_limits, limits=1)


def _prepare(given: FloatArray, learner: Learner) -> FloatArray:
    """The features as a learner takes them: a linear one needs waves, indicators and no gaps."""
    if learner == "boosting":
        return given
    hour, weekday, holiday, lead = given[:, features.CALENDAR].T
    waves = [wave(2 * np.pi * k * hour / _HOURS_PER_DAY) for k in _HARMONICS for wave in (np.sin, np.cos)]
    days = [weekday == day for day in range(1, 7)]
    levels = np.nan_to_num(given[:, 4:], nan=0.0)
    fade = np.exp(-lead / 6.0)
    return np.column_stack([*waves, *days, holiday, fade, levels, fade[:, np.newaxis] * levels])
