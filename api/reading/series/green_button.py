"""Green Button meter data (ESPI, NAESB REQ.21): an XML feed of interval readings, as mean kW.

A feed's entries come in any order and refer to each other by links: a `MeterReading` to its `ReadingType` (what is
measured) and its `IntervalBlock`s (the values). Times are seconds since 1970 (UTC). What the meter nets is delivered
less received energy.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.etree.ElementTree import Element, ParseError, iterparse
from xml.parsers import expat

from ridethrough.api.reading.series.series_file import first_of
from ridethrough.api.reading.series.time_series import LAST_YEAR, TimeSeries
from ridethrough.domain import Fault, UnableToAccept

_ATOM = "{http://www.w3.org/2005/Atom}"
_ESPI = "{http://naesb.org/espi}"
_UNITS: Mapping[str, str] = {"72": "Wh", "38": "W"}
_SIGNS: Mapping[str, int] = {"1": 1, "4": 1, "19": -1}
_CUMULATIVE = ("1", "3")
_FLOWS = "1 (delivered), 19 (received) or 4 (net)"
_CHUNK_BYTES = 65_536
_NO_TYPE = ""
_LATEST_S = int(datetime(LAST_YEAR + 1, 1, 1, tzinfo=UTC).timestamp())


@dataclass(frozen=True, slots=True, kw_only=True)
class _Reading:
    """One value as the file says it, and its number in the file."""

    number: int
    start_s: int
    duration_s: int
    value: int

    @property
    def place(self) -> str:
        return f"IntervalReading {self.number}"

    @property
    def start(self) -> datetime:
        return datetime.fromtimestamp(self.start_s, UTC)


@dataclass(slots=True)
class _Feed:
    """What the entries of a feed say, by the addresses they give themselves."""

    types: dict[str, dict[str, str]] = field(default_factory=dict)
    related: list[set[str]] = field(default_factory=list)
    blocks: dict[str, list[_Reading]] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    readings: int = 0


def read_green_button(path: Path) -> TimeSeries:
    """Read a Green Button file: one meter, delivered and (optionally) received energy, as mean net kW an interval.

    Raises `UnableToAccept` with every fault found (the first of many), each with the reading it stands in.
    """
    try:
        _refuse_doctype(path)
        feed = _read_feed(path)
    except (ParseError, expat.ExpatError) as error:
        faults = [Fault(field="", value=str(error), allowed="well-formed XML")]
    except OSError as error:
        faults = [Fault(field="", value=str(path), allowed=f"a readable file ({error.strerror})")]
    else:
        faults = feed.faults
        if not faults and not feed.readings:
            faults = [Fault(field="", value="no IntervalReading", allowed="a Green Button feed of interval readings")]
        if not faults:
            series = _series(feed, faults)
    if faults:
        raise UnableToAccept(fault.in_source(path.name) for fault in first_of(faults, "readings"))
    start, step, kw = series
    return TimeSeries(source=path.name, start=start, step=step, values=kw)


def _refuse_doctype(path: Path) -> None:
    """Read up to the root element: a document type is what entities (which grow, or read other files) need."""
    parser = expat.ParserCreate()
    roots: list[str] = []

    def refuse(*_: object) -> None:
        fault = Fault(field="", source=path.name, value="a DOCTYPE", allowed="left out: a meter file needs none")
        raise UnableToAccept([fault])

    parser.StartDoctypeDeclHandler = refuse
    parser.StartElementHandler = lambda name, _: roots.append(name)
    with path.open("rb") as file:
        while not roots and (chunk := file.read(_CHUNK_BYTES)):
            parser.Parse(chunk)


def _read_feed(path: Path) -> _Feed:
    feed = _Feed()
    with path.open("rb") as file:
        for _, element in iterparse(file):  # noqa: S314
            if element.tag == f"{_ATOM}entry":
                _read_entry(element, feed)
                element.clear()
    return feed


def _read_entry(entry: Element, feed: _Feed) -> None:
    links: dict[str, set[str]] = {}
    for link in entry.iterfind(f"{_ATOM}link"):
        links.setdefault(link.get("rel", ""), set()).add(link.get("href", ""))
    own = next(iter(links.get("self", ())), "")
    reading_type = entry.find(f".//{_ESPI}ReadingType")
    if reading_type is not None:
        feed.types[own] = {child.tag.removeprefix(_ESPI): (child.text or "").strip() for child in reading_type}
    if entry.find(f".//{_ESPI}MeterReading") is not None:
        feed.related.append(links.get("related", set()))
    if entry.find(f".//{_ESPI}IntervalBlock") is not None:
        up = next(iter(links.get("up", ())), own)
        feed.blocks.setdefault(up, []).extend(_readings(entry, feed))


def _readings(entry: Element, feed: _Feed) -> Iterator[_Reading]:
    for element in entry.iter(f"{_ESPI}IntervalReading"):
        feed.readings += 1
        place = f"IntervalReading {feed.readings}"
        start_s = _whole(element, f"{_ESPI}timePeriod/{_ESPI}start", place, feed.faults)
        duration_s = _whole(element, f"{_ESPI}timePeriod/{_ESPI}duration", place, feed.faults)
        value = _whole(element, f"{_ESPI}value", place, feed.faults)
        if start_s is None or duration_s is None or value is None:
            continue
        if duration_s <= 0 or duration_s % 60:
            feed.faults.append(Fault(field=f"{place}, duration", value=duration_s, allowed="whole minutes, in seconds"))
        elif not 0 <= start_s < _LATEST_S:
            allowed = f"seconds since 1970, up to the year {LAST_YEAR}"
            feed.faults.append(Fault(field=f"{place}, start", value=start_s, allowed=allowed))
        else:
            yield _Reading(number=feed.readings, start_s=start_s, duration_s=duration_s, value=value)


def _whole(element: Element, path: str, place: str, faults: list[Fault]) -> int | None:
    text = element.findtext(path)
    try:
        return int(text or "")
    except ValueError:
        name = path.rpartition("}")[2]
        faults.append(Fault(field=f"{place}, {name}", value=text, allowed="a whole number"))
        return None


def _series(feed: _Feed, faults: list[Fault]) -> tuple[datetime, timedelta, tuple[float, ...]]:
    """Net the flows of a feed. With faults noted, what is returned means nothing."""
    start, step = datetime.fromtimestamp(0, UTC), timedelta(minutes=1)
    flows: dict[str, list[float]] = {}
    spans: dict[str, tuple[datetime, timedelta, int]] = {}
    for address, block in feed.blocks.items():
        kind = feed.types.get(_type_of(address, feed), {})
        unfit = list(_type_faults(kind))
        flow = kind.get("flowDirection", "")
        if flow in flows:
            unfit.append(Fault(field="flowDirection", value=f"{flow} twice", allowed="one meter's series in each file"))
        if not unfit:
            unfit = list(_step_faults(block))
        if unfit:
            faults += unfit
            continue
        block.sort(key=lambda reading: reading.start_s)
        flows[flow] = [_kw(reading, kind) for reading in block]
        spans[flow] = (block[0].start, timedelta(seconds=block[0].duration_s), len(block))
    if len(set(spans.values())) > 1:
        shown = "; ".join(f"flowDirection {flow}: {_span(*span)}" for flow, span in spans.items())
        faults.append(Fault(field="IntervalBlock", value=shown, allowed="the same intervals for every flow"))
    if faults:
        return start, step, ()
    start, step, _ = next(iter(spans.values()))
    signed = [[_SIGNS[flow] * kw for kw in series] for flow, series in flows.items()]
    return start, step, tuple(sum(each) for each in zip(*signed, strict=True))


def _span(start: datetime, step: timedelta, count: int) -> str:
    return f"{count} of {step / timedelta(minutes=1):g} minutes from {start.isoformat()}"


def _type_of(address: str, feed: _Feed) -> str:
    """The address of the reading type of the blocks at an address: by the links of a meter reading, or the only one."""
    for related in feed.related:
        if address in related:
            return next((href for href in related if href in feed.types), _NO_TYPE)
    return next(iter(feed.types)) if len(feed.types) == 1 else _NO_TYPE


def _type_faults(kind: Mapping[str, str]) -> Iterator[Fault]:
    if not kind:
        yield Fault(field="ReadingType", value=None, allowed="given, and linked to by the MeterReading of its blocks")
        return
    unit = kind.get("uom")
    if unit not in _UNITS:
        yield Fault(field="uom", value=unit, allowed="72 (Wh) or 38 (W)")
    flow = kind.get("flowDirection")
    if flow not in _SIGNS:
        yield Fault(field="flowDirection", value=flow, allowed=_FLOWS)
    if kind.get("accumulationBehaviour") in _CUMULATIVE:
        value = kind["accumulationBehaviour"]
        yield Fault(field="accumulationBehaviour", value=value, allowed="that of interval data, such as 4: no register")
    power = kind.get("powerOfTenMultiplier") or "0"
    if not power.removeprefix("-").isdecimal() or abs(int(power)) > 12:  # noqa: PLR2004 - pico to tera
        yield Fault(field="powerOfTenMultiplier", value=power, allowed="a whole number from -12 to 12")


def _kw(reading: _Reading, kind: Mapping[str, str]) -> float:
    """The mean power of a reading: watt-hours over its hours, or watts."""
    scaled = reading.value * 10.0 ** int(kind.get("powerOfTenMultiplier") or 0)
    hours = reading.duration_s / 3600 if _UNITS[kind["uom"]] == "Wh" else 1.0
    return scaled / 1000 / hours


def _step_faults(block: list[_Reading]) -> Iterator[Fault]:
    """Find other durations, duplicates and gaps."""
    duration_s = block[0].duration_s
    ordered = sorted(block, key=lambda reading: reading.start_s)
    expected_s = ordered[0].start_s
    for reading in ordered:
        if reading.duration_s != duration_s:
            yield Fault(
                field=f"{reading.place}, duration", value=reading.duration_s, allowed=f"{duration_s} s, as the first"
            )
        if reading.start_s != expected_s:
            kind = "a duplicate" if reading.start_s < expected_s else "after a gap"
            expected = datetime.fromtimestamp(expected_s, UTC).isoformat()
            value = f"{reading.start.isoformat()} ({kind})"
            yield Fault(field=f"{reading.place}, start", value=value, allowed=expected)
        expected_s = reading.start_s + reading.duration_s
