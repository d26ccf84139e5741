"""A series counts elapsed time, whatever clock its start is written by."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from ridethrough.api.reading.series.time_series import TimeSeries


@pytest.mark.parametrize("day", ["2026-03-28", "2026-10-24"])
def test_the_end_of_a_series_is_elapsed_time_after_its_start(day: str) -> None:
    start = datetime.fromisoformat(day).replace(tzinfo=ZoneInfo("Europe/Berlin"))
    series = TimeSeries(source="load", start=start, step=timedelta(hours=1), values=(1.0,) * 48)
    assert series.start == start
    assert series.end == start.astimezone(UTC) + timedelta(hours=48)
    assert series.end - series.start == timedelta(hours=48)


def test_the_second_pass_of_a_repeated_hour_stays_the_second() -> None:
    start = datetime(2026, 10, 25, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"), fold=1)
    series = TimeSeries(source="load", start=start, step=timedelta(hours=1), values=(1.0, 2.0))
    assert series.start.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)
