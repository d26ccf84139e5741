"""The interpretation of a file, by the given format or by the most likely one."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ridethrough.api.reading.series.green_button import is_green_button
from ridethrough.api.reading.series.series_file import SeriesQuery, Understood, proposed, read_series, understood
from ridethrough.api.reading.tables.columns import Use
from ridethrough.domain import UnableToAccept

UNITS: Mapping[Use, str] = {"load": "kW", "price": "per kWh"}
"""The units of series in the program, independent of the file's units."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSeries:
    """The interpretation of a file; `to_write` is the format to write into a site file (None: nothing to write)."""

    read: Understood
    use: Use
    to_write: str | None = None
    remark: str = ""


def shown_series(content: bytes, query: SeriesQuery) -> ShownSeries:
    """Read a file by its format; without one, if the file needs a format, by the most likely one.

    Raises `UnableToAccept` with every fault, also where the times of the file have no UTC offset and no clock is given.
    """
    if is_green_button(content, query.source):
        series = read_series(content, query)
        feed = Understood(
            series=series,
            rows=len(series.values),
            unit="kW",
            value_column="value",
            time_column="timePeriod",
            clock="seconds since 1970 (UTC)",
            stamps="start",
        )
        return ShownSeries(read=feed, use=query.use)
    if query.form is not None:
        return ShownSeries(read=understood(content, query), use=query.use, to_write=query.form.written())
    try:
        return ShownSeries(read=understood(content, query), use=query.use)
    except UnableToAccept:
        better = proposed(content, query)
        if better is None or (better.form.timezone is not None and query.timezone is None):
            raise
        read = understood(content, replace(query, form=better.form))
        return ShownSeries(read=read, use=query.use, to_write=better.form.written(), remark=better.remark.strip())
