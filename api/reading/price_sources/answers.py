"""What the readers of all sources have in common: units and currencies, JSON, and prices of long intervals."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from ridethrough.api.reading.price_sources.assembling import Quote
from ridethrough.api.reading.price_sources.fetching import Answer
from ridethrough.api.reading.price_sources.price_source import PriceQuestion, UnableToFetchPrices
from ridethrough.domain import UnableToAccept
from ridethrough.tariffs.documents.printable import printable
from ridethrough.tariffs.documents.written_text import json_document

_HOUR = timedelta(hours=1)
_LONGEST = timedelta(days=31)
_HIGHEST = 1e9
_PER_KWH = {"kwh": 1.0, "mwh": 0.001}


def json_of(source: str, answer: Answer) -> Any:  # noqa: ANN401 - a document may be anything until it is looked at
    """The JSON of an answer.

    Raises `UnableToFetchPrices` where it is none.
    """
    try:
        return json_document(answer.content.decode("utf-8"), source=source)
    except (UnableToAccept, UnicodeDecodeError) as error:
        raise unreadable(source, "no JSON in UTF-8") from error


def unreadable(source: str, what: str) -> UnableToFetchPrices:
    """The error for an answer that is not in the form that the source has documented."""
    return UnableToFetchPrices(
        source, f"the answer cannot be read: {what}", remedy="it is asked again; if it stays, the form has changed"
    )


def is_price(value: object) -> bool:
    """Whether a value of a JSON document can be a price in any unit and currency.

    >>> is_price(-0.5), is_price(True), is_price("1"), is_price(10**400)
    (True, False, False, False)
    """
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -_HIGHEST < value < _HIGHEST


def unit_factor(source: str, written: str) -> float:
    """The factor of an energy unit, as prices name it, to a price per kWh.

    Raises `UnableToFetchPrices` for any other unit.

    >>> unit_factor("entso-e", "MWH")
    0.001
    """
    found = _PER_KWH.get(written.strip().lower())
    if found is None:
        shown = printable(written.strip())[:40] or "no unit"
        raise UnableToFetchPrices(source, f"prices per {shown}", remedy="only prices per kWh or MWh are read")
    return found


def check_currency(source: str, written: str, question: PriceQuestion) -> None:
    """Check that prices are in the currency of the site.

    Raises `UnableToFetchPrices` where they are not: nothing is converted.
    """
    if written.strip().upper() != question.currency:
        shown = printable(written.strip())[:20] or "no currency"
        remedy = "name a zone or a source in the site's currency: prices are not converted"
        raise UnableToFetchPrices(
            source, f"prices in {shown}, and the site's are in {question.currency}", remedy=remedy
        )


def quotes_over(
    start: datetime, span: timedelta, price_per_kwh: float, issue: tuple[int | str, ...] = ()
) -> Iterator[Quote]:
    """The price of an interval; one of several hours is a price of each hour."""
    if _HOUR < span <= _LONGEST and not span % _HOUR:
        for index in range(span // _HOUR):
            yield Quote(start=start + index * _HOUR, step=_HOUR, price_per_kwh=price_per_kwh, issue=issue)
    else:
        yield Quote(start=start, step=span, price_per_kwh=price_per_kwh, issue=issue)
