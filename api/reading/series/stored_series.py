"""Series that a service stores for a site: readings by name, made even when they are used."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import PurePosixPath

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.reading.series.even_steps import Readings, made_even
from ridethrough.api.reading.series.series_file import SeriesQuery
from ridethrough.api.reading.series.time_series import TimeSeries, first_of
from ridethrough.api.reading.tables.csv_format import clock_of
from ridethrough.domain import Fault, UnableToAccept

OF_SERIES = "series "
"""How the source of a fault of a stored series begins; the name follows."""
NAME = r"^[A-Za-z0-9][A-Za-z0-9 ._-]*$"
"""The form of a series' name: it stands in a path."""
LONGEST_NAME, LONGEST_COLUMN = 60, 39
_FILES = frozenset({".csv", ".xlsx", ".xml"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReadings:
    """Readings as they are stored: `starts` (UTC, rising) and `values`; `step` is that of the last one.

    `notes` say where they come from, where that is more than one place.
    """

    starts: NDArray[np.datetime64]
    values: NDArray[np.float64]
    step: timedelta
    notes: tuple[str, ...] = ()


StoredSeries = Callable[[str], KeptReadings | None]
"""Gives the readings that are stored under a key, see `series_key`; None where there are none."""


class SeriesNotStored(Fault):
    """A series that a site's document names, and that has no readings yet."""

    __slots__ = ()


def series_key(name: str, column: str | None = None) -> str:
    """Under which key the series of a name is stored; a file of many columns is a series for each.

    >>> series_key("load.csv"), series_key("meters", "hall-1_kw")
    ('load', 'meters#hall-1_kw')
    """
    path = PurePosixPath(name)
    plain = name[: -len(path.suffix)] if path.suffix.lower() in _FILES else name
    return plain if column is None else f"{plain}#{column}"


def name_fault(name: str, column: str | None, field: str) -> Fault | None:
    """What is wrong with the name of a series, or with that of its column; None where nothing is."""
    if not re.fullmatch(NAME, name) or name.endswith("\n") or len(name) > LONGEST_NAME:
        allowed = f"a name without folders, of letters, digits, spaces, . _ and -, at most {LONGEST_NAME}"
        return Fault(field=field, value=name, allowed=allowed)
    if column is not None and len(column) > LONGEST_COLUMN:
        return Fault(field=field, value=column, allowed=f"a column whose name has at most {LONGEST_COLUMN} characters")
    return None


def even_series(kept: KeptReadings, query: SeriesQuery) -> TimeSeries:
    """Make stored readings an even series; gaps are filled as the query says, and counted in its notes.

    Raises `UnableToAccept` for gaps that must not be filled.
    """
    clock = clock_of(query.timezone) if query.timezone else UTC
    readings = Readings(
        starts=kept.starts,
        values=kept.values,
        numbers=np.arange(1, len(kept.starts) + 1),
        clock_at=lambda _: clock,
        time_name="start",
    )
    start = readings.moment(0).astimezone(clock)
    if len(kept.values) == 1:
        only = tuple(kept.values.tolist())
        return TimeSeries(source=query.source, start=start, step=kept.step, values=only, notes=kept.notes)
    faults: list[Fault] = []
    even = made_even(readings, query.gaps, faults, step_may_change=query.use == "price", clock=clock)
    if even is None:
        raise UnableToAccept(
            Fault(field="readings", source=query.source, value=fault.value, allowed=fault.allowed)
            for fault in first_of(faults)
        )
    values = tuple(even.values.tolist())
    return TimeSeries(source=query.source, start=start, step=even.step, values=values, notes=(*kept.notes, *even.notes))
