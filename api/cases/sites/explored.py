"""What is stored of a site over a period: loads, prices, the meter with and without batteries, stored energy."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import reduce
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from ridethrough.api.cases.sites.measured_loads import key_of_load, measured_key, readings_between
from ridethrough.api.cases.sites.measured_meter import APART, Reading, metered
from ridethrough.api.cases.sites.situations import site_of
from ridethrough.domain import Horizon, Site
from ridethrough.store.schema import microseconds
from ridethrough.store.series import StoredReadings, read_series
from ridethrough.store.sites import StoredSite, deleted_at

MOST_READINGS = 40_000
"""So many readings are looked at at once; of a longer period the first ones."""
MOST_SYSTEMS = 3
"""With more systems than these, their loads and their stored energy are sums."""
_US = timedelta(microseconds=1)
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Quantity(StrEnum):
    """What a series tells of."""

    METER = "meter"
    WITHOUT = "without"
    LOAD = "load"
    UNPROTECTED = "unprotected"
    PRICE = "price"
    STORED = "stored"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ExploredSeries:
    """Values at rising times (microseconds since 1970, UTC); each holds for `holds_us` at most, then nothing is known.

    Powers are in kW, energies in kWh, prices per kWh. `steps` says whether a value is that of its whole interval.
    """

    name: str
    quantity: Quantity
    starts_us: IntArray
    values: FloatArray
    holds_us: int
    steps: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Explored:
    """The series that have values in a period; `cut_at` is the time up to which readings were looked at, if not all."""

    series: tuple[ExploredSeries, ...]
    cut_at: datetime | None


def explored(connection: Connection, stored: StoredSite, start: datetime, end: datetime) -> Explored:
    """Read what is stored of a site from `start` until before `end`."""
    site = site_of(stored, {})
    since = _begun(connection, stored.site_id, start)
    read = list(islice(readings_between(connection, stored.site_id, since, end), MOST_READINGS + 1))
    cut_at = read.pop()[0] if len(read) > MOST_READINGS else None
    found = (
        *_meter(site, read, since, cut_at or end),
        *_loads(connection, stored, start, end),
        *_prices(connection, stored, start, end),
        *_energies(site, read),
    )
    return Explored(series=tuple(each for each in found if len(each.values)), cut_at=cut_at)


def _begun(connection: Connection, site_id: str, start: datetime) -> datetime:
    """From when on readings count: a site that was deleted and made again does not have those of the one before."""
    deleted = deleted_at(connection, site_id)
    return start if deleted is None else max(start, deleted)


def _meter(site: Site, read: Sequence[Reading], start: datetime, end: datetime) -> Iterator[ExploredSeries]:
    """The mean of the meter in each interval, and without what batteries took and gave."""
    step = timedelta(minutes=site.interval_minutes)
    first = start - (start - datetime(1970, 1, 1, tzinfo=UTC)) % step
    intervals = -((first - end) // step)
    if not read or intervals < 1:
        return
    horizon = Horizon(start=first, interval_minutes=site.interval_minutes, intervals=intervals, timezone=site.timezone)
    grid_kw, batteries_kw = metered(site, horizon, read)
    known = ~np.isnan(grid_kw)
    starts_us = microseconds(first) + np.flatnonzero(known) * (step // _US)
    for name, quantity, kw in (
        ("meter with batteries", Quantity.METER, grid_kw),
        ("meter without batteries", Quantity.WITHOUT, grid_kw - batteries_kw),
    ):
        yield ExploredSeries(name=name, quantity=quantity, starts_us=starts_us, values=kw[known], holds_us=step // _US)


def _loads(connection: Connection, stored: StoredSite, start: datetime, end: datetime) -> Iterator[ExploredSeries]:
    """The load of each system, and of what no system carries, as far as they are stored series."""
    systems: Sequence[Mapping[str, Any]] = stored.document["ups"]
    found = []
    for ups in systems:
        key = key_of_load(ups.get("load", {}))
        if key is not None:
            given = read_series(connection, stored.site_id, key, start, end)
            measured = read_series(connection, stored.site_id, measured_key(str(ups["id"])), start, end)
            found.append(_series(f"load of {ups['id']}", Quantity.LOAD, given, measured))
    found = [each for each in found if len(each.values)]
    yield from found if len(found) <= MOST_SYSTEMS else [_sum(f"load of {len(found)} systems", found)]
    beside = key_of_load(stored.document.get("unprotected_load", {}))
    if beside is not None:
        given = read_series(connection, stored.site_id, beside, start, end)
        yield _series("unprotected load", Quantity.UNPROTECTED, given)


def _prices(connection: Connection, stored: StoredSite, start: datetime, end: datetime) -> Iterator[ExploredSeries]:
    key = key_of_load(stored.document.get("prices") or {})
    if key is not None:
        yield _series("market price", Quantity.PRICE, read_series(connection, stored.site_id, key, start, end))


def _energies(site: Site, read: Sequence[Reading]) -> Iterator[ExploredSeries]:
    """Stored energy, reading by reading; of many systems their sum where every one is known."""
    times_us = np.array([microseconds(at) for at, _ in read], dtype=np.int64)
    kwh = np.array(
        [[_stored_kwh(document, ups.id) for ups in site.ups] for _, document in read], dtype=np.float64
    ).reshape(len(read), len(site.ups))
    columns = [(f"stored energy, {ups.id}", kwh[:, index]) for index, ups in enumerate(site.ups)]
    if len(columns) > MOST_SYSTEMS:
        columns = [(f"stored energy, {len(columns)} systems", kwh.sum(axis=1))]
    for name, values in columns:
        known = ~np.isnan(values)
        yield ExploredSeries(
            name=name,
            quantity=Quantity.STORED,
            starts_us=times_us[known],
            values=values[known],
            holds_us=APART // _US,
            steps=False,
        )


def _stored_kwh(document: Mapping[str, Any], ups_id: str) -> float:
    told = document["ups"].get(ups_id, {}).get("stored_kwh")
    return np.nan if told is None else float(told)


def _series(
    name: str, quantity: Quantity, given: StoredReadings, later: StoredReadings | None = None
) -> ExploredSeries:
    """Stored readings, and after the last of them those that are stored beside."""
    starts, values, steps = given.starts, given.values, given.steps_us
    if later is not None:
        after = later.starts > starts[-1] if len(starts) else np.ones(len(later.starts), dtype=bool)
        starts = np.concatenate([starts, later.starts[after]])
        values = np.concatenate([values, later.values[after]])
        steps = np.concatenate([steps, later.steps_us[after]])
    return ExploredSeries(
        name=name,
        quantity=quantity,
        starts_us=starts.astype(np.int64),
        values=values,
        holds_us=int(steps.max()) if len(steps) else 0,
    )


def _sum(name: str, parts: Sequence[ExploredSeries]) -> ExploredSeries:
    """The sum of series at the times at which every one has a value."""
    starts_us: IntArray = reduce(np.intersect1d, [each.starts_us for each in parts])
    values = sum(
        (each.values[np.searchsorted(each.starts_us, starts_us)] for each in parts), start=np.zeros(len(starts_us))
    )
    holds_us = max(each.holds_us for each in parts)
    return ExploredSeries(name=name, quantity=parts[0].quantity, starts_us=starts_us, values=values, holds_us=holds_us)
