"""The price document of the ENTSO-E transparency platform: `Publication_MarketDocument` of type A44, and its refusals.

A document has time series, each with a currency, a unit, a sequence and a curve type; a time series has periods, each
with the time it covers, a resolution, and points numbered from 1.

| | rule |
|---|---|
| curve A03 | a point that is left out has the price of the one before; before the first point there is none |
| curve A01 | a point that is left out is missing |
| other curves | the period is not used, and named |
| points outside the period, no whole number of points | the period is not used, and named |
| a period of 24 h that begins at midnight of a day of 23 or 25 h | it is not used, and named |
| a sequence other than the one asked for (another auction) | it is left out, and counted |
| an agreement that is not daily (A01) | it is left out, and counted |

Source: ENTSO-E, implementation guides of the publication document and of curve types (IEC 62325-451-3, 62325-351).
"""

import math
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from xml.etree.ElementTree import Element

from ridethrough.api.reading.price_sources.answers import check_currency, quotes_over, unit_factor, unreadable
from ridethrough.api.reading.price_sources.assembling import Quote
from ridethrough.api.reading.price_sources.clock_changes import is_miscounted_day
from ridethrough.api.reading.price_sources.durations import duration
from ridethrough.api.reading.price_sources.price_source import PriceQuestion, UnableToFetchPrices
from ridethrough.api.reading.series.time_series import is_plausible
from ridethrough.api.reading.tables.safe_xml import xml_root
from ridethrough.domain import UnableToAccept
from ridethrough.tariffs.documents.printable import printable

PUBLICATION, REFUSAL = "Publication_MarketDocument", "Acknowledgement_MarketDocument"
_DAILY = "A01"
_EVERY_POINT, _LEFT_OUT_HOLDS = "A01", "A03"
_MOST_POINTS = 50_000
_NO_DATA = re.compile(r"no matching data", re.IGNORECASE)
_NUMBER = re.compile(r"[-+]?\d{1,12}(\.\d{1,12})?", re.ASCII)
_SHOWN = 200


@dataclass(slots=True)
class PriceDocument:
    """What a document says: the prices that can be used, and what could not."""

    quotes: list[Quote] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the document was asked for: a question, the zone's code, and the sequence (auction) that counts."""

    source: str
    question: PriceQuestion
    eic: str
    sequence: str


def price_document(content: bytes, asked: Asked) -> PriceDocument:
    """Read a document; one that says that there are no data has no prices.

    Raises `UnableToFetchPrices` for any other refusal, and for what is no such document.
    """
    try:
        root = xml_root(content, asked.source)
    except UnableToAccept as error:
        raise unreadable(asked.source, str(error.faults[0].value)) from error
    name = _plain(root)
    if name == REFUSAL:
        return _refusal(root, asked)
    if name != PUBLICATION:
        raise unreadable(asked.source, f"a document named {printable(name)[:60]}")
    document = PriceDocument()
    skipped: dict[str, int] = defaultdict(int)
    for series in _children(root, "TimeSeries"):
        reason = _left_out(series, asked)
        if reason:
            skipped[reason] += 1
        else:
            _read_series(series, asked, document)
    document.notes += [f"{count} time series left out: {reason}" for reason, count in skipped.items()]
    return document


def _refusal(root: Element, asked: Asked) -> PriceDocument:
    said = [f"{_text(each, 'code')} {_text(each, 'text')}".strip() for each in _children(root, "Reason")]
    text = printable("; ".join(said))[:_SHOWN]
    if _NO_DATA.search(text):
        return PriceDocument(notes=["the platform has no prices of this time yet"])
    raise UnableToFetchPrices(asked.source, f"the platform refuses: {text or 'no reason'}", remedy="check zone and key")


def _left_out(series: Element, asked: Asked) -> str:
    """Why a time series is not one of those asked for; empty where it is."""
    for name in ("in_Domain.mRID", "out_Domain.mRID"):
        there = _text(series, name)
        if there and there != asked.eic:
            return f"they are of another zone ({printable(there)[:20]})"
    agreement = _text(series, "contract_MarketAgreement.type")
    if agreement not in ("", _DAILY):
        return f"their agreement is {printable(agreement)[:10]}, not daily ({_DAILY})"
    sequence = _text(series, "classificationSequence_AttributeInstanceComponent.position")
    if sequence not in ("", asked.sequence):
        return f"they are of sequence {printable(sequence)[:10]}, another auction than sequence {asked.sequence}"
    return ""


