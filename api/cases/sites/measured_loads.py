"""Loads that telemetry measured, as series that plans forecast from: one for each system whose load is a stored series.

A reading holds until the next one, and at most as long as the site lets a reading be old (`telemetry_max_age_s`). An
interval whose every second is held so has the mean as its load; any other has none. What cannot be is left out, and so
leaves a hole. Nothing is filled in.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from ridethrough.api.reading.series.stored_series import KeptReadings, StoredSeries, series_key
from ridethrough.domain import Site, UpsSystem
from ridethrough.domain.telemetry import CLOCK_TOLERANCE
from ridethrough.operation.ahead import LEAST_KNOWN
from ridethrough.operation.live.judging import MOST_OF_RATING
from ridethrough.store.operating import telemetry
from ridethrough.store.series import append_series, read_series
from ridethrough.store.series_days import Stretch

MEASURED = "telemetry"
"""The name of the series that are measured; the column is the system."""
_LATEST_END = timedelta(days=7)
"""A past that ended longer ago is no longer taken for its length."""
_BEGUN = timedelta(days=40)
_LATE = timedelta(hours=1)
"""Readings that come later than this do not change the loads that were measured."""
_READ_AT_ONCE = 5_000
_US = timedelta(microseconds=1)
FloatArray = NDArray[np.float64]


def measured_key(ups_id: str) -> str:
    """Under which key the measured load of a system is stored.

    >>> measured_key("pod-1")
    'telemetry#pod-1'
    """
    return series_key(MEASURED, ups_id)


def record_measured_loads(
    connection: Connection, site_id: str, site: Site, document: Mapping[str, Any], now: datetime
) -> None:
    """Record the loads of intervals that have ended, since those that were recorded before."""
    step = timedelta(minutes=site.interval_minutes)
    end = _floor(now, step)
    for ups_id in _systems_by_key(document).values():
        found = read_series(connection, site_id, measured_key(ups_id), end - _BEGUN, end)
        last = None if not len(found.starts) else datetime.fromtimestamp(found.starts[-1].astype(np.int64) / 1e6, UTC)
        start = _floor(end - _BEGUN if last is None else last - _LATE, step)
        values = _means(connection, site_id, site, site.ups_system(ups_id), start, (end - start) // step)
        known = np.flatnonzero(~np.isnan(values))
        if len(known):
            values, start = values[known[0] : known[-1] + 1], start + int(known[0]) * step
            append_series(
                connection, site_id, measured_key(ups_id), Stretch(start=start, step=step, values=values), now=now
            )


def with_measured_loads(stored: StoredSeries, document: Mapping[str, Any]) -> StoredSeries:
    """Stored series, where that of a system's load goes on with what telemetry measured."""
    systems, at_most = _systems_by_key(document), _gaps_by_key(document)

    def found(key: str) -> KeptReadings | None:
        kept = stored(key)
        measured = stored(measured_key(systems[key])) if key in systems else None
        return kept if measured is None else _continued(kept, measured, at_most[key])

    return found


def readings_between(
    connection: Connection, site_id: str, start: datetime, end: datetime
) -> Iterator[tuple[datetime, Mapping[str, Any]]]:
    """The documents of readings in order of their time; where one time has several, the last one that came."""
    done = False
    while not done:
        page = telemetry.between(connection, site_id, start, end, limit=_READ_AT_ONCE)
        done = len(page) < _READ_AT_ONCE
        last = {each.measured_at: each for each in page if each.measured_at <= each.received_at + CLOCK_TOLERANCE}
        if not done and len(last) > 1:
            start = max(last)
            del last[start]
        for measured_at, reading in last.items():
            yield measured_at, json.loads(reading.document)


def _means(  # noqa: PLR0917 - of a system over intervals
    connection: Connection, site_id: str, site: Site, ups: UpsSystem, start: datetime, intervals: int
) -> FloatArray:
    """The mean load of each interval (kW AC); NaN where a part of it was not measured."""
    step, held = timedelta(minutes=site.interval_minutes), timedelta(seconds=site.telemetry_max_age_s)
    most_kw = MOST_OF_RATING * ups.units * ups.unit_output_limit_kw
    times, loads = [], []
    for at, document in readings_between(connection, site_id, start - held, start + intervals * step):
        load_kw = document.get("ups", {}).get(ups.id, {}).get("load_kw")
        times.append((at - start) / timedelta(seconds=1))
        loads.append(np.nan if load_kw is None or not 0 <= load_kw <= most_kw else load_kw)
    edges: FloatArray = np.arange(intervals + 1, dtype=np.float64) * step.total_seconds()
    if not times:
        return np.full(intervals, np.nan)
    return held_means(np.array(times), np.array(loads), edges, held.total_seconds())


