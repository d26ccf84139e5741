"""The entries of a Green Button feed (ESPI, NAESB REQ.21): usage points, meter readings, types and values.

Entries come in any order and refer to each other by links: a `UsagePoint` to its `MeterReading`s, a `MeterReading` to
its `ReadingType` (what is measured) and its `IntervalBlock`s (the values).
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from xml.etree.ElementTree import Element, ParseError, iterparse
from xml.parsers import expat

from ridethrough.api.reading.series.time_series import LAST_YEAR
from ridethrough.api.reading.tables.safe_xml import refuse_doctype
from ridethrough.domain import Fault, UnableToAccept

_ATOM = "{http://www.w3.org/2005/Atom}"
_ESPI = "{http://naesb.org/espi}"
_USAGE_POINT = re.compile(r"/UsagePoint/([^/]+)")
_WHOLE = re.compile(r"\s*([-+]?[0-9]+)\s*", re.ASCII)
_MOST_DIGITS = 18
_ENDLESS = f"a whole number of at most {_MOST_DIGITS} digits, here and everywhere in the file"
_LATEST_S = int(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value as the file says it, its number in the file, and its quality where it has one."""

    number: int
    start_s: int
    duration_s: int
    value: int
    quality: str | None = None

    @property
    def place(self) -> str:
        """How a message names it."""
        return f"IntervalReading {self.number}"

    @property
    def start(self) -> datetime:
        """The start of its interval."""
        return datetime.fromtimestamp(self.start_s, UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """One series of a feed: whose it is, what its type says, and its readings in the order of the file."""

    usage_point: str
    service: str | None
    kind: dict[str, str]
    readings: list[Reading]


@dataclass(slots=True)
class _Entries:
    """What the entries say, by the addresses they give themselves."""

    services: dict[str, str] = field(default_factory=dict)
    point_links: list[tuple[str, set[str]]] = field(default_factory=list)
    meters: list[tuple[set[str], set[str]]] = field(default_factory=list)
    types: dict[str, dict[str, str]] = field(default_factory=dict)
    blocks: dict[str, list[Reading]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    readings: int = 0


def read_feed(content: bytes, source: str) -> list[MeterReading]:
    """Read the series of a feed.

    Raises `UnableToAccept` with every fault in it.
    """
    try:
        refuse_doctype(content, source)
        entries = _read_entries(content)
    except (ParseError, expat.ExpatError, LookupError) as error:
        faults = [Fault(field="", value=str(error), allowed="well-formed XML")]
    except ValueError as error:
        if isinstance(error, UnableToAccept):
            raise
        faults = [Fault(field="", value=str(error), allowed="XML in UTF-8")]
    else:
        faults = entries.faults
        if not faults and not entries.readings:
            faults = [Fault(field="", value="no IntervalReading", allowed="a Green Button feed of interval readings")]
    if faults:
        raise UnableToAccept(fault.in_source(source) for fault in faults)
    return list(_meter_readings(entries))


def _read_entries(content: bytes) -> _Entries:
    entries = _Entries()
    for _, element in iterparse(io.BytesIO(content)):  # noqa: S314 - a DOCTYPE is refused before
        if element.tag == f"{_ATOM}entry":
            _read_entry(element, entries)
            element.clear()
    return entries


def _read_entry(entry: Element, entries: _Entries) -> None:
    links: dict[str, set[str]] = {}
    for link in entry.iterfind(f"{_ATOM}link"):
        links.setdefault(link.get("rel", ""), set()).add(link.get("href", ""))
    own, related = next(iter(links.get("self", ())), ""), links.get("related", set())
    point = entry.find(f".//{_ESPI}UsagePoint")
    if point is not None:
        entries.services[own] = (point.findtext(f"{_ESPI}ServiceCategory/{_ESPI}kind") or "").strip()
        entries.point_links.append((own, related))
    reading_type = entry.find(f".//{_ESPI}ReadingType")
    if reading_type is not None:
        entries.types[own] = {child.tag.removeprefix(_ESPI): (child.text or "").strip() for child in reading_type}
    if entry.find(f".//{_ESPI}MeterReading") is not None:
        entries.meters.append((related, {own, *links.get("up", ())}))
    if entry.find(f".//{_ESPI}IntervalBlock") is not None:
        up = next(iter(links.get("up", ())), own)
        entries.blocks.setdefault(up, []).extend(_readings(entry, entries))


def _readings(entry: Element, entries: _Entries) -> Iterator[Reading]:
    for element in entry.iter(f"{_ESPI}IntervalReading"):
        entries.readings += 1
        place = f"IntervalReading {entries.readings}"
        start_s = _whole(element, f"{_ESPI}timePeriod/{_ESPI}start", place, entries.faults)
        duration_s = _whole(element, f"{_ESPI}timePeriod/{_ESPI}duration", place, entries.faults)
        value = _whole(element, f"{_ESPI}value", place, entries.faults)
        if start_s is None or duration_s is None or value is None:
            continue
        if duration_s <= 0 or duration_s % 60:
            allowed = "whole minutes, in seconds"
            entries.faults.append(Fault(field=f"{place}, duration", value=duration_s, allowed=allowed))
        elif not 0 <= start_s < _LATEST_S:
            allowed = f"seconds since 1970, up to the year {LAST_YEAR}"
            entries.faults.append(Fault(field=f"{place}, start", value=start_s, allowed=allowed))
        else:
            quality = element.findtext(f"{_ESPI}ReadingQuality/{_ESPI}quality")
            yield Reading(
                number=entries.readings,
                start_s=start_s,
                duration_s=duration_s,
                value=value,
                quality=quality.strip() if quality else None,
            )


def _whole(element: Element, path: str, place: str, faults: list[Fault]) -> int | None:
    """A whole number of the size that meters have; a longer one is a fault, and shown in short."""
    text = element.findtext(path)
    found = _WHOLE.fullmatch(text or "")
    if found is not None and len(found[1].lstrip("+-")) <= _MOST_DIGITS:
        return int(found[1])
    name = path.rpartition("}")[2]
    allowed = "a whole number" if found is None else _ENDLESS
    shown = text if text is None or len(text) <= 2 * _MOST_DIGITS else f"{text[: 2 * _MOST_DIGITS]}..."
    if allowed != _ENDLESS or not any(fault.allowed == _ENDLESS for fault in faults):
        faults.append(Fault(field=f"{place}, {name}", value=shown, allowed=allowed))
    return None


def _meter_readings(entries: _Entries) -> Iterator[MeterReading]:
    for address, readings in entries.blocks.items():
        related, places = next((each for each in entries.meters if address in each[0]), (set(), {address}))
        point = _point_of(places, entries)
        yield MeterReading(
            usage_point=point,
            service=entries.services.get(point) or None,
            kind=_kind_of(related, entries),
            readings=readings,
        )


def _kind_of(related: set[str], entries: _Entries) -> dict[str, str]:
    """The reading type that a meter reading links to, or the only one of a feed without links."""
    linked = next((entries.types[href] for href in sorted(related) if href in entries.types), None)
    if linked is not None or related:
        return linked or {}
    return next(iter(entries.types.values())) if len(entries.types) == 1 else {}


def _point_of(places: set[str], entries: _Entries) -> str:
    """The usage point that links to one of some addresses, or whose own address they continue."""
    for own, related in entries.point_links:
        if places & related or any(own and place.startswith(f"{own}/") for place in places):
            return own
    named = [found[1] for place in sorted(places) if (found := _USAGE_POINT.search(place))]
    return named[0] if named else ""
