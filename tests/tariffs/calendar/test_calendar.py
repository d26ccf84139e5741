import time
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ridethrough.domain import Horizon, Interval, UnableToAccept
from ridethrough.tariffs.calendar.billing_cycle import BillingCycle
from ridethrough.tariffs.calendar.holidays import HolidayCalendar
from ridethrough.tariffs.calendar.local_calendar import intervals_within, local_calendar

ZONES = ["America/New_York", "Europe/Berlin", "Asia/Tokyo", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]


@settings(deadline=None, max_examples=60)
@given(
    day=st.dates(date(2015, 1, 1), date(2035, 1, 1)),
    minute=st.integers(0, 95).map(lambda slot: slot * 15),
    zone=st.sampled_from(ZONES),
    step=st.sampled_from([5, 15, 30, 60]),
)
def test_the_arrays_say_what_the_clock_of_each_interval_says(day: date, minute: int, zone: str, step: int) -> None:
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=minute)
    horizon = Horizon(start=start, interval_minutes=step, intervals=3000 // step, timezone=zone)
    calendar = local_calendar(horizon)
    kinds = ["weekday"] * 5 + ["saturday", "sunday"]
    for index, local in enumerate(horizon.starts()):
        assert calendar.month[index] == local.month - 1
        assert calendar.slot[index] == (local.hour * 60 + local.minute) // 15
        assert kinds[local.weekday()] == ("weekday", "saturday", "sunday", "holiday")[calendar.day_type[index]]
        assert calendar.first_day + timedelta(days=int(calendar.day[index])) == local.date()
        assert (
            calendar.periods[calendar.period[index]].start
            <= local.date()
            < calendar.periods[calendar.period[index]].end
        )


@pytest.mark.parametrize(("day", "intervals"), [(date(2026, 3, 8), 92), (date(2026, 11, 1), 100)])
def test_a_day_of_a_clock_change_is_one_day(day: date, intervals: int) -> None:
    horizon = Horizon.of_local_day(day, "America/New_York", 15)
    calendar = local_calendar(horizon)
    assert horizon.intervals == intervals
    assert calendar.covered_days(0) == 1.0


def test_a_day_that_is_cut_counts_in_part() -> None:
    horizon = Horizon(start=datetime(2026, 5, 31, 12, tzinfo=UTC), interval_minutes=60, intervals=30)
    calendar = local_calendar(horizon)
    assert [calendar.covered_days(index) for index in range(2)] == [0.5, 0.75]
    short = local_calendar(Horizon(start=datetime(2026, 5, 30, 6, tzinfo=UTC), interval_minutes=60, intervals=6))
    assert short.covered_days(0) == 0.25


def test_holidays_are_those_of_the_country_that_the_tariff_names() -> None:
    year = Horizon(start=datetime(2026, 1, 1, tzinfo=UTC), interval_minutes=60, intervals=8760)
    holidays = HolidayCalendar(
        country="US", only=("Independence Day", "Labor Day"), dates=(date(2026, 12, 24), date(2027, 12, 24))
    )
    calendar = local_calendar(year, None, holidays)
    found = {calendar.first_day + timedelta(days=int(day)) for day in calendar.day[calendar.day_type == 3]}
    assert found == {date(2026, 7, 3), date(2026, 7, 4), date(2026, 9, 7), date(2026, 12, 24)}


def test_a_holiday_outside_of_the_horizon_changes_nothing() -> None:
    march = Horizon(start=datetime(2026, 3, 2, tzinfo=UTC), interval_minutes=60, intervals=48)
    assert not local_calendar(march, None, HolidayCalendar(country="US")).day_type.any()


def test_holidays_without_a_country_are_the_dates_given() -> None:
    assert HolidayCalendar(dates=(date(2026, 12, 24),)).in_year(2026) == {date(2026, 12, 24)}


def test_a_holiday_that_the_country_does_not_have_is_refused() -> None:
    with pytest.raises(UnableToAccept, match=r"only is 'Guy Fawkes Night', must be one of .*Labor Day"):
        HolidayCalendar(country="US", only=("Labor Day", "Guy Fawkes Night"))


def test_an_unknown_country_or_part_of_it_is_refused() -> None:
    with pytest.raises(UnableToAccept, match="country is 'Narnia'"):
        HolidayCalendar(country="Narnia")
    with pytest.raises(UnableToAccept, match="subdivision is 'ZZ'"):
        HolidayCalendar(country="US", subdivision="ZZ")


def test_billing_periods_may_begin_on_another_day_of_the_month() -> None:
    periods = BillingCycle(day_of_month=17).periods(date(2026, 5, 3), date(2026, 6, 17))
    assert [(period.label, period.days, period.month) for period in periods] == [
        ("2026-05", 30, 5),
        ("2026-06", 31, 6),
        ("2026-07", 30, 7),
    ]


def test_billing_periods_may_be_given_by_read_dates() -> None:
    cycle = BillingCycle(read_dates=(date(2026, 1, 5), date(2026, 2, 3), date(2026, 3, 6)))
    assert [period.label for period in cycle.periods(date(2026, 1, 6), date(2026, 2, 3))] == [
        "2026-01-05",
        "2026-02-03",
    ]
    assert [period.label for period in cycle.periods(date(2026, 2, 3), date(2026, 2, 4))] == ["2026-02-03"]
    with pytest.raises(
        UnableToAccept, match=r"read_dates\.2 is '2026-03-06', must be followed by a reading after 2026-03-06"
    ):
        cycle.periods(date(2026, 3, 1), date(2026, 3, 6))


def test_a_cycle_lists_all_of_its_faults() -> None:
    with pytest.raises(UnableToAccept) as refused:
        BillingCycle(day_of_month=31, read_dates=(date(2026, 2, 1),))
    assert len(refused.value.faults) == 3


def test_a_window_ends_where_the_clock_is_set_back() -> None:
    berlin = Horizon(
        start=datetime(2026, 10, 25, 0, tzinfo=UTC), interval_minutes=30, intervals=6, timezone="Europe/Berlin"
    )
    assert list(local_calendar(berlin).windows(60)) == [0, 0, 1, 1, 2, 2]


def test_events_cover_the_intervals_that_they_touch() -> None:
    horizon = Horizon(start=datetime(2026, 1, 1, tzinfo=UTC), interval_minutes=15, intervals=8)
    start = datetime(2025, 12, 31, 23, tzinfo=UTC)
    assert list(intervals_within(horizon, Interval(start=start, end=horizon.start + timedelta(minutes=20)))) == [0, 1]
    assert list(intervals_within(horizon, Interval(start=start, end=horizon.start))) == []


def test_a_year_of_quarter_hours_takes_milliseconds() -> None:
    def fresh(year: int) -> float:
        start = datetime(year, 1, 1, tzinfo=ZoneInfo("America/New_York"))
        horizon = Horizon(start=start, interval_minutes=15, intervals=35_040, timezone="America/New_York")
        began = time.process_time()
        local_calendar(horizon, None, HolidayCalendar(country="US"))
        return time.process_time() - began

    assert np.median([fresh(year) for year in range(2020, 2027)]) < 0.05
