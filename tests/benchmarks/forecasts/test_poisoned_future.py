"""No method sees what was not known: garbage in place of the future changes nothing, to the last bit."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks.forecasts.price import PricePersistence, PriceRegression
from benchmarks.forecasts.quantile_regression import QuantileRegression
from benchmarks.forecasts.scenario_method import ScenarioMethod
from benchmarks.forecasts.seasonal import SeasonalNaive
from ridethrough.domain import Horizon, UnableToAccept
from ridethrough.forecasts.forecast import Method
from ridethrough.forecasts.history import History, known_at

FloatArray = NDArray[np.float64]

START = datetime(2026, 2, 20, 5, tzinfo=UTC)
DAYS = 40
METHODS: tuple[Method, ...] = (
    SeasonalNaive(),
    SeasonalNaive(season_days=7),
    ScenarioMethod(),
    PricePersistence(),
    PriceRegression(windows_days=(14, 28)),
)
REGRESSIONS: tuple[Method, ...] = (
    QuantileRegression(most_rows=300, rounds=3),
    QuantileRegression(learner="linear", most_rows=300, levels=(0.1, 0.5, 0.9)),
)
GARBAGE = st.sampled_from([np.nan, np.inf, -np.inf, 1e300, 0.0, -1.0])


def series(seed: int) -> tuple[Horizon, FloatArray]:
    whole = Horizon(start=START, interval_minutes=60, intervals=24 * DAYS, timezone="America/New_York")
    hours = np.arange(whole.intervals)
    noise = np.random.default_rng(seed).normal(size=whole.intervals)
    return whole, 100 + 20 * np.sin(hours * 2 * np.pi / 24) + noise.cumsum()


def forecast(method: Method, history: History) -> FloatArray:
    horizon = Horizon(start=history.end, interval_minutes=60, intervals=30, timezone="America/New_York")
    return method.fit(history).forecast(history, horizon).values


def unchanged_by(garbage: float, method: Method, issued_at: datetime, seed: int) -> None:
    whole, values = series(seed)
    known = int((issued_at - START) / whole.step)
    poisoned = values.copy()
    poisoned[known:] = garbage

    clean = forecast(method, known_at(issued_at, whole, values))

    assert np.array_equal(clean, forecast(method, known_at(issued_at, whole, poisoned)))
    assert np.array_equal(clean, forecast(method, known_at(issued_at, whole, values[:known])))


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.name)
@settings(max_examples=15)
@given(
    minutes=st.integers(min_value=23 * 1440, max_value=(DAYS - 2) * 1440),
    garbage=GARBAGE,
    seed=st.integers(min_value=0, max_value=5),
)
def test_a_poisoned_future_changes_nothing(method: Method, minutes: int, garbage: float, seed: int) -> None:
    unchanged_by(garbage, method, START + timedelta(minutes=minutes), seed)


@pytest.mark.parametrize("method", REGRESSIONS, ids=lambda method: method.name)
@settings(max_examples=2)
@given(minutes=st.integers(min_value=20 * 1440, max_value=(DAYS - 2) * 1440), garbage=GARBAGE)
def test_a_poisoned_future_changes_no_regression(method: Method, minutes: int, garbage: float) -> None:
    pytest.importorskip("sklearn")
    unchanged_by(garbage, method, START + timedelta(minutes=minutes), seed=1)


@pytest.mark.parametrize("method", [*METHODS[:3], *REGRESSIONS], ids=lambda method: method.name)
def test_a_fit_that_has_seen_more_than_the_history_is_refused(method: Method) -> None:
    pytest.importorskip("sklearn")
    whole, values = series(seed=0)
    earlier = known_at(START + timedelta(days=20), whole, values)
    horizon = Horizon(start=earlier.end, interval_minutes=60, intervals=4, timezone="America/New_York")
    fitted = method.fit(known_at(START + timedelta(days=21), whole, values))

    with pytest.raises(UnableToAccept, match="because the fit has seen values until then"):
        fitted.forecast(earlier, horizon)


def test_a_horizon_that_does_not_continue_the_history_is_refused_with_every_reason() -> None:
    whole, values = series(seed=0)
    history = known_at(START + timedelta(days=20), whole, values)
    horizon = Horizon(start=START + timedelta(days=19, minutes=5), interval_minutes=15, intervals=4)

    with pytest.raises(UnableToAccept) as refused:
        SeasonalNaive().fit(history).forecast(history, horizon)

    assert [fault.field for fault in refused.value.faults] == [
        "horizon.interval_minutes",
        "horizon.timezone",
        "horizon.start",
        "horizon.start",
    ]
