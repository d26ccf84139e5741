"""Quantile regression: learns what repeats, keeps its quantiles in order, and says what it lacks."""

import builtins
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from types import ModuleType

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.forecasts.features import NAMES, Past, rows_ahead
from benchmarks.forecasts.quantile_regression import Learner, QuantileRegression, UnableToLearn
from benchmarks.forecasts.score import score
from benchmarks.forecasts.seasonal import SeasonalNaive
from ridethrough.domain import Horizon, UnableToAccept
from ridethrough.forecasts.history import History, known_at
from ridethrough.tariffs.calendar.holidays import HolidayCalendar

FloatArray = NDArray[np.float64]
LEARNERS: tuple[Learner, ...] = ("boosting", "linear")


def office(days: int) -> tuple[Horizon, FloatArray]:
    """500 kW in office hours of working days, 200 kW else, and a little noise."""
    whole = Horizon(
        start=datetime(2026, 2, 1, 5, tzinfo=UTC), interval_minutes=60, intervals=24 * days, timezone="America/New_York"
    )
    busy = np.array([at.weekday() < 5 and 8 <= at.hour < 18 for at in whole.starts()])
    return whole, np.where(busy, 500.0, 200.0) + np.random.default_rng(0).normal(scale=5, size=len(busy))


def cut(days: float, of: int = 60) -> History:
    whole, values = office(of)
    return known_at(whole.start + timedelta(days=days), whole, values)


def ahead(history: History, intervals: int, gap: int = 0) -> Horizon:
    start = history.end + gap * history.horizon.step
    return Horizon(start=start, interval_minutes=60, intervals=intervals, timezone="America/New_York")


@pytest.mark.parametrize("learner", LEARNERS)
def test_what_repeats_is_learned_across_a_clock_change(learner: Learner) -> None:
    pytest.importorskip("sklearn")
    history = cut(55)  # up to Saturday 28 March, three weeks after the clock changed
    whole, values = office(60)

    forecast = (
        QuantileRegression(learner=learner, most_rows=1500, rounds=60)
        .fit(history)
        .forecast(history, ahead(history, 72))
    )

    happened = values[len(history.values) :][:72]
    naive = SeasonalNaive().fit(history).forecast(history, ahead(history, 72))
    assert score(forecast, happened).pinball < 0.5 * score(naive, happened).pinball
    assert (np.diff(forecast.values, axis=0) >= 0).all()
    assert forecast.notes == ("the last 24 intervals are further ahead than was learned: taken as the last of those",)
    assert whole.timezone == forecast.horizon.timezone


def test_the_same_history_gives_the_same_forecast() -> None:
    pytest.importorskip("sklearn")
    history = cut(30)
    method = QuantileRegression(most_rows=400, rounds=5)

    first, again = (method.fit(history).forecast(history, ahead(history, 24)).values for _ in range(2))

    assert np.array_equal(first, again)


def test_too_short_a_history_is_refused() -> None:
    pytest.importorskip("sklearn")

    with pytest.raises(UnableToAccept, match="long enough for 200 rows"):
        QuantileRegression().fit(cut(1.2))


def test_two_days_are_enough_to_try() -> None:
    pytest.importorskip("sklearn")
    history = cut(2.5)

    forecast = QuantileRegression(rounds=5).fit(history).forecast(history, ahead(history, 24, gap=2))

    assert np.isfinite(forecast.values).all()


def test_without_scikit_learn_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *given: object, **named: object) -> ModuleType:
        if name.startswith("sklearn"):
            raise ImportError(name)
        return real(name, *given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)

    with pytest.raises(UnableToLearn, match="pip install scikit-learn threadpoolctl"):
        QuantileRegression().fit(cut(30))


def test_scikit_learn_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, benchmarks.forecasts.quantile_regression; print('sklearn' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env={**os.environ})

    assert done.stdout.strip() == "False"


def test_a_method_that_cannot_be_is_refused_with_every_fault() -> None:
    with pytest.raises(UnableToAccept) as refused:
        QuantileRegression(
            learner="forest",  # type: ignore[arg-type]
            max_lead_h=0,
            most_rows=1,
            rounds=0,
            seed=-1,
            levels=(0.9, 0.5),
        )

    fields = [fault.field for fault in refused.value.faults]
    assert fields == ["learner", "max_lead_h", "most_rows", "rounds", "seed", "levels"]


def test_features_are_what_their_names_say() -> None:
    whole = Horizon(start=datetime(2026, 6, 1, tzinfo=UTC), interval_minutes=60, intervals=24 * 40)
    values = np.arange(whole.intervals, dtype=np.float64)  # the value is the index: a lag is a difference of time
    history = known_at(whole.start + timedelta(days=30, hours=6), whole, values)  # Wednesday 1 July, 6 o'clock
    horizon = Horizon(start=history.end + timedelta(hours=20), interval_minutes=60, intervals=1)

    found, reference = rows_ahead(
        Past.of(history, None),
        horizon,
        between=20,
        max_lead=48,
        holidays=HolidayCalendar(dates=(horizon.start.date(),)),
    )

    row = dict(zip(NAMES, found[0], strict=True))
    now = 30 * 24 + 6
    target = now + 20
    assert reference.tolist() == [target - 24]
    assert row["time of day"] == 2
    assert row["weekday"] == 6
    assert row["holiday"] == 1
    assert row["hours ahead"] == 20
    assert row["last value"] + reference[0] == now - 1
    assert row["mean of 3 h"] + reference[0] == now - 2
    assert row["mean of 24 h"] + reference[0] == pytest.approx(now - 12.5)
    assert row["mean of 168 h"] + reference[0] == pytest.approx(now - 84.5)
    assert row["same time a day before"] == 0
    assert row["same time a week before"] + reference[0] == target - 168
    assert row["mean of the same time on 7 days"] + reference[0] == pytest.approx(target - 24 * 4)
    assert row["mean of the same time on 4 like weekdays"] + reference[0] == pytest.approx(target - 168 * 2.5)
    assert row["last value less a day before it"] == 24
