"""Green Button meter data as mean kW of one usage point: delivered less received energy in each interval."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np

from ridethrough.api.reading.series.gap_filling import fill
from ridethrough.api.reading.series.green_button_feed import MeterReading, Reading, read_feed
from ridethrough.api.reading.series.time_series import TimeSeries, first_of
from ridethrough.api.reading.tables.csv_format import Gaps
from ridethrough.domain import Fault, UnableToAccept

DELIVERED, RECEIVED, NET = "1", "19", "4"
_UNITS: Mapping[str, str] = {"72": "Wh", "38": "W"}
_SIGNS: Mapping[str, int] = {DELIVERED: 1, NET: 1, RECEIVED: -1}
_CUMULATIVE = ("1", "3")
_FLOWS = "1 (delivered), 19 (received) or 4 (net)"
_ELECTRIC_SERVICE = "0"
_ELECTRIC_COMMODITIES = ("", "0", "1", "2")
_MEASURED = ("0", "17", "18", "19")
QUALITIES: Mapping[str, str] = {
    "7": "edited by hand",
    "8": "estimated",
    "9": "estimated",
    "10": "questionable",
    "11": "derived",
    "12": "projected",
    "13": "mixed",
    "14": "raw",
    "15": "normalized for weather",
    "16": "of other quality",
}
"""Qualities of readings that are not simply measured (ESPI `QualityOfReading`)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Flow:
    """One direction of one usage point: its readings by their start (seconds), and the kW of each."""

    direction: str
    readings: dict[int, Reading]
    kw: dict[int, float]
    default_quality: str


def is_green_button(content: bytes, source: str) -> bool:
    """Whether a file is XML by its name or by its first sign."""
    return source.lower().endswith(".xml") or content[:1024].removeprefix(b"\xef\xbb\xbf").lstrip().startswith(b"<")


def read_green_button(
    content: bytes, source: str, *, usage_point: str | None = None, gaps: Gaps | None = None
) -> TimeSeries:
    """Read a Green Button feed: one usage point, delivered and (optionally) received energy.

    Raises `UnableToAccept` with every fault found (the first of many), each with the reading it stands in; also where
    the feed holds several usage points of electricity and `usage_point` does not say which.
    """
    try:
        meters = read_feed(content, source)
    except UnableToAccept as error:
        raise UnableToAccept(first_of(list(error.faults), "readings")) from error
    faults: list[Fault] = []
    notes: list[str] = []
    chosen = _of_one_point(_electric(meters, notes), usage_point, faults)
    flows = _flows(chosen, faults) if not faults else []
    net = _netted(flows, gaps, faults, notes) if not faults and flows else None
    if net is None:
        raise UnableToAccept(first_of([fault.in_source(source) for fault in faults], "readings"))
    start, step, values = net
    notes += _quality_notes(flows)
    return TimeSeries(source=source, start=start, step=step, values=values, notes=tuple(notes))


def _electric(meters: list[MeterReading], notes: list[str]) -> list[MeterReading]:
    """The series of electricity; gas and water beside it are left out, and said so."""
    electric = [
        each
        for each in meters
        if each.service in (None, _ELECTRIC_SERVICE) and each.kind.get("commodity", "") in _ELECTRIC_COMMODITIES
    ]
    if electric and len(electric) < len(meters):
        notes.append(f"{len(meters) - len(electric)} series of another service (gas or water) are left out")
    return electric or meters


def _of_one_point(meters: list[MeterReading], usage_point: str | None, faults: list[Fault]) -> list[MeterReading]:
    """The series of the usage point to read: only flows of one point may be netted."""
    names = {each.usage_point: each.usage_point.rpartition("/")[2] or "without a name" for each in meters}
    points = list(dict.fromkeys(each.usage_point for each in meters))
    if usage_point is not None:
        points = [each for each in points if usage_point in (each, names[each])]
    if len(points) != 1:
        listed = ", ".join(names.values())
        allowed = f"one meter; write `column` (--column) with the usage point to read, one of {listed}"
        faults.append(Fault(field="UsagePoint", value=usage_point or f"{len(names)} of them", allowed=allowed))
    return [each for each in meters if each.usage_point in points]


def _flows(meters: list[MeterReading], faults: list[Fault]) -> list[_Flow]:
    flows: list[_Flow] = []
    for meter in meters:
        unfit = list(_type_faults(meter.kind))
        direction = meter.kind.get("flowDirection", "")
        if any(each.direction == direction for each in flows):
            allowed = "one meter's series in each file"
            unfit.append(Fault(field="flowDirection", value=f"{direction} twice", allowed=allowed))
        if not unfit:
            unfit = list(_reading_faults(meter.readings))
        if unfit:
            faults += unfit
            continue
        readings = {each.start_s: each for each in sorted(meter.readings, key=lambda each: each.start_s)}
        kw = {start_s: _kw(each, meter.kind) for start_s, each in readings.items()}
        default = meter.kind.get("defaultQuality", "")
        flows.append(_Flow(direction=direction, readings=readings, kw=kw, default_quality=default))
    return flows


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
    if not power.removeprefix("-").isdecimal() or len(power) > 3 or abs(int(power)) > 12:  # noqa: PLR2004 - pico to tera
        yield Fault(field="powerOfTenMultiplier", value=power, allowed="a whole number from -12 to 12")


