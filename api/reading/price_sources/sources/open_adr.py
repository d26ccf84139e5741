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
from datetime import UTC, datetime
from typing import Any

from ridethrough.api.reading.open_adr_intervals import (
    LONGEST_EVENT,
    WITHOUT_END,
    UnusableEventError,
    moment_of,
    periods,
)
from ridethrough.api.reading.price_sources.answers import check_currency, is_price, json_of, quotes_over, unit_factor
from ridethrough.api.reading.price_sources.answers import unreadable as unreadable_answer
from ridethrough.api.reading.price_sources.assembling import Quote, assembled
from ridethrough.api.reading.price_sources.fetching import Limits, Request, fetch
from ridethrough.api.reading.price_sources.keys import key_for
from ridethrough.api.reading.price_sources.price_source import FetchedPrices, PriceQuestion
from ridethrough.tariffs.documents.printable import printable

TOKEN_NAME = "OPENADR_TOKEN"  # noqa: S105 - the name of a variable
PAGE = 50
"""The most events that a server gives at once."""
_MOST_PAGES = 40
_PRICE = "PRICE"
_LOWEST_PRIORITY = 10**9


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
            except UnusableEventError as error:
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


def _quotes_of(event: Mapping[str, Any], source: str, question: PriceQuestion) -> list[Quote]:
    intervals = event.get("intervals")
    if not isinstance(intervals, list) or len(intervals) > LONGEST_EVENT:
        raise UnusableEventError("it has no list of intervals")
    if event.get("programID") not in (None, question.zone):
        raise UnusableEventError("it is of another program")
    priced = [(each, price) for each in intervals if (price := _price(each)) is not None]
    if not priced:
        return []
    factor = _factor(event, source, question)
    issue = _issue(event)
    quotes: list[Quote] = []
    prices = {id(each): price for each, price in priced}
    for each, (start, span) in zip(intervals, periods(event, intervals), strict=True):
        if id(each) in prices:
            if span == WITHOUT_END:
                raise UnusableEventError("an interval of it has no end")
            quotes += quotes_over(start, span, prices[id(each)] * factor, issue)
    return quotes


def _price(interval: object) -> float | None:
    """The price of an interval; None where it has none."""
    payloads = interval.get("payloads") if isinstance(interval, dict) else None
    for payload in payloads if isinstance(payloads, list) else ():
        if isinstance(payload, dict) and payload.get("type") == _PRICE:
            values = payload.get("values")
            if not isinstance(values, list) or len(values) != 1 or not is_price(values[0]):
                raise UnusableEventError("a price of it is not one number")
            return float(values[0])
    return None


def _factor(event: Mapping[str, Any], source: str, question: PriceQuestion) -> float:
    descriptors = event.get("payloadDescriptors")
    for each in descriptors if isinstance(descriptors, list) else ():
        if isinstance(each, dict) and each.get("payloadType") == _PRICE:
            check_currency(source, str(each.get("currency") or ""), question)
            return unit_factor(source, str(each.get("units") or ""))
    raise UnusableEventError("it does not say the unit and the currency of its prices")


def _issue(event: Mapping[str, Any]) -> tuple[int, str]:
    priority = event.get("priority")
    rank = priority if isinstance(priority, int) and 0 <= priority < _LOWEST_PRIORITY else _LOWEST_PRIORITY
    written = event.get("modificationDateTime") or event.get("createdDateTime") or ""
    moment = moment_of(written) if written else datetime.min.replace(tzinfo=UTC)
    return -rank, moment.astimezone(UTC).isoformat()
