"""Seasonal naive on the local clock, and what it says when it knows little."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from benchmarks.forecasts.day_table import day_table
from benchmarks.forecasts.seasonal import SeasonalNaive
from ridethrough.domain import Horizon, UnableToAccept
from ridethrough.domain.horizon import zone
from ridethrough.forecasts.clock import clock
from ridethrough.forecasts.forecast import QuantileForecast
from ridethrough.forecasts.history import History, known_at
from ridethrough.tariffs.calendar.holidays import HolidayCalendar

NEW_YORK = zone("America/New_York")


def local(month: int, day: int, hour: int = 0) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=NEW_YORK).astimezone(UTC)


def history_by_local_hour(start: datetime, end: datetime, minutes: int = 60) -> History:
    """A load that is its local hour, and 100 more for each local day."""
    intervals = int((end - start) / timedelta(minutes=minutes))
    whole = Horizon(start=start, interval_minutes=minutes, intervals=intervals, timezone="America/New_York")
    values = [100.0 * (at.date() - start.date()).days + at.hour for at in whole.starts()]
    return known_at(end, whole, values)


def naive(history: History, intervals: int, season_days: int = 1) -> QuantileForecast:
    minutes = history.horizon.interval_minutes
    horizon = Horizon(
        start=history.end, interval_minutes=minutes, intervals=intervals, timezone=history.horizon.timezone
    )
    return SeasonalNaive(season_days=season_days).fit(history).forecast(history, horizon)


def hours(forecast: QuantileForecast) -> list[int]:
    return [round(value) % 100 for value in forecast.median]


@pytest.mark.parametrize("season_days", [1, 7])
@pytest.mark.parametrize(
    ("start", "change", "expected"),
    [
        (local(2, 16), local(3, 8), [0, 1, *range(3, 24)]),  # 23 hours: 2 o'clock is left out
        (local(10, 12), local(11, 1), [0, 1, 1, *range(2, 24)]),  # 25 hours: 1 o'clock comes twice
    ],
)
def test_a_day_of_a_clock_change_takes_the_same_local_hours(
    start: datetime, change: datetime, expected: list[int], season_days: int
) -> None:
    forecast = naive(history_by_local_hour(start, change), len(expected), season_days)

    assert hours(forecast) == expected
    assert forecast.notes == ()


def test_the_day_after_a_skipped_hour_takes_it_from_its_neighbours() -> None:
    forecast = naive(history_by_local_hour(local(2, 16), local(3, 9)), 24)

    assert hours(forecast)[:5] == [0, 1, 2, 3, 4]  # 2 o'clock: half way between 1 and 3


def test_the_day_after_a_repeated_hour_takes_the_mean_of_both() -> None:
    start = local(10, 31)
    whole = Horizon(start=start, interval_minutes=60, intervals=24 + 25, timezone="America/New_York")
    values = np.zeros(49)
    values[24 + 1], values[24 + 2] = 10.0, 30.0  # 1 o'clock EDT and 1 o'clock EST
    history = known_at(whole.end, whole, values)

    assert naive(history, 24).median[1] == pytest.approx(20.0)


def test_a_second_day_takes_the_last_day_known() -> None:
    history = history_by_local_hour(local(5, 4), local(5, 20, 6))

    forecast = naive(history, 48)

    days = [int(value) // 100 for value in forecast.median]
    assert days == [15] * 18 + [16] * 6 + [15] * 18 + [16] * 6


def test_a_week_before_is_the_same_weekday() -> None:
    forecast = naive(history_by_local_hour(local(5, 4), local(5, 20)), 24, season_days=7)

    assert {int(value) // 100 for value in forecast.median} == {9}


@pytest.mark.parametrize("minutes", [5, 15, 30, 60])
def test_quantiles_rise_at_any_step(minutes: int) -> None:
    rng = np.random.default_rng(minutes)
    day = 1440 // minutes
    whole = Horizon(start=local(5, 4), interval_minutes=minutes, intervals=10 * day, timezone="America/New_York")
    history = known_at(whole.end, whole, rng.normal(size=10 * day))

    forecast = naive(history, 2 * day)

    assert forecast.values.shape == (7, 2 * day)
    assert (np.diff(forecast.values, axis=0) >= 0).all()
    assert forecast.history_intervals == 10 * day


def test_a_short_history_says_what_stands_in() -> None:
    for_a_week = naive(history_by_local_hour(local(5, 4), local(5, 7)), 24, season_days=7)
    of_hours = naive(history_by_local_hour(local(5, 4), local(5, 4, 3)), 24)

    assert hours(for_a_week) == list(range(24))
    assert for_a_week.notes[0].startswith("24 of 24 intervals have no known value a week before")
    assert of_hours.median.tolist() == [2.0] * 21 + [0.0, 1.0, 2.0]
    assert of_hours.notes[0].startswith("21 of 24 intervals have no known value a day before")
    assert of_hours.notes[1].startswith("24 of 24 intervals have fewer than 20 past errors")


def test_errors_are_those_of_as_many_days_before() -> None:
    rng = np.random.default_rng(1)
    walk = np.repeat(rng.normal(size=200).cumsum(), 24)  # days that drift apart: two days differ more than one
    whole = Horizon(start=datetime(2026, 1, 1, tzinfo=UTC), interval_minutes=60, intervals=len(walk))

    width = np.ptp(naive(known_at(whole.end, whole, walk), 48).values, axis=0)

    assert width[24:].mean() / width[:24].mean() == pytest.approx(2**0.5, rel=0.25)


def test_a_method_that_cannot_be_is_refused_with_every_fault() -> None:
    with pytest.raises(UnableToAccept) as refused:
        SeasonalNaive(season_days=2, error_days=0, error_hours=24, levels=(0.1, 0.9))

    assert [fault.field for fault in refused.value.faults] == ["season_days", "error_days", "error_hours", "levels"]


def test_the_table_of_a_clock_change_is_whole() -> None:
    history = history_by_local_hour(local(3, 7), local(3, 10))

    table = day_table(history)

    assert table.values.shape == (3, 24)
    assert np.isfinite(table.values).all()
    assert table.whole_days()[1].shape == (3, 24)
    assert np.isnan(table.at(np.array([table.last_position + 1]))).all()


def test_a_holiday_has_the_weekday_of_a_sunday() -> None:
    horizon = Horizon(start=local(12, 24), interval_minutes=60, intervals=48, timezone="America/New_York")

    at = clock(horizon, HolidayCalendar(country="US"))

    assert at.weekday[[0, 24]].tolist() == [3, 6]
    assert at.holiday[[0, 24]].tolist() == [False, True]