def _reading_faults(readings: list[Reading]) -> Iterator[Fault]:
    """Find other durations, readings that overlap, and duplicates."""
    duration_s = readings[0].duration_s
    ordered = sorted(readings, key=lambda each: each.start_s)
    end_s = ordered[0].start_s
    for each in ordered:
        if each.duration_s != duration_s:
            allowed = f"{duration_s} s, as the first"
            yield Fault(field=f"{each.place}, duration", value=each.duration_s, allowed=allowed)
        elif each.start_s < end_s or (each.start_s - ordered[0].start_s) % duration_s:
            yield _start_fault(each, "a duplicate" if each.start_s < end_s else "off the grid", end_s)
        end_s = each.start_s + each.duration_s


def _start_fault(reading: Reading, kind: str, expected_s: int) -> Fault:
    expected = datetime.fromtimestamp(expected_s, UTC).isoformat()
    value = f"{reading.start.isoformat()} ({kind})"
    return Fault(field=f"{reading.place}, start", value=value, allowed=expected)


def _kw(reading: Reading, kind: Mapping[str, str]) -> float:
    """The mean power of a reading: watt-hours over its hours, or watts."""
    scaled = reading.value * 10.0 ** int(kind.get("powerOfTenMultiplier") or 0)
    hours = reading.duration_s / 3600 if _UNITS[kind["uom"]] == "Wh" else 1.0
    return scaled / 1000 / hours


def _netted(
    flows: list[_Flow], gaps: Gaps | None, faults: list[Fault], notes: list[str]
) -> tuple[datetime, timedelta, tuple[float, ...]] | None:
    """Delivered less received power on one grid; an interval that a flow leaves out is 0 where that can be told.

    Many feeds list received energy only where there is some, and delivered energy only where nothing was received.
    """
    step_s = next(iter(flows[0].readings.values())).duration_s
    main = next((each for each in flows if each.direction != RECEIVED), flows[0])
    first_s, last_s = next(iter(main.readings)), next(reversed(main.readings))
    for flow in flows:
        outside = any(not first_s <= start_s <= last_s or (start_s - first_s) % step_s for start_s in flow.readings)
        if outside or next(iter(flow.readings.values())).duration_s != step_s:
            shown = "; ".join(f"flowDirection {each.direction}: {_span(each)}" for each in flows)
            faults.append(Fault(field="IntervalBlock", value=shown, allowed="the same intervals for every flow"))
            return None
    grid = range(first_s, last_s + step_s, step_s)
    received = next((each.kw for each in flows if each.direction == RECEIVED and each is not main), {})
    values = []
    for start_s in grid:
        net = sum(_SIGNS[each.direction] * each.kw.get(start_s, 0.0) for each in flows)
        known = start_s in main.kw or received.get(start_s, 0.0) > 0
        values.append(net if known else float("nan"))
    notes += _sparse_notes(flows, len(grid))
    return _without_gaps(np.array(values), main, step_s, gaps=gaps, faults=faults, notes=notes)


def _without_gaps(
    values: np.ndarray[tuple[int], np.dtype[np.float64]],
    flow: _Flow,
    step_s: int,
    *,
    gaps: Gaps | None,
    faults: list[Fault],
    notes: list[str],
) -> tuple[datetime, timedelta, tuple[float, ...]] | None:
    """Fill intervals without a reading by the rule that is given, or refuse them with the reading after."""
    start, step = next(iter(flow.readings.values())).start, timedelta(seconds=step_s)
    missing = np.isnan(values)
    if missing.any() and gaps is None:
        expected_s = next(iter(flow.readings))
        for start_s, reading in flow.readings.items():
            if start_s != expected_s and missing[(expected_s - next(iter(flow.readings))) // step_s]:
                faults.append(_start_fault(reading, "after a gap", expected_s))
            expected_s = start_s + step_s
        return None
    if missing.any() and gaps is not None:
        values, longest, refused = fill(values, gaps, start=start, step=step, clock=UTC)
        for place, minutes, why in refused:
            shown = (start + place * step).isoformat()
            faults.append(Fault(field=f"gap from {shown}", value=f"{minutes:g} minutes", allowed=why))
        if refused:
            return None
        longest_min = longest / timedelta(minutes=1)
        notes.append(
            f"{int(missing.sum())} of {len(values)} values filled (gaps: {gaps.fill}); "
            f"the longest gap is {longest_min:g} minutes"
        )
    return start, step, tuple(values.tolist())


def _span(flow: _Flow) -> str:
    first = next(iter(flow.readings.values()))
    return f"{len(flow.readings)} of {first.duration_s / 60:g} minutes from {first.start.isoformat()}"


def _sparse_notes(flows: list[_Flow], intervals: int) -> Iterator[str]:
    if len(flows) < 2:  # noqa: PLR2004 - there is another flow that tells of the rest
        return
    for flow in flows:
        if len(flow.readings) < intervals:
            listed = f"flowDirection {flow.direction} lists {len(flow.readings)} of {intervals} intervals"
            yield f"{listed}: the others count as 0"


def _quality_notes(flows: list[_Flow]) -> Iterator[str]:
    """Count the readings that were not simply measured."""
    doubtful = [
        (start_s, QUALITIES.get(quality, f"of quality {quality}"))
        for flow in flows
        for start_s, reading in flow.readings.items()
        if (quality := reading.quality or flow.default_quality) and quality not in _MEASURED
    ]
    if not doubtful:
        return
    count = Counter(kind for _, kind in doubtful)
    listed = " or ".join(f"{kind} ({number})" for kind, number in sorted(count.items()))
    total = sum(len(flow.readings) for flow in flows)
    first = datetime.fromtimestamp(min(start_s for start_s, _ in doubtful), UTC).isoformat()
    yield f"{len(doubtful)} of {total} readings are {listed}, the first at {first}"
