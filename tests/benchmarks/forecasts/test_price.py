"""Prices of days not yet published: like days, and a regression that finds what carries over."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.forecasts.price import PricePersistence, PriceRegression
from benchmarks.forecasts.score import Backtest, score_over
from ridethrough.domain import Horizon, UnableToAccept
from ridethrough.domain.horizon import zone
from ridethrough.forecasts.forecast import QuantileForecast
from ridethrough.forecasts.history import known_at
from ridethrough.tariffs.calendar.holidays import HolidayCalendar

FloatArray = NDArray[np.float64]
MONDAY = datetime(2026, 1, 5, tzinfo=UTC)


def numbered_days(days: int) -> tuple[Horizon, FloatArray]:
    """Prices that are their day's number, from a Monday, 0."""
    whole = Horizon(start=MONDAY, interval_minutes=60, intervals=24 * days)
    return whole, np.repeat(np.arange(float(days)), 24)


def persisted(known_days: int, ahead_days: int, method: PricePersistence | None = None) -> list[float]:
    whole, values = numbered_days(60)
    end = MONDAY + timedelta(days=known_days)
    history = known_at(end - timedelta(hours=12), whole, values, known_until=end)
    horizon = Horizon(start=end, interval_minutes=60, intervals=24 * ahead_days)
    median = (method or PricePersistence()).forecast(history, horizon).median
    return [float(value) for value in median[::24]]


@pytest.mark.parametrize(
    ("known_days", "expected"),
    [
        (28, [21, 25, 25]),  # Monday: a week before; then the latest working day, which is Friday
        (30, [29, 29, 29]),  # Wednesday to Friday: Tuesday
        (33, [26, 27, 28]),  # Saturday, Sunday, Monday: a week before
    ],
)
def test_a_day_takes_the_latest_like_day(known_days: int, expected: list[float]) -> None:
    assert persisted(known_days, len(expected)) == expected


def test_a_holiday_takes_the_latest_sunday() -> None:
    holidays = HolidayCalendar(dates=((MONDAY + timedelta(days=30)).date(),))

    assert persisted(30, 2, PricePersistence(holidays=holidays)) == [27, 29]


def test_a_day_without_a_like_one_takes_the_last() -> None:
    whole, values = numbered_days(26)
    every_day_off = HolidayCalendar(dates=tuple((MONDAY + timedelta(days=day)).date() for day in range(25)))
    history = known_at(MONDAY + timedelta(days=25), whole, values)
    horizon = Horizon(start=history.end, interval_minutes=60, intervals=24)

    forecast = PricePersistence(holidays=every_day_off).forecast(history, horizon)

    assert forecast.median.tolist() == [24.0] * 24
    assert forecast.notes == ("1 of 1 days have no like day known: the last day known stands in",)


@pytest.mark.parametrize("method", [PricePersistence(), PriceRegression()], ids=lambda method: method.name)
@pytest.mark.parametrize(("change", "hours"), [((2026, 3, 29), 23), ((2026, 10, 25), 25)])
def test_a_day_of_a_clock_change_has_its_hours(
    method: PricePersistence | PriceRegression, change: tuple[int, int, int], hours: int
) -> None:
    berlin = zone("Europe/Berlin")
    midnight = datetime(*change, tzinfo=berlin).astimezone(UTC)
    whole = Horizon(
        start=midnight - timedelta(days=70), interval_minutes=60, intervals=71 * 24, timezone="Europe/Berlin"
    )
    hour = np.array([at.hour for at in whole.starts()])
    history = known_at(midnight, whole, 50.0 + hour + np.random.default_rng(0).normal(scale=0.01, size=len(hour)))
    horizon = Horizon(start=midnight, interval_minutes=60, intervals=hours, timezone="Europe/Berlin")

    forecast = method.forecast(history, horizon)

    assert forecast.median == pytest.approx([50.0 + at.hour for at in horizon.starts()], abs=1.0)
    assert (np.diff(forecast.values, axis=0) >= 0).all()


def autoregressive(days: int) -> tuple[Horizon, FloatArray]:
    """Days whose level carries over to the next by 0.7, with a morning and an evening."""
    rng = np.random.default_rng(5)
    level = np.zeros(days)
    for day in range(1, days):
        level[day] = 0.7 * level[day - 1] + rng.normal(scale=10)
    shape = 60 + 15 * np.sin(np.arange(24) * 4 * np.pi / 24)
    whole = Horizon(start=MONDAY, interval_minutes=60, intervals=24 * days)
    return whole, (shape + level[:, np.newaxis] + rng.normal(size=(days, 24))).ravel()


def test_the_regression_beats_persistence_where_levels_revert_and_is_calibrated() -> None:
    whole, values = autoregressive(310)
    backtest = Backtest(
        first=MONDAY + timedelta(days=199, hours=12),
        origins=100,
        every=timedelta(days=1),
        intervals=24,
        ahead=timedelta(hours=12),
        known_ahead=timedelta(hours=12),
    )

    persistence, regression = score_over([PricePersistence(), PriceRegression()], whole, values, backtest)

    assert regression.score.pinball < 0.85 * persistence.score.pinball
    assert regression.score.coverage == pytest.approx(0.9, abs=0.06)
    assert persistence.score.coverage == pytest.approx(0.9, abs=0.06)


def test_a_short_history_says_so_and_a_shorter_one_is_refused() -> None:
    whole, values = autoregressive(60)

    def forecast(days: int) -> QuantileForecast:
        history = known_at(MONDAY + timedelta(days=days), whole, values)
        horizon = Horizon(start=history.end, interval_minutes=60, intervals=24)
        return PriceRegression().fit(history).forecast(history, horizon)

    assert forecast(50).notes == ("50 days known: the longer windows are cut to them",)
    with pytest.raises(UnableToAccept, match="at least 21 whole local days"):
        forecast(20)


def test_methods_that_cannot_be_are_refused_with_every_fault() -> None:
    with pytest.raises(UnableToAccept) as persistence:
        PricePersistence(error_days=3, levels=(0.5, 0.5))
    with pytest.raises(UnableToAccept) as regression:
        PriceRegression(windows_days=(), error_days=3)
    with pytest.raises(UnableToAccept) as window:
        PriceRegression(windows_days=(3,))

    assert [fault.field for fault in persistence.value.faults] == ["error_days", "levels"]
    assert [fault.field for fault in regression.value.faults] == ["error_days", "windows_days"]
    assert [fault.field for fault in window.value.faults] == ["windows_days.0"]
