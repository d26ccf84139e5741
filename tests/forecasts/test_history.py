"""What was known at a moment is a copy of it, and nothing later; what cannot be known is refused."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from ridethrough.domain import Horizon, UnableToAccept
from ridethrough.forecasts.history import known_at
from ridethrough.forecasts.scenarios import draw, fit_scenarios

FloatArray = NDArray[np.float64]

START = datetime(2026, 2, 20, 5, tzinfo=UTC)
DAYS = 40
GARBAGE = st.sampled_from([np.nan, np.inf, -np.inf, 1e300, 0.0, -1.0])


def series(seed: int) -> tuple[Horizon, FloatArray]:
    whole = Horizon(start=START, interval_minutes=60, intervals=24 * DAYS, timezone="America/New_York")
    hours = np.arange(whole.intervals)
    noise = np.random.default_rng(seed).normal(size=whole.intervals)
    return whole, 100 + 20 * np.sin(hours * 2 * np.pi / 24) + noise.cumsum()


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
