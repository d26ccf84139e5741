r"""The one scorer of forecasts: how far off, on which side, and whether the quantiles mean what they say.

    pinball     mean over levels q and intervals of  max(q (y - f), (q - 1)(y - f))
    mae, bias   mean of |m - y| and of m - y, m being the median
    coverage    fraction of intervals within the outermost quantiles, beside the nominal one
    crps        mean |X - y| - |X - X'| / 2 of scenarios X, one interval by itself
    energy      the same with the Euclidean norm of the whole course, over the root of its intervals
    peak_crps   the same for the largest value of the horizon, which is what a demand charge bills

Lower is better but for coverage. Sources: Gneiting and Raftery 2007, Strictly Proper Scoring Rules, JASA 102.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridethrough.domain.horizon import Horizon
from ridethrough.domain.validation import Checks
from ridethrough.forecasts.forecast import Fitted, FittedScenarios, Method, QuantileForecast, ScenarioSet
from ridethrough.forecasts.history import known_at

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How good forecasts were, in the unit of their values; coverages are fractions."""

    pinball: float
    mae: float
    bias: float
    coverage: float
    nominal_coverage: float
    intervals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScenarioScore:
    """How good scenarios were, in the unit of their values."""

    crps: float
    energy: float
    peak_crps: float


def score(forecast: QuantileForecast, actual: ArrayLike) -> Score:
    """Score one forecast against what happened, one value an interval.

    Raises `UnableToAccept` where the values do not fit the horizon.
    """
    happened = _actual(actual, forecast.horizon)
    levels = np.array(forecast.levels)[:, np.newaxis]
    error = happened - forecast.values
    off = forecast.median - happened
    low, high = forecast.values[0], forecast.values[-1]
    return Score(
        pinball=float(np.maximum(levels * error, (levels - 1) * error).mean()),
        mae=float(np.abs(off).mean()),
        bias=float(off.mean()),
        coverage=float(((low <= happened) & (happened <= high)).mean()),
        nominal_coverage=forecast.levels[-1] - forecast.levels[0],
        intervals=len(happened),
    )


def score_scenarios(scenarios: ScenarioSet, actual: ArrayLike) -> ScenarioScore:
    """Score scenarios against what happened, one value an interval.

    Raises `UnableToAccept` where the values do not fit the horizon.
    """
    happened = _actual(actual, scenarios.horizon)
    drawn = scenarios.values
    root = float(np.sqrt(len(happened)))
    far = np.linalg.norm(drawn - happened, axis=1).mean()
    apart = np.linalg.norm(drawn[:, np.newaxis] - drawn, axis=2).mean()
    return ScenarioScore(
        crps=float(_crps(drawn, happened).mean()),
        energy=float(far - apart / 2) / root,
        peak_crps=float(_crps(drawn.max(axis=1, keepdims=True), happened.max(keepdims=True))[0]),
    )


def _crps(drawn: FloatArray, happened: FloatArray) -> FloatArray:
    """The CRPS of each column of a sample: |X - y| - |X - X'| / 2, the second by sorting."""
    count = len(drawn)
    weights = (2 * np.arange(1, count + 1) - count - 1)[:, np.newaxis]
    apart = 2 * (weights * np.sort(drawn, axis=0)).sum(axis=0) / count**2
    return np.asarray(np.abs(drawn - happened).mean(axis=0) - apart / 2)


