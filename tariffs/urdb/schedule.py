"""Turns URDB's 12 x 24 tables into the rules of a schedule that a person can read."""

from collections import Counter

from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.calendar.written import DayType

_WEEKDAY: tuple[DayType, ...] = ("weekday",)
# The schema has no holidays. Where a person adds a holiday calendar, holidays are priced as weekends.
_WEEKEND: tuple[DayType, ...] = ("saturday", "sunday", "holiday")

Row = tuple[int, ...]


def period_name(index: int) -> str:
    """The name of a URDB period, which has a number only."""
    return f"period-{index}"


def schedule_of(weekday: list[list[int]], weekend: list[list[int]]) -> RateSchedule:
    """Rules for two tables of 12 months by 24 hours; the most frequent period closes the list."""
    hours = Counter(index for row in weekday for index in row for _ in range(5))
    hours.update(index for row in weekend for index in row for _ in range(2))
    usual = hours.most_common(1)[0][0]
    months: dict[tuple[tuple[DayType, ...], Row], list[int]] = {}
    for month, (workday, restday) in enumerate(zip(weekday, weekend, strict=True), start=1):
        if workday == restday:
            months.setdefault((_WEEKDAY + _WEEKEND, tuple(workday)), []).append(month)
        else:
            months.setdefault((_WEEKDAY, tuple(workday)), []).append(month)
            months.setdefault((_WEEKEND, tuple(restday)), []).append(month)
    rules = [
        ScheduleRule(period=period_name(index), months=tuple(held), days=days, hours=_stretches(row, index))
        for (days, row), held in months.items()
        for index in sorted(set(row) - {usual})
    ]
    return RateSchedule(rules=(*sorted(rules, key=lambda rule: rule.period), ScheduleRule(period=period_name(usual))))


def _stretches(row: Row, index: int) -> tuple[tuple[int, int], ...]:
    stretches: list[tuple[int, int]] = []
    for hour, held in enumerate(row):
        if held == index:
            start = hour * 60
            if stretches and stretches[-1][1] == start:
                stretches[-1] = (stretches[-1][0], start + 60)
            else:
                stretches.append((start, start + 60))
    return tuple(stretches)
