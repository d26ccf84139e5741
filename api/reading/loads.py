"""The loads of a site: a series or a constant each, and what of them cannot be."""

import math
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from pydantic import TypeAdapter

from ridethrough.api.reading.imputed_limits import above_zero
from ridethrough.api.reading.series.site_series import UNPROTECTED_LOAD
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.site_documents import LoadSource
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs.documents.acceptance import accept

MOST_OF_RATING = 1.5
"""A load that UPS units can carry for seconds only: no reading of an interval is above it."""
MOST_KW = 1e8
"""100 GW: no site's meter reads more, either way."""
_SOURCE = TypeAdapter(LoadSource)
_USUAL_STEP_MIN = 15


def load_of(source: LoadSource, series: Mapping[str, TimeSeries], step: timedelta, place: str) -> TimeSeries | float:
    """The load at a place of a site's document: the series read for it, or its own values or constant (kW)."""
    if place in series:
        return series[place]
    if source.values is not None and source.start is not None:
        return TimeSeries(source=place, start=source.start, step=step, values=source.values)
    return source.constant_kw or 0.0


def load_faults(document: Mapping[str, Any], series: Mapping[str, TimeSeries], source: str) -> Iterator[Fault]:
    """Loads that cannot be, also in a document with other faults.

    What a UPS carries is never negative (what is behind the meter elsewhere may be).
    """
    step = timedelta(minutes=above_zero(document.get("interval_minutes", _USUAL_STEP_MIN)))
    systems = document.get("ups")
    for ups in systems if isinstance(systems, list) else ():
        if not isinstance(ups, Mapping):
            continue
        place = f"ups.{ups.get('id')}.load"
        load = _readable(ups.get("load"), series, step, place)
        if load is not None:
            yield from _beyond(load, (0.0, _most_kw(ups)), place, _allowed(ups), source)
    load = _readable(document.get(UNPROTECTED_LOAD), series, step, UNPROTECTED_LOAD)
    if load is not None:
        allowed = f"at most {MOST_KW:,.0f} kW either way"
        yield from _beyond(load, (-MOST_KW, MOST_KW), UNPROTECTED_LOAD, allowed, source)


def _readable(
    written: object, series: Mapping[str, TimeSeries], step: timedelta, place: str
) -> TimeSeries | float | None:
    """The load as it is written; None where its own part of the document is faulty, or its file."""
    try:
        source: LoadSource = accept(_SOURCE, written, source="")
    except UnableToAccept:
        return series.get(place)
    in_file = any(each is not None for each in (source.csv, source.csv_text, source.series))
    return series.get(place) if in_file else load_of(source, series, step, place)


def _most_kw(ups: Mapping[str, Any]) -> float:
    """The most that a reading of a system may be; without a limit where the rating of the system is faulty."""
    figures = (ups.get("units"), ups.get("unit_output_limit_kw"))
    sound = all(above_zero(each) == each for each in figures)
    return MOST_OF_RATING * above_zero(figures[0]) * above_zero(figures[1]) if sound else math.inf


def _allowed(ups: Mapping[str, Any]) -> str:
    most_kw = _most_kw(ups)
    if math.isinf(most_kw):
        return "at least 0 kW"
    return f"from 0 to {most_kw:,.0f} kW, {MOST_OF_RATING:g} times what its {ups['units']} units put out"


def _beyond(
    load: TimeSeries | float, limits: tuple[float, float], place: str, allowed: str, source: str
) -> Iterator[Fault]:
    """The reading that is farthest beyond its limits, with its time, and how many there are."""
    low, high = limits
    if not isinstance(load, TimeSeries):
        if not low <= load <= high:
            yield Fault(field=place, source=source, value=load, allowed=allowed)
        return
    found = [index for index, kw in enumerate(load.values) if kw < low or kw > high]
    if found:
        worst = max(found, key=lambda index: max(low - load.values[index], load.values[index] - high))
        at = (load.start + worst * load.step).isoformat()
        others = f", and {len(found) - 1} other readings" if len(found) > 1 else ""
        value = f"{load.values[worst]:g} kW at {at}{others}"
        named = source if load.source.startswith(("ups.", "unprotected")) else load.source
        yield Fault(field=place, source=named, value=value, allowed=allowed)
