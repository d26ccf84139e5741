"""The period that a person looks at: whole local days, cut into cells of a round length."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ridethrough.charts import TimeAxis
from ridethrough.domain.horizon import zone

MOST_DAYS = 366
_DAY = timedelta(days=1)
_MOST_CELLS = 200
_ROUND_MINUTES = (5, 10, 15, 30, 60, 120, 180, 360, 720)
_ROUND_DAYS = (1, 2, 7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole days of a local clock: from `first` to `last`, that day included."""

    first: date
    last: date
    timezone: str

    def __post_init__(self) -> None:
        if not 0 <= (self.last - self.first).days < MOST_DAYS:
            raise ValueError(f"ask for 1 to {MOST_DAYS} days: the last day is not before the first")

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """The first moment."""
        return _midnight(self.first, self.timezone)

    @property
    def end(self) -> datetime:
        """The end of the last day."""
        return _midnight(self.last + _DAY, self.timezone)

    def ending(self, days: int) -> "Period":
        """So many days up to the same last day."""
        return Period(first=self.last - (days - 1) * _DAY, last=self.last, timezone=self.timezone)


def period_of(written_first: str, written_last: str, *, latest: date, timezone: str) -> Period:
    """Read a period as a form sends it; the day `latest` where it says nothing.

    Raises `ValueError` with what is wrong.
    """
    days = []
    for field, written in (("from", written_first), ("to", written_last)):
        try:
            days.append(latest if not written else date.fromisoformat(written))
        except ValueError as error:
            raise ValueError(f"{field}: {written!r} is no day; write it like {latest.isoformat()}") from error
    if any(not 1971 <= day.year <= latest.year + 5 for day in days):  # noqa: PLR2004 - where clocks and dates go wrong
        raise ValueError(f"from, to: ask for days from 1971 to {latest.year + 5}")
    return Period(first=days[0], last=days[1], timezone=timezone)


def cells_over(start: datetime, end: datetime, interval_minutes: int, timezone: str) -> TimeAxis:
    """Cut a time into at most 200 cells: intervals where there are few, else hours or local days."""
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    for minutes in (each for each in _ROUND_MINUTES if each >= interval_minutes):
        step = timedelta(minutes=minutes)
        if (end - start) / step <= _MOST_CELLS:
            many = -((start - end) // step)
            return TimeAxis(boundaries=(*(start + index * step for index in range(many)), end), timezone=timezone)
    first, last = (each.astimezone(zone(timezone)).date() for each in (start, end))
    days = next(each for each in _ROUND_DAYS if (last - first).days / each <= _MOST_CELLS)
    inner = [_midnight(first + index * _DAY, timezone) for index in range(days, (last - first).days, days)]
    return TimeAxis(boundaries=(start, *(each for each in inner if start < each < end), end), timezone=timezone)


def _midnight(day: date, timezone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone(timezone)).astimezone(UTC)
