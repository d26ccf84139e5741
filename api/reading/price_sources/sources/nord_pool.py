"""Day-ahead prices of Nord Pool's market data API. User and password come from the environment, and are in no message.

| the status of a day | rule |
|---|---|
| Final | its prices count |
| Preliminary, in the market's own currency | the auction may be calculated anew: there are no prices yet |
| Preliminary, in another currency | where the day is final in the market's own, they count, and are named |
| Missing, or no content (204) | there are no prices yet |
| Cancelled | there are none, and it is named |

Where a day is final in the market's own currency, only the exchange rate may still change: it is fixed on banking days.
A price that is null, and one outside its own delivery day, is left out and named.

Source: Nord Pool, Market Data API v2, `Auction/Prices/ByAreas`.
"""

import base64
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from ridethrough.api.reading.price_sources.answers import (
    check_currency,
    is_price,
    json_of,
    quotes_over,
    unit_factor,
    unreadable,
)
from ridethrough.api.reading.price_sources.assembling import Quote, assembled
from ridethrough.api.reading.price_sources.fetching import Limits, Request, fetch
from ridethrough.api.reading.price_sources.price_source import FetchedPrices, PriceQuestion, UnableToFetchPrices
from ridethrough.api.reading.price_sources.zones import nord_pool_area
from ridethrough.api.reading.series.time_series import is_plausible
from ridethrough.domain.horizon import zone
from ridethrough.tariffs.documents.printable import printable

