"""Taking readings of a stored site's series, as a CSV file or as values."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from ridethrough.api.cases.sites.measured_loads import MEASURED
from ridethrough.api.reading.loads import load_faults
from ridethrough.api.reading.series.series_document import series_from_document
from ridethrough.api.reading.series.series_file import SeriesQuery, read_series
from ridethrough.api.reading.series.site_series import described_series
from ridethrough.api.reading.series.stored_series import series_key
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.tables.columns import Use
from ridethrough.api.reading.tables.csv_format import known_clock
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.store.series import Taken, append_series
from ridethrough.store.series_days import Stretch, UnableToAppend

_PRICES = "price"
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadSeries:
    """Readings that were read: the key they are stored under, and whether they are prices."""

    key: str
    series: TimeSeries
    is_price: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenSeries:
    """What became of the readings of one series."""

    read: ReadSeries
    taken: Taken

    @property
    def missing(self) -> int:
        """How many values between the first and the last are not there."""
        return sum(value != value for value in self.read.series.values)  # noqa: PLR0124 - NaN


def read_posted(
    document: Mapping[str, Any], name: str, content: bytes | Mapping[str, Any], *, column: str | None = None
) -> list[ReadSeries]:
    """Read what was sent for the series of a name: a file's bytes, or a JSON document of values.

    A file is read as the site's `document` describes it; one of many columns gives a series for each column that the
    document names. Raises `UnableToAccept` with every fault, also for loads that cannot be.
    """
    if series_key(name) == MEASURED:
        allowed = f"another name: series {MEASURED} is what telemetry measured (POST to /telemetry)"
        raise UnableToAccept([Fault(field="name", source="request", value=name, allowed=allowed)])
    uses = described_series(document, name)
    source, clock = f"series {name}", known_clock(document.get("timezone"))
    unused = SeriesQuery(source=source, use=_use_of(name), column=column, timezone=clock)
    described = [query for _, query in uses if column in (None, query.column)] or [unused]
    is_price = described[0].use == _PRICES
    if isinstance(content, bytes):
        queries = {query.column: replace(query, holes_stay=True) for query in described}
        read = {each: read_series(content, query) for each, query in queries.items()}
    else:
        read = {column: series_from_document(content, source=source, use=described[0].use, timezone=clock)}
    for series in read.values():
        _check_step(series)
    by_place = {place: read[query.column] for place, query in uses if query.column in read}
    faults = [fault for fault in load_faults(document, by_place, source) if fault.field in by_place]
    if faults:
        raise UnableToAccept(fault.in_source(source) for fault in faults)
    return [ReadSeries(key=series_key(name, each), series=series, is_price=is_price) for each, series in read.items()]


def is_price_series(document: Mapping[str, Any], name: str) -> bool:
    """Whether the series of a name holds prices; its name tells where the document does not use it."""
    uses = described_series(document, name)
    return (uses[0][1].use if uses else _use_of(name)) == _PRICES


def take(connection: Connection, site_id: str, read: list[ReadSeries], *, now: datetime) -> list[TakenSeries]:
    """Record what was read: values replace those that are there for the same time.

    Raises `UnableToAccept` where their step is not that of those that are there.
    """
    return [TakenSeries(read=each, taken=_appended(connection, site_id, each, now)) for each in read]


def _appended(connection: Connection, site_id: str, read: ReadSeries, now: datetime) -> Taken:
    series = read.series
    stretch = Stretch(start=series.start, step=series.step, values=np.array(series.values))
    try:
        return append_series(connection, site_id, read.key, stretch, now=now, may_change_step=read.is_price)
    except UnableToAppend as error:
        allowed = (
            f"{_minutes(error.stored)} minutes from the same minute of the hour, as the readings of "
            f"{error.day:%Y-%m-%d} have it; or DELETE the series first"
        )
        fault = Fault(field="step", source=series.source, value=f"{_minutes(error.given)} minutes", allowed=allowed)
        raise UnableToAccept([fault]) from error


def _check_step(series: TimeSeries) -> None:
    if series.step <= timedelta() or _DAY % series.step:
        value = f"{_minutes(series.step)} minutes"
        raise UnableToAccept(
            [Fault(field="step", source=series.source, value=value, allowed="a step that divides the day")]
        )


def _minutes(step: timedelta) -> str:
    return f"{step / timedelta(minutes=1):g}"


def _use_of(name: str) -> Use:
    """What a series is that no part of the document names: its name tells."""
    return "price" if name.lower().startswith(_PRICES) else "load"
