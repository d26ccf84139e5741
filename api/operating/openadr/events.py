"""Events as what they ask for: which meaning, from when to when, and how much.

| | rule |
|---|---|
| an event with several intervals | each interval is one for itself |
| a level 0 of SIMPLE, a kind that means `ignore`, prices, reports | nothing is asked for |
| a kind that nobody knows here | it is ignored, and named |
| an event that cannot be read, and whose kind counts or cannot be told | the site holds while the server gives it |
| events at the same time | all conditions hold, and the lowest import limit; a priority takes nothing back |
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from ridethrough.api.reading.open_adr_intervals import LONGEST_EVENT, UnusableEventError, periods
from ridethrough.api.reading.openadr_settings import (
    IGNORE,
    IMPORT_LIMIT,
    KINDS,
    LIMIT_TYPE,
    SIMPLE,
    SIMPLE_LEVELS,
)
from ridethrough.tariffs.documents.printable import printable

_LONGEST_NAME = 60
_UNITS_KW = {"KW": 1.0, "W": 0.001, "MW": 1000.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class GridEvent:
    """What one interval of an event asks for: `meaning` is a kind of condition, or an import limit of `limit_kw`."""

    name: str
    meaning: str
    start: datetime
    end: datetime
    limit_kw: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadEvents:
    """All events of an answer: what they ask for, those that cannot be read, and those that nobody knows here."""

    asked: tuple[GridEvent, ...]
    unreadable: tuple[str, ...]
    unknown: tuple[str, ...]


def read_events(events: list[Mapping[str, Any]], meanings: Mapping[str, str], program: str) -> ReadEvents:
    """Read the events of a server; with a `program`, of that one only."""
    asked: list[GridEvent] = []
    unreadable: list[str] = []
    unknown: dict[str, None] = {}
    for event in events:
        if program and event.get("programID") not in (None, program):
            continue
        try:
            kinds = _kinds(event)
            unknown |= dict.fromkeys(sorted(kinds - set(KINDS) - {"PRICE", SIMPLE, f"{SIMPLE}_0"}))
            if any(meanings.get(kind, IGNORE) != IGNORE for kind in kinds):
                asked += _asked(event, meanings)
        except UnusableEventError as error:
            unreadable.append(f"the event {name_of(event)} cannot be read: {error}")
    return ReadEvents(asked=tuple(asked), unreadable=tuple(unreadable), unknown=tuple(unknown))


def name_of(event: Mapping[str, Any]) -> str:
    """How people call an event."""
    return printable(str(event.get("eventName") or event.get("id") or "without a name"))[:_LONGEST_NAME]


def _intervals(event: Mapping[str, Any]) -> list[Any]:
    intervals = event.get("intervals")
    if not isinstance(intervals, list) or not intervals or len(intervals) > LONGEST_EVENT:
        raise UnusableEventError("it has no list of intervals")
    return intervals


def _kinds(event: Mapping[str, Any]) -> set[str]:
    """The kinds of all payloads of an event."""
    return {_kind(payload) for interval in _intervals(event) for payload in _payloads(interval)}


def _payloads(interval: object) -> list[Mapping[str, Any]]:
    payloads = interval.get("payloads") if isinstance(interval, dict) else None
    if not isinstance(payloads, list) or not all(isinstance(each, dict) for each in payloads):
        raise UnusableEventError("an interval of it has no list of payloads")
    return payloads


def _kind(payload: Mapping[str, Any]) -> str:
    """The type of a payload; of SIMPLE with its level."""
    kind = payload.get("type")
    if not isinstance(kind, str) or not kind:
        raise UnusableEventError("a payload of it has no type")
    if kind != SIMPLE:
        return printable(kind)[:_LONGEST_NAME]
    level = _number(payload)
    if level not in (0, *SIMPLE_LEVELS):
        raise UnusableEventError("its level is none of 0 to 3")
    return f"{SIMPLE}_{level:.0f}"


def _number(payload: Mapping[str, Any]) -> float:
    values = payload.get("values")
    value = values[0] if isinstance(values, list) and len(values) == 1 else None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise UnusableEventError(f"its {payload.get('type')} is not one number")
    return float(value)


def _asked(event: Mapping[str, Any], meanings: Mapping[str, str]) -> Iterator[GridEvent]:
    intervals = _intervals(event)
    factor = _factor(event)
    for interval, (start, span) in zip(intervals, periods(event, intervals), strict=True):
        for payload in _payloads(interval):
            meaning = meanings.get(_kind(payload), IGNORE)
            if meaning == IGNORE:
                continue
            limit_kw = None
            if meaning == IMPORT_LIMIT:
                limit_kw = _number(payload) * factor
                if limit_kw < 0:
                    raise UnusableEventError("its import limit is below 0")
            yield GridEvent(name=name_of(event), meaning=meaning, start=start, end=start + span, limit_kw=limit_kw)


def _factor(event: Mapping[str, Any]) -> float:
    """What an import limit is multiplied by to be kW; without a unit it is in kW."""
    descriptors = event.get("payloadDescriptors")
    for each in descriptors if isinstance(descriptors, list) else ():
        if isinstance(each, dict) and each.get("payloadType") == LIMIT_TYPE and each.get("units") is not None:
            unit = str(each["units"]).upper()
            if unit not in _UNITS_KW:
                raise UnusableEventError(f"the unit {printable(unit)[:20]} of its import limit is none of KW, W, MW")
            return _UNITS_KW[unit]
    return 1.0