def _actual(actual: ArrayLike, horizon: Horizon) -> FloatArray:
    happened = np.asarray(actual, dtype=np.float64)
    checks = Checks()
    allowed = f"{horizon.intervals} in a row, one for each interval"
    checks.require(happened.shape == (horizon.intervals,), "actual", f"shape {happened.shape}", allowed)
    checks.require(bool(np.isfinite(happened).all()), "actual", "not finite", "finite numbers")
    checks.raise_faults()
    return happened


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """When forecasts are issued and how far they look.

    From `first` (a time with a UTC offset) on, `origins` forecasts are issued, one each `every`, of `intervals`
    intervals; the horizon starts `ahead` after the issue. Methods learn again once their `refit_every` has passed.
    `known_ahead` is what is published ahead of the issue (the rest of a day of day-ahead prices).
    """

    first: datetime
    origins: int
    every: timedelta
    intervals: int
    ahead: timedelta = timedelta()
    known_ahead: timedelta = timedelta()

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(self.first.tzinfo is not None, "first", self.first, "a time with a UTC offset")
        checks.require(self.origins >= 1, "origins", self.origins, "at least 1")
        checks.require(self.every > timedelta(), "every", self.every, "a time above 0")
        checks.require(self.intervals >= 1, "intervals", self.intervals, "at least 1")
        checks.require(
            self.known_ahead <= self.ahead, "known_ahead", self.known_ahead, f"at most {self.ahead}, as ahead"
        )
        checks.raise_faults()

    def issues(self) -> Iterable[datetime]:
        """When forecasts are issued."""
        return (self.first + index * self.every for index in range(self.origins))


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The mean scores of one method; `scenarios` where it draws them."""

    method: str
    score: Score
    scenarios: ScenarioScore | None = None


def score_over(
    methods: Sequence[Method],
    horizon: Horizon,
    values: ArrayLike,
    backtest: Backtest,
    *,
    on_origin: Callable[[], None] = lambda: None,
) -> tuple[Row, ...]:
    """Score methods over a series, each forecast from what was known when it was issued.

    `horizon` and `values` are the whole series. `on_origin` is called after each forecast, for a progress bar. Raises
    `UnableToAccept` where forecasts would be issued outside the series.
    """
    series = np.asarray(values, dtype=np.float64)
    return tuple(_row(method, horizon, series, backtest, on_origin) for method in methods)


def _row(method: Method, given: Horizon, series: FloatArray, backtest: Backtest, on_origin: Callable[[], None]) -> Row:
    scores: list[Score] = []
    drawn: list[ScenarioScore] = []
    fitted: Fitted | None = None
    refit_at = backtest.first
    for issued_at in backtest.issues():
        history = known_at(issued_at, given, series, known_until=issued_at + backtest.known_ahead)
        if fitted is None or issued_at >= refit_at:
            fitted, refit_at = method.fit(history), issued_at + method.refit_every
        horizon, actual = _target(given, series, issued_at + backtest.ahead, backtest.intervals)
        if isinstance(fitted, FittedScenarios):
            scenarios = fitted.scenarios(history, horizon)
            drawn.append(score_scenarios(scenarios, actual))
            scores.append(score(scenarios.quantiles(), actual))
        else:
            scores.append(score(fitted.forecast(history, horizon), actual))
        on_origin()
    return Row(method=method.name, score=_mean(scores), scenarios=_mean_of_scenarios(drawn) if drawn else None)


def _target(given: Horizon, series: FloatArray, start: datetime, intervals: int) -> tuple[Horizon, FloatArray]:
    """The horizon to forecast, and what happened on it."""
    first = (start - given.start) // given.step
    checks = Checks()
    whole = given.start + first * given.step == start
    checks.require(whole, "backtest.first", start.isoformat(), "at a boundary of the series' intervals")
    allowed = f"ended at {given.end.isoformat()}, the end of the series"
    checks.require(first + intervals <= given.intervals, "backtest.origins", start.isoformat(), allowed)
    checks.raise_faults()
    return given.part(first, first + intervals), series[first : first + intervals]


def _mean(scores: Sequence[Score]) -> Score:
    """The mean of the scores of horizons of equal length."""
    return Score(
        pinball=_average([one.pinball for one in scores]),
        mae=_average([one.mae for one in scores]),
        bias=_average([one.bias for one in scores]),
        coverage=_average([one.coverage for one in scores]),
        nominal_coverage=scores[0].nominal_coverage,
        intervals=sum(one.intervals for one in scores),
    )


def _mean_of_scenarios(scores: Sequence[ScenarioScore]) -> ScenarioScore:
    return ScenarioScore(
        crps=_average([one.crps for one in scores]),
        energy=_average([one.energy for one in scores]),
        peak_crps=_average([one.peak_crps for one in scores]),
    )


def _average(values: Sequence[float]) -> float:
    return float(np.mean(values))


def as_markdown(rows: Sequence[Row], per: float, unit: str) -> str:
    """The table of scores, each but coverage divided by `per` (the mean load, 0.01 of it for percent, or 1)."""
    head = (
        f"| method | pinball, {unit} | MAE, {unit} | bias, {unit} | within {rows[0].score.nominal_coverage:.0%} "
        f"| CRPS, {unit} | energy score, {unit} | CRPS of the peak, {unit} |"
    )
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        one, drawn = row.score, row.scenarios
        of_scenarios = (
            [f"{value / per:.3f}" for value in (drawn.crps, drawn.energy, drawn.peak_crps)] if drawn else [""] * 3
        )
        cells = [row.method, f"{one.pinball / per:.3f}", f"{one.mae / per:.3f}", f"{one.bias / per:+.3f}"]
        lines.append(f"| {' | '.join([*cells, f'{one.coverage:.1%}', *of_scenarios])} |")
    return "\n".join(lines)
