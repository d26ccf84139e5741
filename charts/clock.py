"""Local time along an axis: ticks on round clock times, and the hours that a clock change doubles or skips."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ridethrough.charts.chart import Shade, ShadeKind, TimeAxis

_QUARTER = timedelta(minutes=15)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_STEPS_H = ((7, 1), (32, 3), (80, 6), (130, 12))
"""Up to so many hours a tick stands every so many hours; beyond, every day or every so many days."""
_MOST_DAYS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A label at a fraction of the axis; a `minor` one is left out where there is little room."""

    at: float
    label: str
    minor: bool = False


def place(axis: TimeAxis, moment: datetime) -> float:
    """Where a moment stands between the two ends of the axis: 0 to 1, less or more outside."""
    first, last = axis.boundaries[0], axis.boundaries[-1]
    return (moment.astimezone(UTC) - first.astimezone(UTC)) / (last.astimezone(UTC) - first.astimezone(UTC))


def time_ticks(axis: TimeAxis) -> tuple[Tick, ...]:
    """Labels on round times of the local clock; days by their date where the axis is longer than a day."""
    first, last = axis.boundaries[0].astimezone(UTC), axis.boundaries[-1].astimezone(UTC)
    hours = (last - first) / _HOUR
    step = next((step for most, step in _STEPS_H if hours <= most), 24)
    if step == 24:  # noqa: PLR2004 - hours of a day
        every = max(1, round((last - first) / _DAY / _MOST_DAYS))
        found = [moment for moment in _midnights(axis, first, last) if moment.toordinal() % every == 0]
    else:
        found = [moment for moment in _quarters(axis, first, last) if moment.minute == 0 and moment.hour % step == 0]
    days = hours > 32  # noqa: PLR2004 - longer than any day
    return tuple(
        Tick(at=place(axis, moment), label=_label(moment, hours, days=days), minor=bool(index % 2))
        for index, moment in enumerate(found)
    )


def stamps(axis: TimeAxis) -> tuple[str, ...]:
    """The boundaries as the table writes them: the day where there are several, the offset where the clock changes."""
    zone = ZoneInfo(axis.timezone)
    local = [each.astimezone(zone) for each in axis.boundaries]
    days = axis.boundaries[-1].astimezone(UTC) - axis.boundaries[0].astimezone(UTC) > 1.1 * _DAY
    changes = len({each.utcoffset() for each in local}) > 1
    form = ("%Y-%m-%d " if days else "") + "%H:%M" + (" %z" if changes else "")
    return tuple(each.strftime(form) for each in local)


def clock_changes(axis: TimeAxis) -> tuple[Shade, ...]:
    """The hours that the local clock shows twice, and the moments at which it skips some."""
    zone = ZoneInfo(axis.timezone)
    first, last = axis.boundaries[0].astimezone(UTC), axis.boundaries[-1].astimezone(UTC)
    shades, moment = [], first
    while moment < last:
        after = min(moment + _DAY, last)
        one, other = (_offset(each, zone) for each in (moment, after))
        if one != other:  # the change lies within this day
            after = min(moment + _QUARTER, last)
            other = _offset(after, zone)
        if other < one:
            clock = after.astimezone(zone)
            label = f"clock goes back: {clock:%H:%M} comes twice"
            start, end = after - (one - other), after + (one - other)
            shades.append(Shade(label=label, start=start, end=end, kind=ShadeKind.CLOCK))
        elif other > one:
            label = f"clock goes forward to {after.astimezone(zone):%H:%M}"
            shades.append(Shade(label=label, start=after, end=after + _QUARTER / 3, kind=ShadeKind.CLOCK))
        moment = after
    return tuple(shades)


def _offset(moment: datetime, zone: ZoneInfo) -> timedelta:
    return moment.astimezone(zone).utcoffset() or timedelta()


def _midnights(axis: TimeAxis, first: datetime, last: datetime) -> Iterator[datetime]:
    """The beginnings of the days of the local clock from the first to the last boundary."""
    zone = ZoneInfo(axis.timezone)
    day = first.astimezone(zone).date()
    while day <= last.astimezone(zone).date():
        moment = datetime(day.year, day.month, day.day, tzinfo=zone)
        if first <= moment <= last:
            yield moment
        day += _DAY


def _quarters(axis: TimeAxis, first: datetime, last: datetime) -> Iterator[datetime]:
    """The quarter hours of the local clock from the first to the last boundary."""
    zone = ZoneInfo(axis.timezone)
    seconds = _QUARTER.total_seconds()
    moment = datetime.fromtimestamp(-(-first.timestamp() // seconds) * seconds, UTC)
    while moment <= last:
        yield moment.astimezone(zone)
        moment += _QUARTER


def _label(moment: datetime, hours: float, *, days: bool) -> str:
    if days and moment.hour == 0:
        return f"{moment:%a} {moment.day}" if hours <= 24 * _MOST_DAYS else f"{moment.day} {moment:%b}"
    return f"{moment:%H:%M}"