def _read_series(series: Element, asked: Asked, document: PriceDocument) -> None:
    check_currency(asked.source, _text(series, "currency_Unit.name"), asked.question)
    factor = unit_factor(asked.source, _text(series, "price_Measure_Unit.name"))
    curve = _text(series, "curveType") or _EVERY_POINT
    for period in _children(series, "Period"):
        try:
            document.quotes += _quotes(_period(period, asked, curve), factor, document.notes)
        except _UnusablePeriodError as error:
            document.notes.append(f"a period from {printable(_start(period))[:25]} is not used: {error}")


class _UnusablePeriodError(ValueError):
    """A period contradicts itself: which price is of which time is not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Period:
    start: datetime
    step: timedelta
    count: int
    points: Mapping[int, list[float]]
    holds: bool


def _period(period: Element, asked: Asked, curve: str) -> _Period:
    if curve not in (_EVERY_POINT, _LEFT_OUT_HOLDS):
        raise _UnusablePeriodError(f"its curve type is {printable(curve)[:10]}")
    interval = next(_children(period, "timeInterval"), None)
    if interval is None:
        raise _UnusablePeriodError("it has no time")
    start, end = (_moment(_text(interval, name)) for name in ("start", "end"))
    step = duration(_text(period, "resolution"))
    if step is None or not timedelta() < step <= end - start or (end - start) % step:
        raise _UnusablePeriodError("its time is no whole number of its resolution")
    count = (end - start) // step
    if count > _MOST_POINTS:
        raise _UnusablePeriodError(f"it has more than {_MOST_POINTS:,} intervals")
    if is_miscounted_day(start, end, asked.question.timezone):
        raise _UnusablePeriodError("it has 24 hours on a day on which the clocks change")
    points: dict[int, list[float]] = defaultdict(list)
    for point in _children(period, "Point"):
        position, price = _text(point, "position"), _text(point, "price.amount")
        if not position.isascii() or not position.isdigit() or not 1 <= int(position[:9]) <= count:
            raise _UnusablePeriodError(f"its point {printable(position)[:12]} is not one of its {count}")
        if not _NUMBER.fullmatch(price) or not math.isfinite(float(price)):
            raise _UnusablePeriodError(f"its point {position} has no price")
        points[int(position)].append(float(price))
    return _Period(start=start, step=step, count=count, points=points, holds=curve == _LEFT_OUT_HOLDS)


def _quotes(period: _Period, factor: float, notes: list[str]) -> Iterator[Quote]:
    """The prices of a period; a point that is there twice gives two, which are then compared."""
    held: list[float] = []
    filled = 0
    for position in range(1, period.count + 1):
        there = period.points.get(position)
        held = there if there is not None else held if period.holds else []
        filled += there is None and bool(held)
        for price in held:
            yield from quotes_over(period.start + (position - 1) * period.step, period.step, price * factor)
    if filled:
        notes.append(f"{filled} of {period.count} points are left out, and have the price before them (curve A03)")


def _start(period: Element) -> str:
    interval = next(_children(period, "timeInterval"), None)
    return "" if interval is None else _text(interval, "start")


def _moment(written: str) -> datetime:
    try:
        moment = datetime.fromisoformat(written)
    except ValueError as error:
        raise _UnusablePeriodError("its time cannot be read") from error
    if not is_plausible(moment):
        raise _UnusablePeriodError("its time has no UTC offset, or is not of this age")
    return moment


def _plain(element: Element) -> str:
    """A tag without its namespace: the platform changes the version in it."""
    return str(element.tag).rpartition("}")[2]


def _children(element: Element, name: str) -> Iterator[Element]:
    return (each for each in element if _plain(each) == name)


def _text(element: Element, name: str) -> str:
    found = next(_children(element, name), None)
    return "" if found is None or found.text is None else found.text.strip()
