"""Prices of an OpenADR 3 server: events of a program with payloads of type PRICE.

| | rule |
|---|---|
| an interval without a period of its own | it follows the one before, as long as the event's period says |
| events that give one time different prices | the higher priority counts, then the newer modification; else none |
| an event that does not say its unit and currency | it is left out, and named |
| an event whose times cannot be read, or whose start is drawn at random | it is left out, and named |

Source: OpenADR Alliance, OpenADR 3 definitions and user guide.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from ridethrough.api.reading.price_sources.answers import check_currency, is_price, json_of, quotes_over, unit_factor
from ridethrough.api.reading.price_sources.answers import unreadable as unreadable_answer
from ridethrough.api.reading.price_sources.assembling import Quote, assembled
from ridethrough.api.reading.price_sources.durations import duration
from ridethrough.api.reading.price_sources.fetching import Limits, Request, fetch
from ridethrough.api.reading.price_sources.keys import key_for
from ridethrough.api.reading.price_sources.price_source import FetchedPrices, PriceQuestion
from ridethrough.api.reading.series.time_series import is_plausible
from ridethrough.tariffs.documents.printable import printable

TOKEN_NAME = "OPENADR_TOKEN"  # noqa: S105 - the name of a variable
PAGE = 50
"""The most events that a server gives at once."""
_MOST_PAGES = 40
_PRICE = "PRICE"
_LOWEST_PRIORITY = 10**9
_LONGEST_EVENT = 50_000
_ALWAYS = ("", "PT0S")


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAdr:
    """The server at `address`, whose zones are the ids of its programs. A token comes from the environment."""

    address: str
    limits: Limits = field(default_factory=Limits)
    name: str = "openadr"

    def fetch(self, question: PriceQuestion) -> FetchedPrices:
        """Ask for all price events of a program, see `PriceSource`."""
        quotes: list[Quote] = []
        notes: list[str] = []
        for event in self._events(question):
            try:
                quotes += _quotes_of(event, self.name, question)
            except _UnusableEventError as error:
                name = printable(str(event.get("eventName") or event.get("id") or "without a name"))[:60]
                notes.append(f"the event {name} is left out: {error}")
        return assembled(self.name, quotes, question, notes=notes)

    def _events(self, question: PriceQuestion) -> Iterator[Mapping[str, Any]]:
        token = key_for(self.name, TOKEN_NAME, self.address, question)
        for page in range(_MOST_PAGES):
            request = Request(
                source=self.name,
                url=f"{self.address}/events",
                query={"programID": question.zone, "skip": str(page * PAGE), "limit": str(PAGE)},
                headers={"Authorization": f"Bearer {token}"} if token else {},
                now=question.now,
                secrets=(token,),
                limits=self.limits,
                address_of=question.address_of,
            )
            events = json_of(self.name, fetch(request))
            if not isinstance(events, list) or not all(isinstance(each, dict) for each in events):
                raise unreadable_answer(self.name, "no list of events")
            yield from events
            if len(events) < PAGE:
                return
        raise unreadable_answer(self.name, f"more than {_MOST_PAGES * PAGE:,} events")


class _UnusableEventError(ValueError):
    """An event whose prices cannot be used."""


def _quotes_of(event: Mapping[str, Any], source: str, question: PriceQuestion) -> list[Quote]:
    intervals = event.get("intervals")
    if not isinstance(intervals, list) or len(intervals) > _LONGEST_EVENT:
        raise _UnusableEventError("it has no list of intervals")
    if event.get("programID") not in (None, question.zone):
        raise _UnusableEventError("it is of another program")
    priced = [(each, price) for each in intervals if (price := _price(each)) is not None]
    if not priced:
        return []
    factor = _factor(event, source, question)
    issue = _issue(event)
    quotes: list[Quote] = []
    prices = {id(each): price for each, price in priced}
    for each, (start, span) in zip(intervals, _periods(event, intervals), strict=True):
        if id(each) in prices:
            quotes += quotes_over(start, span, prices[id(each)] * factor, issue)
    return quotes


def _price(interval: object) -> float | None:
    """The price of an interval; None where it has none."""
    payloads = interval.get("payloads") if isinstance(interval, dict) else None
    for payload in payloads if isinstance(payloads, list) else ():
        if isinstance(payload, dict) and payload.get("type") == _PRICE:
            values = payload.get("values")
            if not isinstance(values, list) or len(values) != 1 or not is_price(values[0]):
                raise _UnusableEventError("a price of it is not one number")
            return float(values[0])
    return None


def _factor(event: Mapping[str, Any], source: str, question: PriceQuestion) -> float:
    descriptors = event.get("payloadDescriptors")
    for each in descriptors if isinstance(descriptors, list) else ():
        if isinstance(each, dict) and each.get("payloadType") == _PRICE:
            check_currency(source, str(each.get("currency") or ""), question)
            return unit_factor(source, str(each.get("units") or ""))
    raise _UnusableEventError("it does not say the unit and the currency of its prices")


def _issue(event: Mapping[str, Any]) -> tuple[int, str]:
    priority = event.get("priority")
    rank = priority if isinstance(priority, int) and 0 <= priority < _LOWEST_PRIORITY else _LOWEST_PRIORITY
    written = event.get("modificationDateTime") or event.get("createdDateTime") or ""
    moment = _moment(written) if written else datetime.min.replace(tzinfo=UTC)
    return -rank, moment.astimezone(UTC).isoformat()


def _periods(event: Mapping[str, Any], intervals: list[Any]) -> Iterator[tuple[datetime, timedelta]]:
    """From when on, and how long, each interval is."""
    shared = event.get("intervalPeriod")
    at = _start(shared) if isinstance(shared, dict) else None
    for each in intervals:
        own = each.get("intervalPeriod") if isinstance(each, dict) else None
        given = own if isinstance(own, dict) else shared
        if not isinstance(given, dict):
            raise _UnusableEventError("an interval of it has no time")
        start = _start(own) if isinstance(own, dict) else at
        span = _span(given)
        if start is None:
            raise _UnusableEventError("an interval of it has no start")
        at = start + span
        yield start, span


def _start(period: Mapping[str, Any]) -> datetime:
    if period.get("randomizeStart") not in (None, *_ALWAYS):
        raise _UnusableEventError("its start is drawn at random")
    return _moment(period.get("start"))


def _span(period: Mapping[str, Any]) -> timedelta:
    written = period.get("duration")
    span = duration(written) if isinstance(written, str) else None
    if not span:
        raise _UnusableEventError("an interval of it has no duration of days, hours and minutes")
    return span


def _moment(written: object) -> datetime:
    try:
        moment = datetime.fromisoformat(written if isinstance(written, str) else "")
    except ValueError as error:
        raise _UnusableEventError("a time of it cannot be read") from error
    if not is_plausible(moment):
        raise _UnusableEventError("a time of it has no UTC offset, or is not of this age")
    return moment
