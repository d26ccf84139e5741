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
    horizon = _intervals(site, since, cut_at or end) if read else None
    told = {} if horizon is None else _told_loads(site, read, horizon)
    found = (
        *(() if horizon is None else _meter(site, read, horizon)),
        *_loads(connection, stored, start, end, told),
        *_prices(connection, stored, start, end),
        *_energies(site, read),
    )
    return Explored(series=tuple(each for each in found if len(each.values)), cut_at=cut_at)


def _begun(connection: Connection, site_id: str, start: datetime) -> datetime:
    """From when on readings count: a site that was deleted and made again does not have those of the one before."""
    deleted = deleted_at(connection, site_id)
    return start if deleted is None else max(start, deleted)


def _intervals(site: Site, start: datetime, end: datetime) -> Horizon | None:
    """The intervals of the site that begin before `end`, from the one that `start` is in."""
    step = timedelta(minutes=site.interval_minutes)
    first = start - (start - datetime(1970, 1, 1, tzinfo=UTC)) % step
    intervals = -((first - end) // step)
    if intervals < 1:
        return None
    return Horizon(start=first, interval_minutes=site.interval_minutes, intervals=intervals, timezone=site.timezone)


def _meter(site: Site, read: Sequence[Reading], horizon: Horizon) -> Iterator[ExploredSeries]:
    """The mean of the meter in each interval, and without what batteries took and gave."""
    grid_kw, batteries_kw = metered(site, horizon, read)
    yield _of_intervals("meter with batteries", Quantity.METER, horizon, grid_kw)
    yield _of_intervals("meter without batteries", Quantity.WITHOUT, horizon, grid_kw - batteries_kw)


def _loads(
    connection: Connection, stored: StoredSite, start: datetime, end: datetime, told: Mapping[str, ExploredSeries]
) -> Iterator[ExploredSeries]:
    """The load of each system as it is stored, and after that as telemetry tells it; and what no system carries."""

    def kept(key: str | None) -> ExploredSeries | None:
        return None if key is None else _stored_series(read_series(connection, stored.site_id, key, start, end))

    found = []
    for ups in stored.document["ups"]:
        ups_id = str(ups["id"])
        parts = (kept(key_of_load(ups.get("load", {}))), kept(measured_key(ups_id)), told.get(ups_id))
        found.append(_after_each_other(f"load of {ups_id}", Quantity.LOAD, parts))
    found = [each for each in found if len(each.values)]
    yield from found if len(found) <= MOST_SYSTEMS else [_sum(f"load of {len(found)} systems", found)]
    beside = kept(key_of_load(stored.document.get("unprotected_load", {})))
    yield _after_each_other("unprotected load", Quantity.UNPROTECTED, (beside,))


def _told_loads(site: Site, read: Sequence[Reading], horizon: Horizon) -> dict[str, ExploredSeries]:
    """The mean of the readings of each system's load in each interval that has any."""
    found = {}
    for ups in site.ups:
        sums, counts = np.zeros(horizon.intervals), np.zeros(horizon.intervals)
        for at, document in read:
            load_kw = document["ups"].get(ups.id, {}).get("load_kw")
            if load_kw is not None:
                index = int((at - horizon.start) // horizon.step)
                sums[index] += load_kw
                counts[index] += 1
        with np.errstate(invalid="ignore"):
            found[ups.id] = _of_intervals(f"load of {ups.id}", Quantity.LOAD, horizon, sums / counts)
    return found


def _prices(connection: Connection, stored: StoredSite, start: datetime, end: datetime) -> Iterator[ExploredSeries]:
    key = key_of_load(stored.document.get("prices") or {})
    if key is not None:
        kept = _stored_series(read_series(connection, stored.site_id, key, start, end))
        yield _after_each_other("market price", Quantity.PRICE, (kept,))


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


def _stored_series(found: StoredReadings) -> ExploredSeries:
    return ExploredSeries(
        name="",
        quantity=Quantity.LOAD,
        starts_us=found.starts.astype(np.int64),
        values=found.values,
        holds_us=int(found.steps_us.max()) if len(found.steps_us) else 0,
    )


def _of_intervals(name: str, quantity: Quantity, horizon: Horizon, values: FloatArray) -> ExploredSeries:
    """A value for each interval; NaN where none is known."""
    known, step_us = ~np.isnan(values), horizon.step // _US
    starts_us = microseconds(horizon.start) + np.flatnonzero(known) * step_us
    return ExploredSeries(name=name, quantity=quantity, starts_us=starts_us, values=values[known], holds_us=step_us)


def _after_each_other(name: str, quantity: Quantity, parts: Sequence[ExploredSeries | None]) -> ExploredSeries:
    """One series of several: of each the values after the last of those before it."""
    starts_us, values, holds_us = np.empty(0, dtype=np.int64), np.empty(0), 0
    for part in parts:
        if part is not None and len(part.values):
            after = part.starts_us > starts_us[-1] if len(starts_us) else np.ones(len(part.values), dtype=bool)
            starts_us = np.concatenate([starts_us, part.starts_us[after]])
            values = np.concatenate([values, part.values[after]])
            holds_us = max(holds_us, part.holds_us)
    return ExploredSeries(name=name, quantity=quantity, starts_us=starts_us, values=values, holds_us=holds_us)


def _sum(name: str, parts: Sequence[ExploredSeries]) -> ExploredSeries:
    """The sum of series at the times at which every one has a value."""
    starts_us: IntArray = reduce(np.intersect1d, [each.starts_us for each in parts])
    values = sum(
        (each.values[np.searchsorted(each.starts_us, starts_us)] for each in parts), start=np.zeros(len(starts_us))
    )
    holds_us = max(each.holds_us for each in parts)
    return ExploredSeries(name=name, quantity=parts[0].quantity, starts_us=starts_us, values=values, holds_us=holds_us)