def held_means(times_s: FloatArray, values: FloatArray, edges_s: FloatArray, held_s: float) -> FloatArray:
    """The mean between each two edges of values that hold until the next, at most `held_s`; NaN where none holds.

    >>> held_means(np.array([0.0, 30.0]), np.array([10.0, 20.0]), np.array([0.0, 60.0, 120.0]), 60.0)
    array([15., nan])
    """
    lasts_s = np.minimum(np.append(np.diff(times_s), held_s), held_s)
    known = ~np.isnan(values)
    points = np.column_stack([times_s, times_s + lasts_s]).ravel()

    def total(rates: FloatArray) -> FloatArray:
        """The integral up to each edge."""
        gains = np.column_stack([np.zeros(len(rates)), rates * lasts_s]).ravel()
        summed: FloatArray = np.interp(edges_s, points, np.cumsum(gains))
        return summed

    covered_s = np.diff(total(known.astype(np.float64)))
    energy = np.diff(total(np.where(known, values, 0.0)))
    spans_s = np.diff(edges_s)
    return np.where(covered_s >= spans_s - 1e-6, energy / spans_s, np.nan)


def _systems_by_key(document: Mapping[str, Any]) -> dict[str, str]:
    """The system whose load alone is stored under a key; what several share is no measurement of one."""
    keys = [(key, str(ups["id"])) for ups in document["ups"] if (key := key_of_load(ups.get("load", {}))) is not None]
    names = [key for key, _ in keys]
    return {key: ups_id for key, ups_id in keys if names.count(key) == 1}


def key_of_load(load: Mapping[str, Any]) -> str | None:
    """Under which key the series is stored that a document names; None where it names none, but gives a constant."""
    name = load.get("series") or load.get("csv")
    return None if name is None else series_key(str(name), load.get("column"))


def _gaps_by_key(document: Mapping[str, Any]) -> dict[str, timedelta]:
    """The longest gap that a document lets be filled, of each key."""
    found = {}
    for ups in document["ups"]:
        load = ups.get("load", {})
        gaps = load.get("gaps") or document.get("gaps") or {}
        key = key_of_load(load)
        if key is not None:
            found[key] = timedelta(minutes=gaps.get("at_most_minutes", 0))
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Places without a gap that is too long: from `first` until before `last`."""

    first: int
    last: int


def _continued(kept: KeptReadings | None, measured: KeptReadings, at_most: timedelta) -> KeptReadings:
    """Readings, and what was measured after them. Of stretches between gaps, the one that plans are made from."""
    base = 0 if kept is None else len(kept.starts)
    if kept is not None:
        if measured.step != kept.step:
            return kept
        later = measured.starts > kept.starts[-1]
        measured = replace(measured, starts=measured.starts[later], values=measured.values[later])
        if not len(measured.starts):
            return kept
        starts, values = (
            np.concatenate([getattr(kept, name), getattr(measured, name)]) for name in ("starts", "values")
        )
    else:
        starts, values = measured.starts, measured.values
    stretch = _chosen(starts, measured.step, base, at_most)
    first = str(starts[max(base, stretch.first)])[:16] if base < stretch.last else None
    notes = [] if first is None else [f"from {first}Z on it is what telemetry measured"]
    if stretch.first > 0:
        notes.append(f"what was before {str(starts[stretch.first])[:16]}Z is left out: a gap lies between")
    if stretch.last < len(starts):
        notes.append(f"what was measured after {str(starts[stretch.last - 1])[:16]}Z is left out: a gap lies between")
    chosen = slice(stretch.first, stretch.last)
    return KeptReadings(starts=starts[chosen], values=values[chosen], step=measured.step, notes=tuple(notes))


def _chosen(starts: NDArray[np.datetime64], step: timedelta, base: int, at_most: timedelta) -> _Stretch:
    """The first stretch that ends within a week of the last reading, if it is long enough; else the last such one."""
    wide = np.flatnonzero(np.diff(starts) > np.timedelta64((step + at_most) // _US, "us")) + 1
    cuts = [int(each) for each in wide if each >= base and each > 0]
    ends = [*cuts, len(starts)]
    stretches = [_Stretch(first=first, last=last) for first, last in zip([0, *cuts], ends, strict=True)]
    latest = starts[-1] - np.timedelta64(_LATEST_END // _US, "us")
    long_enough = [
        each
        for each in stretches
        if starts[each.last - 1] - starts[each.first] >= np.timedelta64(LEAST_KNOWN // _US, "us")
    ]
    fresh = [each for each in long_enough if starts[each.last - 1] >= latest]
    return (fresh or long_enough[-1:] or stretches[:1])[0]


def _floor(at: datetime, step: timedelta) -> datetime:
    """The start of the interval that a moment is in; steps divide the day."""
    midnight = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // step * step