ADDRESS = "https://data-api.nordpoolgroup.com"
TOKEN_ADDRESS = "https://sts.nordpoolgroup.com/connect/token"  # noqa: S105 - an address
USER_NAME, PASSWORD_NAME = "NORDPOOL_USERNAME", "NORDPOOL_PASSWORD"
MARKET = "DayAhead"
MARKET_TIMEZONE = "Europe/Berlin"
"""Delivery days are those of Central European time, in every zone."""
_CLIENT = "client_marketdata_api"
"""The program as Nord Pool's documentation has all programs name themselves; it says nothing of who asks."""
_SCOPE = "marketdata_api"
_NO_CONTENT, _BAD_REQUEST, _UNAUTHORIZED = 204, 400, 401
_DAY = timedelta(days=1)
_MOST_PERIODS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class NordPool:
    """The API at `address`, with tokens from `token_address`."""

    address: str = ADDRESS
    token_address: str = TOKEN_ADDRESS
    limits: Limits = field(default_factory=Limits)
    name: str = "nord-pool"

    def fetch(self, question: PriceQuestion) -> FetchedPrices:
        """Ask for each delivery day that the question touches, see `PriceSource`."""
        asked = _Asked(source=self, question=question, area=nord_pool_area(question.zone), token=self._token(question))
        quotes: list[Quote] = []
        notes: list[str] = []
        for day in _delivery_days(question):
            found = asked.day_of(day, question.currency)
            if found is None or not _is_usable(asked, day, found, notes):
                continue
            quotes += _quotes_of(found, asked, day, notes)
        return assembled(self.name, quotes, question, notes=notes)

    def _token(self, question: PriceQuestion) -> str:
        user, password = _secrets()
        if not user or not password:
            remedy = (
                f"set the environment variables {USER_NAME} and {PASSWORD_NAME}, which Nord Pool gives to subscribers"
            )
            raise UnableToFetchPrices(self.name, "there is no key", remedy=remedy)
        client = base64.b64encode(f"{_CLIENT}:{_CLIENT}".encode()).decode()
        form = {"grant_type": "password", "scope": _SCOPE, "username": user, "password": password}
        request = Request(
            source=self.name,
            url=self.token_address,
            form=form,
            headers={"Authorization": f"Basic {client}"},
            now=question.now,
            secrets=_secrets(),
            limits=self.limits,
        )
        answer = fetch(request, also=(_BAD_REQUEST, _UNAUTHORIZED))
        if answer.status in (_BAD_REQUEST, _UNAUTHORIZED):
            remedy = f"check {USER_NAME} and {PASSWORD_NAME}"
            raise UnableToFetchPrices(self.name, "user and password are not accepted", remedy=remedy)
        document = json_of(self.name, answer)
        token = document.get("access_token") if isinstance(document, dict) else None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable():
            raise unreadable(self.name, "no access_token")
        return token


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What is asked, and by which token."""

    source: NordPool
    question: PriceQuestion
    area: str
    token: str

    def day_of(self, day: date, currency: str) -> Mapping[str, Any] | None:
        """What the API says of one delivery day in one currency; None where it says nothing yet."""
        request = Request(
            source=self.source.name,
            url=f"{self.source.address}/api/v2/Auction/Prices/ByAreas",
            query={"market": MARKET, "areas": self.area, "currency": currency, "date": day.isoformat()},
            headers={"Authorization": f"Bearer {self.token}"},
            now=self.question.now,
            secrets=(self.token, *_secrets()),
            limits=self.source.limits,
        )
        answer = fetch(request, also=(_NO_CONTENT,))
        if answer.status == _NO_CONTENT:
            return None
        entries = json_of(self.source.name, answer)
        if not isinstance(entries, list) or not all(isinstance(each, dict) for each in entries):
            raise unreadable(self.source.name, "no list of areas")
        wanted = {"market": MARKET, "deliveryArea": self.area, "deliveryDateCET": day.isoformat()}
        found = [each for each in entries if all(each.get(name) == value for name, value in wanted.items())]
        if len(found) > 1:
            raise unreadable(self.source.name, f"{self.area} is there {len(found)} times on {day}")
        return found[0] if found else None


def _secrets() -> tuple[str, str]:
    """The user and the password, as the environment has them."""
    return os.environ.get(USER_NAME, "").strip(), os.environ.get(PASSWORD_NAME, "").strip()


def _delivery_days(question: PriceQuestion) -> Iterator[date]:
    there = zone(MARKET_TIMEZONE)
    day = question.start.astimezone(there).date()
    while datetime.combine(day, time(), there) < question.end:
        yield day
        day += _DAY


def _is_usable(asked: _Asked, day: date, found: Mapping[str, Any], notes: list[str]) -> bool:
    """Whether the prices of a day count by its status; what is not plain is named."""
    status = str(found.get("status"))
    if status == "Cancelled":
        notes.append(f"the auction for {day} was cancelled")
    if status not in ("Final", "Preliminary", "Missing", "Cancelled"):
        raise unreadable(asked.source.name, f"the status {printable(status)[:40]} of {day}")
    if status != "Preliminary":
        return status == "Final"
    own = str(found.get("marketMainCurrency"))
    if own != asked.question.currency and _is_currency(own):
        in_own = asked.day_of(day, own)
        if in_own is not None and in_own.get("status") == "Final":
            notes.append(f"prices of {day} are preliminary: the exchange rate from {own} may still change")
            return True
    notes.append(f"prices of {day} are preliminary, and none is used: the auction may be calculated anew")
    return False


def _is_currency(written: str) -> bool:
    return len(written) == len("EUR") and written.isascii() and written.isalpha()


def _quotes_of(found: Mapping[str, Any], asked: _Asked, day: date, notes: list[str]) -> list[Quote]:
    source = asked.source.name
    check_currency(source, str(found.get("currency") or ""), asked.question)
    currency, _, energy = str(found.get("unit") or "").partition("/")
    check_currency(source, currency, asked.question)
    factor = unit_factor(source, energy)
    periods = found.get("prices")
    if not isinstance(periods, list) or len(periods) > _MOST_PERIODS:
        raise unreadable(source, f"no list of prices of {day}")
    there = zone(MARKET_TIMEZONE)
    first, end = (datetime.combine(each, time(), there).astimezone(UTC) for each in (day, day + _DAY))
    quotes: list[Quote] = []
    empty = outside = 0
    for each in periods:
        start, until, price = _period(each, source)
        if price is None:
            empty += 1
        elif start < first or until > end:
            outside += 1
        else:
            quotes += quotes_over(start, until - start, price * factor)
    if empty:
        notes.append(f"{empty} prices of {day} are empty: nothing was traded")
    if outside:
        notes.append(f"{outside} prices that came with {day} are of another day, and left out")
    return quotes


def _period(written: object, source: str) -> tuple[datetime, datetime, float | None]:
    if not isinstance(written, dict):
        raise unreadable(source, "a price is no object")
    start, end = (_moment(written.get(name), source) for name in ("deliveryStart", "deliveryEnd"))
    if end <= start:
        raise unreadable(source, "a price ends before it begins")
    price = written.get("price")
    if price is not None and not is_price(price):
        raise unreadable(source, "a price is no number")
    return start, end, None if price is None else float(price)


def _moment(written: object, source: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written if isinstance(written, str) else "")
    except ValueError as error:
        raise unreadable(source, "a time cannot be read") from error
    if not is_plausible(moment):
        raise unreadable(source, "a time has no UTC offset, or is not of this age")
    return moment.astimezone(UTC)
