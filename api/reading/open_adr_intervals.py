"""The times of an OpenADR 3 event: from when on, and how long, each of its intervals is.

An interval without a period of its own follows the one before, as long as the event's period says.

Source: OpenADR Alliance, OpenADR 3 definitions and user guide.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from ridethrough.api.reading.price_sources.durations import duration
from ridethrough.api.reading.series.time_series import is_plausible

LONGEST_EVENT = 50_000
"""The most intervals of an event that is read."""
WITHOUT_END = timedelta(days=36_500)
_ENDLESS = "P9999Y"
_ALWAYS = ("", "PT0S")


class UnusableEventError(ValueError):
    """An event that cannot be used, and why."""


def periods(event: Mapping[str, Any], intervals: list[Any]) -> Iterator[tuple[datetime, timedelta]]:
    """The start and the length of each interval; one that has no end lasts `WITHOUT_END`.

    Raises `UnusableEventError`.
    """
    shared = event.get("intervalPeriod")
    at = _start(shared) if isinstance(shared, dict) else None
    for each in intervals:
        own = each.get("intervalPeriod") if isinstance(each, dict) else None
        given = own if isinstance(own, dict) else shared
        if not isinstance(given, dict):
            raise UnusableEventError("an interval of it has no time")
        start = _start(own) if isinstance(own, dict) else at
        span = _span(given)
        if start is None:
            raise UnusableEventError("an interval of it has no start")
        at = start + span
        yield start, span


def moment_of(written: object) -> datetime:
    """The time that is written; raises `UnusableEventError` for one without a UTC offset, or not of this age."""
    try:
        moment = datetime.fromisoformat(written if isinstance(written, str) else "")
    except ValueError as error:
        raise UnusableEventError("a time of it cannot be read") from error
    if not is_plausible(moment):
        raise UnusableEventError("a time of it has no UTC offset, or is not of this age")
    return moment


def _start(period: Mapping[str, Any]) -> datetime:
    if period.get("randomizeStart") not in (None, *_ALWAYS):
        raise UnusableEventError("its start is drawn at random")
    return moment_of(period.get("start"))


def _span(period: Mapping[str, Any]) -> timedelta:
    written = period.get("duration")
    if written == _ENDLESS:
        return WITHOUT_END
    span = duration(written) if isinstance(written, str) else None
    if not span:
        raise UnusableEventError("an interval of it has no duration of days, hours and minutes")
    return span
