"""No method sees what was not known: garbage in place of the future changes nothing, to the last bit."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ridethrough.domain import Horizon, UnableToAccept
from ridethrough.forecasts.forecast import Method
from ridethrough.forecasts.history import History, known_at
from ridethrough.forecasts.price import PricePersistence, PriceRegression
from ridethrough.forecasts.quantile_regression import QuantileRegression
from ridethrough.forecasts.scenarios import ScenarioMethod, draw, fit_scenarios
from ridethrough.forecasts.seasonal import SeasonalNaive

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


@settings(max_examples=10)
@given(hours=st.integers(min_value=24, max_value=(DAYS - 2) * 24), garbage=GARBAGE)
def test_scenarios_from_an_earlier_fit_see_no_future_either(hours: int, garbage: float) -> None:
    whole, values = series(seed=2)
    poisoned = values.copy()
    poisoned[hours + 5 :] = garbage
    horizon = Horizon(
        start=START + timedelta(hours=hours + 5), interval_minutes=60, intervals=48, timezone="America/New_York"
    )

    drawn = []
    for course in (values, poisoned):
        model = fit_scenarios(known_at(START + timedelta(hours=hours), whole, course))
        drawn.append(draw(model, known_at(horizon.start, whole, course), horizon).values)

    assert np.array_equal(drawn[0], drawn[1])


def test_the_interval_in_progress_is_not_known() -> None:
    whole, values = series(seed=0)

    history = known_at(START + timedelta(hours=48, minutes=59), whole, values)

    assert len(history.values) == 48
    assert history.end == START + timedelta(hours=48)


def test_what_is_known_holds_no_memory_of_the_rest() -> None:
    whole, values = series(seed=0)

    history = known_at(START + timedelta(hours=48), whole, values)
    values[:] = 0

    assert history.values.base is None
    assert history.values.all()
    with pytest.raises(ValueError, match="read-only"):
        history.values[0] = 1


def test_published_prices_are_known_up_to_where_they_were_published() -> None:
    whole, values = series(seed=0)
    noon = START + timedelta(days=3, hours=12)

    history = known_at(noon, whole, values, known_until=START + timedelta(days=4))

    assert len(history.values) == 96
    assert history.issued_at == noon


@pytest.mark.parametrize("method", [*METHODS[:3], *REGRESSIONS], ids=lambda method: method.name)
def test_a_fit_that_has_seen_more_than_the_history_is_refused(method: Method) -> None:
    pytest.importorskip("sklearn")
    whole, values = series(seed=0)
    earlier = known_at(START + timedelta(days=20), whole, values)
    horizon = Horizon(start=earlier.end, interval_minutes=60, intervals=4, timezone="America/New_York")
    fitted = method.fit(known_at(START + timedelta(days=21), whole, values))

    with pytest.raises(UnableToAccept, match="as the fit has seen values until then"):
        fitted.forecast(earlier, horizon)


def test_every_fault_of_what_is_known_is_listed() -> None:
    whole, values = series(seed=0)
    values[3], values[7] = np.nan, np.inf

    with pytest.raises(UnableToAccept) as refused:
        known_at(START + timedelta(days=1), whole, values)
    with pytest.raises(UnableToAccept) as many:
        known_at(START + timedelta(days=3), whole, np.full(len(values), np.nan))

    assert [fault.field for fault in refused.value.faults] == ["values.3", "values.7"]
    assert len(many.value.faults) == 21
    assert many.value.faults[-1].value == "72 faults"


@pytest.mark.parametrize(
    ("issued_at", "minutes", "given_values", "field"),
    [
        (datetime(2026, 3, 1), 60, [1.0] * 48, "issued_at"),  # noqa: DTZ001 - without an offset, on purpose
        (START + timedelta(minutes=59), 60, [1.0] * 48, "issued_at"),
        (START + timedelta(days=1), 7, [1.0] * 48, "horizon.interval_minutes"),
        (START + timedelta(days=1), 60, [1.0] * 23, "values"),
        (START + timedelta(days=1), 60, [[1.0]] * 48, "values"),
    ],
)
def test_a_history_that_cannot_be_is_refused(
    issued_at: datetime, minutes: int, given_values: list[float], field: str
) -> None:
    whole = Horizon(start=START, interval_minutes=minutes, intervals=48)

    with pytest.raises(UnableToAccept) as refused:
        known_at(issued_at, whole, given_values)

    assert [fault.field for fault in refused.value.faults] == [field]


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
