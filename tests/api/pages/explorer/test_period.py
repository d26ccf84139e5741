"""Periods as a person asks for them, and the cells that they are cut into."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.api.pages.explorer.period import MOST_DAYS, Period, cells_over, period_of

EASTERN = "America/New_York"
TODAY = date(2026, 7, 14)


@given(
    days=st.integers(1, MOST_DAYS),
    minutes=st.sampled_from([1, 5, 15, 30, 60]),
    first=st.dates(date(2025, 1, 1), date(2026, 12, 1)),
)
def test_cells_cover_the_period_without_a_hole_and_are_few(days: int, minutes: int, first: date) -> None:
    period = Period(first=first, last=first + timedelta(days=days - 1), timezone=EASTERN)
    axis = cells_over(period.start, period.end, minutes, EASTERN)
    assert (axis.boundaries[0], axis.boundaries[-1]) == (period.start, period.end)
    assert axis.cells <= 201
    lengths = {after - before for before, after in pairwise(axis.boundaries)}
    if max(lengths) >= timedelta(hours=23):
        assert all(each.astimezone(ZoneInfo(EASTERN)).hour == 0 for each in axis.boundaries)


def test_a_day_of_the_local_clock_has_25_hours_where_the_clock_goes_back() -> None:
    day = period_of("2026-11-01", "2026-11-01", latest=TODAY, timezone=EASTERN)
    assert (day.start, day.end - day.start) == (datetime(2026, 11, 1, 4, tzinfo=UTC), timedelta(hours=25))
    assert period_of("", "", latest=TODAY, timezone=EASTERN).first == TODAY


@pytest.mark.parametrize(
    ("first", "last", "says"),
    [
        ("yesterday", "", "from: 'yesterday' is no day; write it like 2026-07-14"),
        ("", "14.7.2026", "to: '14.7.2026' is no day"),
        ("2026-07-14", "2026-07-13", "the last day is not before the first"),
        ("2025-01-01", "2026-07-13", f"ask for 1 to {MOST_DAYS} days"),
        ("0001-01-01", "0001-01-01", "ask for days from 1971 to 2031"),
    ],
)
def test_what_is_no_period_is_refused_with_what_to_write(first: str, last: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        period_of(first, last, latest=TODAY, timezone=EASTERN)
