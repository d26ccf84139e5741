"""Time: half-open intervals, and runs of them on a site's local clock."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ridethrough.domain.validation import Checks, Fault, UnableToAccept

_MINUTES_PER_HOUR = 60


def zone(name: str) -> ZoneInfo:
    """Look up an IANA time zone.

    Raises `UnableToAccept` for a name the time zone database does not hold.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:
        fault = Fault(field="timezone", value=name, allowed="an IANA time zone such as America/New_York")
        raise UnableToAccept([fault]) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A half-open stretch of time, `[start, end)`."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(self.start.tzinfo is not None, "start", self.start, "a time with a UTC offset")
        checks.require(self.end.tzinfo is not None, "end", self.end, "a time with a UTC offset")
        checks.raise_faults()
        checks.require(self.start < self.end, "end", self.end, f"after the start {self.start}")
        checks.raise_faults()

    @property
    def hours(self) -> float:
        """Elapsed hours (a local day with a clock change has 23 or 25)."""
        return (self.end - self.start) / timedelta(hours=1)

    def __contains__(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True, kw_only=True)
class Horizon:
    """A run of `intervals` equal intervals from `start`, read on the local clock of `timezone`.

    Steps are elapsed time, so a horizon never repeats or skips an instant at a clock change.
    """

    start: datetime
    interval_minutes: int
    intervals: int
    timezone: str = "UTC"

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(self.start.tzinfo is not None, "start", self.start, "a time with a UTC offset")
        checks.require(self.interval_minutes >= 1, "interval_minutes", self.interval_minutes, "at least 1 minute")
        checks.require(self.intervals >= 1, "intervals", self.intervals, "at least 1")
        checks.raise_faults()
        zone(self.timezone)
        object.__setattr__(self, "start", self.start.astimezone(UTC))

    @classmethod
    def of_local_day(cls, day: date, timezone: str, interval_minutes: int, look_ahead_h: float = 0) -> "Horizon":
        """The horizon of one local calendar day and `look_ahead_h` hours after it.

        A day of 23 or 25 hours has accordingly fewer or more intervals. Raises `UnableToAccept` if whole intervals do
        not fit the day: a clock change of half an hour leaves a day that whole hours do not fill.

        >>> [Horizon.of_local_day(date(2026, 3, n), "America/New_York", 15).intervals for n in (7, 8)]
        [96, 92]
        """
        start = datetime.combine(day, time(), zone(timezone)).astimezone(UTC)
        midnight = datetime.combine(day + timedelta(days=1), time(), zone(timezone)).astimezone(UTC)
        end = midnight + timedelta(hours=look_ahead_h)
        fit, rest = divmod(midnight - start, timedelta(minutes=interval_minutes))
        if rest:
            allowed = f"a whole number of minutes that divides {day} in {timezone}"
            raise UnableToAccept([Fault(field="interval_minutes", value=interval_minutes, allowed=allowed)])
        intervals = fit + (end - midnight) // timedelta(minutes=interval_minutes)
        return cls(start=start, interval_minutes=interval_minutes, intervals=intervals, timezone=timezone)

    @property
    def step(self) -> timedelta:
        """The length of one interval."""
        return timedelta(minutes=self.interval_minutes)

    @property
    def interval_h(self) -> float:
        """The length of one interval in hours."""
        return self.interval_minutes / _MINUTES_PER_HOUR

    @property
    def end(self) -> datetime:
        """The instant after the last interval (UTC)."""
        return self.start + self.intervals * self.step

    def start_of(self, index: int) -> datetime:
        """The start of interval `index`, on the local clock with its UTC offset."""
        return (self.start + index * self.step).astimezone(zone(self.timezone))

    def starts(self) -> Iterator[datetime]:
        """The local start of every interval, in order."""
        local = zone(self.timezone)
        return ((self.start + index * self.step).astimezone(local) for index in range(self.intervals))

    def part(self, first: int, last: int) -> "Horizon":
        """The intervals from `first` to before `last`; a number below 0 or past the end lies outside this horizon.

        >>> day = Horizon.of_local_day(date(2026, 3, 7), "UTC", 60)
        >>> [(each.start.hour, each.intervals) for each in (day.part(6, 8), day.part(-1, 25))]
        [(6, 2), (23, 26)]
        """
        return replace(self, start=self.start + first * self.step, intervals=last - first)

    def split(self, parts: int) -> "Horizon":
        """The same time, with each interval in so many equal parts of whole minutes."""
        return replace(self, interval_minutes=self.interval_minutes // parts, intervals=self.intervals * parts)

    def first(self, intervals: int) -> "Horizon":
        """The horizon of the first `intervals` intervals of this one."""
        return self.part(0, intervals)
