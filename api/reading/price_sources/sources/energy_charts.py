"""Day-ahead prices of energy-charts (Fraunhofer ISE): JSON, no key.

The answer has `unix_seconds`, `price` and `unit`. It says when an interval begins and not how long it is: an interval
is as long as the shorter of the times from the one before and to the next one, so that a gap never stretches a price.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from ridethrough.api.reading.price_sources.answers import check_currency, is_price, json_of, unit_factor, unreadable
from ridethrough.api.reading.price_sources.assembling import Quote, assembled
from ridethrough.api.reading.price_sources.fetching import Limits, Request, fetch
from ridethrough.api.reading.price_sources.price_source import FetchedPrices, PriceQuestion
from ridethrough.api.reading.price_sources.zones import zone_named
from ridethrough.domain.horizon import zone

ADDRESS = "https://api.energy-charts.info"
_OK, _NOT_FOUND = 200, 404
_MOST_PRICES = 10_000
_LATEST_S = int(datetime(2200, 1, 1, tzinfo=UTC).timestamp())
_HOUR_S = 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyCharts:
    """The service at `address`."""

    address: str = ADDRESS
    limits: Limits = field(default_factory=Limits)
    name: str = "energy-charts"

    def fetch(self, question: PriceQuestion) -> FetchedPrices:
        """Ask for the days that the question touches, see `PriceSource`."""
        there = zone(question.timezone)
        last = question.end - timedelta(microseconds=1)
        query = {
            "bzn": zone_named(question.zone).energy_charts,
            "start": f"{question.start.astimezone(there):%Y-%m-%d}",
            "end": f"{last.astimezone(there):%Y-%m-%d}",
        }
        request = Request(
            source=self.name,
            url=f"{self.address}/price",
            query=query,
            now=question.now,
            limits=self.limits,
            address_of=question.address_of,
        )
        answer = fetch(request, also=(_NOT_FOUND,))
        if answer.status != _OK:
            return assembled(self.name, (), question, notes=("the source has no prices of these days yet (404)",))
        document = json_of(self.name, answer)
        if not isinstance(document, dict):
            raise unreadable(self.name, "no object")
        factor = self._factor(document.get("unit"), question)
        times, prices = self._columns(document)
        quotes = list(_quotes(times, prices, factor))
        notes = ["the source says that this address is deprecated"] if document.get("deprecated") is True else []
        holes = sum(price is None for price in prices)
        if holes:
            notes.append(f"{holes} prices are empty")
        return assembled(self.name, quotes, question, notes=notes)

    def _factor(self, written: object, question: PriceQuestion) -> float:
        currency, _, energy = written.partition("/") if isinstance(written, str) else ("", "", "")
        check_currency(self.name, currency, question)
        return unit_factor(self.name, energy)

    def _columns(self, document: dict[str, object]) -> tuple[list[int], list[float | None]]:
        times, prices = document.get("unix_seconds"), document.get("price")
        if not isinstance(times, list) or not isinstance(prices, list):
            raise unreadable(self.name, "unix_seconds and price are to be lists")
        if len(times) != len(prices) or len(times) > _MOST_PRICES:
            raise unreadable(self.name, f"{len(times)} times and {len(prices)} prices")
        if not all(type(each) is int and 0 <= each < _LATEST_S for each in times):
            raise unreadable(self.name, "unix_seconds are to be whole seconds since 1970")
        if not all(each is None or is_price(each) for each in prices):
            raise unreadable(self.name, "price is to hold numbers")
        return times, prices


def _quotes(times: Sequence[int], prices: Sequence[float | None], factor: float) -> Iterator[Quote]:
    distinct = sorted(set(times))
    steps = dict(zip(distinct, _steps(distinct), strict=True))
    for at, price in zip(times, prices, strict=True):
        step = steps[at]
        if price is not None and step:
            start = datetime.fromtimestamp(at, UTC)
            yield Quote(start=start, step=timedelta(seconds=step), price_per_kwh=price * factor)


def _steps(times: Sequence[int]) -> Iterator[int]:
    """How long each interval is; 0 where nothing tells."""
    for index, at in enumerate(times):
        before = at - times[index - 1] if index else _LATEST_S
        after = times[index + 1] - at if index + 1 < len(times) else _LATEST_S
        shorter = min(before, after)
        yield shorter if shorter <= _HOUR_S else 0
