"""A day's orders as dated events in a device's own schedule (Exception_Schedule).

A weekly schedule has no dates, so that a day's plan would come again a week later: only dated events are written. A
schedule knows local clock time alone; a day on which the clock changes is refused, and has to be driven by setpoints.
The device itself follows the schedule, by its own clock, also when we are gone: no meter ceiling and no guard stand
between. It is for charging: `bms.publishing.schedules` writes nothing else.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from bacpypes3.basetypes import CalendarEntry, SpecialEvent, SpecialEventPeriod, TimeValue
from bacpypes3.constructeddata import AnyAtomic, ArrayOf
from bacpypes3.primitivedata import Date, Null, Real, Time, Unsigned

from ridethrough.bms.drivers.bacnet.link import BacnetLink
from ridethrough.bms.drivers.driver import UnableToAcknowledge, UnableToApply

EXCEPTION_SCHEDULE = "exception-schedule"
_FIRST_YEAR = 1900
_ANY_WEEKDAY = 255
_SAME = 1e-3
_Day = tuple[date, tuple[tuple[time, float | None], ...]]
"""A date, and the values that begin at its times; None gives the point back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedOrder:
    """A power from `start` to `end`; discharge above 0, charge below 0, kW."""

    start: datetime
    end: datetime
    net_discharge_kw: float


async def write_schedule(
    link: BacnetLink,
    schedule: str,
    orders: Sequence[DatedOrder],
    *,
    timezone: str,
    priority: int = 10,
    sign: float = 1.0,
) -> None:
    """Write `orders` as the only dated events of a schedule object, and read them back.

    Raises `UnableToApply` for orders that a schedule cannot hold or the device refuses, `UnableToAcknowledge` where it
    holds others afterwards, `UnableToReach`.
    """
    days = list(_days(orders, ZoneInfo(timezone), sign))
    events = ArrayOf(SpecialEvent)([_event(day, priority) for day in days])
    async with link.asking():
        await link.write(schedule, events, priority=None, prop=EXCEPTION_SCHEDULE)
        told = (await link.read({schedule: (EXCEPTION_SCHEDULE,)})).get((schedule, EXCEPTION_SCHEDULE), ())
    if not _same(days, [_day_of(event) for event in told]):
        raise UnableToAcknowledge(f"{link.address}: {schedule} holds other events than were written to it")


def _days(orders: Sequence[DatedOrder], zone: ZoneInfo, sign: float) -> Iterable[_Day]:
    """The values of each local date, in the order of time."""
    by_time = sorted(orders, key=lambda each: each.start)
    for before, after in pairwise(by_time):
        if after.start < before.end:
            raise UnableToApply(f"two orders are in force at {after.start.isoformat()}")
    values: dict[date, list[tuple[time, float | None]]] = {}
    for order in by_time:
        for start, end in _by_date(order, zone):
            of_day = values.setdefault(start.date(), [])
            if of_day and of_day[-1] == (start.time(), None):
                of_day.pop()
            of_day.append((start.time(), sign * order.net_discharge_kw))
            if end.date() == start.date():
                of_day.append((end.time(), None))
    for day, found in values.items():
        yield day, tuple(found)


def _by_date(order: DatedOrder, zone: ZoneInfo) -> Iterable[tuple[datetime, datetime]]:
    """An order cut at local midnights."""
    start, end = order.start.astimezone(zone), order.end.astimezone(zone)
    if start >= end:
        raise UnableToApply(f"an order ends at {end.isoformat()}, not after its start")
    while start < end:
        midnight = datetime.combine(start.date() + timedelta(days=1), time(), zone)
        first = datetime.combine(start.date(), time(), zone)
        if first.utcoffset() != midnight.utcoffset():
            raise UnableToApply(f"the clock changes on {start.date()}: a schedule cannot tell its hours apart")
        yield start, min(end, midnight)
        start = midnight


def _event(day: _Day, priority: int) -> Any:  # noqa: ANN401 - the library's
    on, values = day
    at = Date((on.year - _FIRST_YEAR, on.month, on.day, _ANY_WEEKDAY))
    return SpecialEvent(
        period=SpecialEventPeriod(calendarEntry=CalendarEntry(date=at)),
        listOfTimeValues=[
            TimeValue(time=Time(f"{when:%H:%M:%S}.00"), value=AnyAtomic(Null(()) if value is None else Real(value)))
            for when, value in values
        ],
        eventPriority=Unsigned(priority),
    )


def _day_of(event: Any) -> _Day | None:  # noqa: ANN401 - the library's
    """The day of an event that was read back; None for one that is not of a date."""
    entry = event.period.calendarEntry
    if entry is None or entry.date is None:
        return None
    year, month, day, _ = entry.date
    values = []
    for each in event.listOfTimeValues:
        hour, minute, second, _ = each.time
        value = each.value.get_value()
        values.append((time(hour, minute, second), None if isinstance(value, Null) else float(value)))
    return date(year + _FIRST_YEAR, month, day), tuple(values)


def _same(written: Sequence[_Day], told: Sequence[_Day | None]) -> bool:
    """Whether the same values begin at the same times; a device holds numbers of 32 bits."""
    if [each and (each[0], [when for when, _ in each[1]]) for each in told] != [
        (day, [when for when, _ in values]) for day, values in written
    ]:
        return False
    pairs = (
        pair for one, other in zip(written, told, strict=True) if other for pair in zip(one[1], other[1], strict=True)
    )
    return all(_alike(one, other) for (_, one), (_, other) in pairs)


def _alike(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) <= _SAME * max(1.0, abs(one))
