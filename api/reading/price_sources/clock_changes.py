"""Prices of the night in which clocks are put back, where a publisher lost the hour that is there twice.

Publishers have left out the first pass of the repeated hour: the price before it then seems to hold, and every later
price comes an hour late. The shape is recognised, and the rest of that local day is not used.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, tzinfo

from ridethrough.api.reading.price_sources.price_source import PriceStretch, Span
from ridethrough.domain.horizon import zone

_HOUR = timedelta(hours=1)
_FEWEST = 2


def held_over_change(stretches: Sequence[PriceStretch], timezone: str) -> Span | None:
    """The rest of a day on which the clocks are put back, where one price holds all through the repeated hour.

    Hourly prices tell nothing: one price an hour is right for them. None where nothing is doubtful.
    """
    for stretch in stretches:
        if stretch.step >= _HOUR:
            continue
        for change in _put_back(stretch.start, stretch.end, timezone):
            first = (change - _HOUR - stretch.start) // stretch.step
            held = stretch.price_per_kwh[max(first - 1, 0) : first + _HOUR // stretch.step]
            if first >= 1 and len(held) >= _FEWEST and len(set(held)) == 1:
                return _rest_of_day(change, timezone)
    return None


def _put_back(start: datetime, end: datetime, timezone: str) -> list[datetime]:
    """The instants at which the clock is put back, from `start` until `end`."""
    there = zone(timezone)
    hours = range(int((end - start) / _HOUR) + 1)
    whole = start.replace(minute=0, second=0, microsecond=0)
    times = [whole + index * _HOUR for index in hours]
    return [at for at in times if _offset(at, there) < _offset(at - _HOUR, there) and start < at < end]


def _offset(at: datetime, there: tzinfo) -> timedelta:
    offset = at.astimezone(there).utcoffset()
    return offset or timedelta()


def _rest_of_day(change: datetime, timezone: str) -> Span:
    there = zone(timezone)
    next_day = change.astimezone(there).date() + timedelta(days=1)
    end = datetime.combine(next_day, time(), there).astimezone(UTC)
    start = change - _HOUR
    reason = (
        f"one price holds all through the hour from {start:%Y-%m-%d %H:%M}Z, which the clock shows twice: prices from "
        "it to the end of the day may be an hour late, and none is used"
    )
    return Span(start=start, end=end, reason=reason)


def is_miscounted_day(start: datetime, end: datetime, timezone: str) -> bool:
    """Whether a time that begins at a local midnight has 24 hours on a day that has 23 or 25."""
    there = zone(timezone)
    local = start.astimezone(there)
    if local.time() != time() or end - start != timedelta(days=1):
        return False
    next_midnight = datetime.combine(local.date() + timedelta(days=1), time(), there)
    return next_midnight.astimezone(UTC) != end.astimezone(UTC)
