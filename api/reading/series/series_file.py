"""Reading one series out of a file: CSV or Excel, plain or as its `csv_format` says, or Green Button.

A plain file has a `start` column with UTC offsets and a value column that names its unit.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta, timezone, tzinfo
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.reading.series.even_steps import EvenSeries, Readings, made_even
from ridethrough.api.reading.series.fixed_offset import fixed_offset_faults
from ridethrough.api.reading.series.green_button import is_green_button, read_green_button
from ridethrough.api.reading.series.time_series import TimeSeries, first_of
from ridethrough.api.reading.tables.columns import Columns, Use, described_columns, plain_columns
from ridethrough.api.reading.tables.csv_format import ENERGY_UNITS, CsvFormat, Gaps, Stamps, clock_of
from ridethrough.api.reading.tables.layout import factor_of
from ridethrough.api.reading.tables.local_clock import offset_text, written_offset
from ridethrough.api.reading.tables.proposal import Proposal, propose, shape_fault, table_in
from ridethrough.api.reading.tables.readings import (
    Cells,
    Instants,
    cells_of,
    checked_readings,
    cut_off_faults,
    described_instants,
    first_row_by_row,
    plain_instants,
    register_faults,
    values_of,
    width_faults,
)
from ridethrough.api.reading.tables.table import read_bytes
from ridethrough.domain import Fault, UnableToAccept

_FEWEST_ROWS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesQuery:
    """What to read from a file: for which use, how it is written, and what to do about gaps.

    `timezone` is the clock of the site, for times without UTC offset where the format names none; `wording` is how a
    proposed format is written where the reader stands (a site file, an option of a command). With `holes_stay` readings
    that are missing stay NaN, as far as `gaps` allow them: they are filled when the series is used.
    """

    source: str
    use: Use = "load"
    form: CsvFormat | None = None
    column: str | None = None
    gaps: Gaps | None = None
    timezone: str | None = None
    wording: str = "csv_format: {}"
    holes_stay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Understood:
    """A series, and how its file was understood."""

    series: TimeSeries
    rows: int
    unit: str
    value_column: str
    time_column: str
    clock: str
    stamps: Stamps
    filled: int = 0
    longest_gap: timedelta = field(default_factory=timedelta)


def read_series_file(path: Path, query: SeriesQuery) -> TimeSeries:
    """Read one series from a file.

    Raises `UnableToAccept` with every fault found (the first of many), each with its row; for a file that its format
    does not fit, one fault with the format to write.
    """
    return read_series(read_bytes(path, query.source), query)


def read_series(content: bytes, query: SeriesQuery) -> TimeSeries:
    """Read one series from the bytes of a file, see `read_series_file`."""
    if is_green_button(content, query.source):
        return read_green_button(content, query.source, usage_point=query.column, gaps=query.gaps)
    return understood(content, query).series


def understood(content: bytes, query: SeriesQuery) -> Understood:
    """Read one series from the bytes of a file, and say how it was understood.

    Raises `UnableToAccept` as `read_series_file` does.
    """
    try:
        columns, cells, instants, values = _parsed(content, query)
    except UnableToAccept as error:
        better = proposed(content, query)
        if better is None:
            days = shape_fault(content, query.source, query.form)
            raise UnableToAccept([days] if days else first_of(list(error.faults))) from error
        raise UnableToAccept([_what_to_write(error.faults, better, query)]) from error
    return _even_series(columns, cells, instants, values, query)


def proposed(content: bytes, query: SeriesQuery) -> Proposal | None:
    """The format that reads a file which the query's own does not; None where none was found."""
    proposal = propose(content, query.source, query.form, use=query.use, column_name=query.column, clock=query.timezone)
    if proposal is None:
        return None
    clock = proposal.form.timezone if query.form else proposal.form.timezone and "UTC"
    try:
        _parsed(content, replace(query, form=replace(proposal.form, timezone=clock)))
    except UnableToAccept:
        return None
    return proposal


def _parsed(content: bytes, query: SeriesQuery) -> tuple[Columns, Cells, Instants, NDArray[np.float64]]:
    """The instants and the numbers of a file's rows.

    Raises `UnableToAccept` for everything that is neither.
    """
    table = table_in(content, query.form or CsvFormat(), query.source)
    plain = query.form is None
    if query.form is None:
        columns = plain_columns(table, query.use, query.column)
    else:
        columns = described_columns(table, query.form, query.use, query.column)
    cells = cells_of(table, columns)
    form, holes = query.form or CsvFormat(), query.gaps is not None
    faults: list[Fault] = []
    if plain:
        instants = plain_instants(cells, columns, faults)
    else:
        named = form.timezone or query.timezone
        instants = described_instants(cells, columns, form, clock_of(named) if named else None, faults, holes=holes)
    values = values_of(cells, columns, form, faults, holes=holes)
    faults += width_faults(cells, columns)
    faults += register_faults(cells, columns, values)
    if not any(fault.field.startswith(f"row {cells.numbers[-1]},") for fault in faults):
        faults += cut_off_faults(table, cells, columns, values)
    if not faults and len(cells.rows) < _FEWEST_ROWS:
        allowed = "at least 2 rows, so that the step is known"
        faults.append(Fault(field="rows", value=len(cells.rows), allowed=allowed))
    checked_readings(first_row_by_row(faults), query.source)
    return columns, cells, instants, values


def _what_to_write(faults: tuple[Fault, ...], better: Proposal, query: SeriesQuery) -> Fault:
    """One fault in place of many: the first of them, and the format that reads the file."""
    first = faults[0]
    value = f"{first.value} (and {len(faults) - 1} more like it)" if len(faults) > 1 else first.value
    written = query.wording.format(better.form.written())
    allowed = f"{first.allowed}; or say how the file is written: {written}{better.remark}"
    return Fault(field=first.field, source=query.source, value=value, allowed=allowed)


def _even_series(
    columns: Columns, cells: Cells, instants: Instants, values: NDArray[np.float64], query: SeriesQuery
) -> Understood:
    clock_at = _clock_at(cells, instants)
    time_name = ",".join(columns.time_names)
    readings = Readings(
        starts=instants.starts, values=values, numbers=cells.numbers, clock_at=clock_at, time_name=time_name
    )
    faults: list[Fault] = []
    if instants.clock is None and query.timezone:
        faults += fixed_offset_faults(
            cells, instants, timezone=query.timezone, wording=query.wording, time_name=time_name
        )
        checked_readings(faults, query.source)
    local = instants.clock or (clock_of(query.timezone) if query.timezone else clock_at(0))
    may_change = query.use == "price"
    even = made_even(readings, query.gaps, faults, step_may_change=may_change, clock=local, holes_stay=query.holes_stay)
    if even is None:
        checked_readings(first_of(faults), query.source)
        raise AssertionError(query.source)  # pragma: no cover - made_even notes a fault where it gives nothing
    factor = factor_of(columns.unit)
    if columns.unit in ENERGY_UNITS:
        factor /= even.step / timedelta(hours=1)
    notes = list(even.notes)
    if cells.left_out:
        notes.append(f"rows after the last reading, without a time and left out: {cells.left_out}")
    if instants.clock is not None:
        notes.append(f"times are read by the clock of {_clock_name(instants.clock)}")
    series = TimeSeries(
        source=query.source,
        start=readings.moment(0).astimezone(clock_at(0)),
        step=even.step,
        values=tuple((even.values * factor).tolist()),
        notes=tuple(notes),
        clock_named=instants.clock is not None,
    )
    return _as_understood(series, even, columns, cells, instants)


def _as_understood(
    series: TimeSeries, even: EvenSeries, columns: Columns, cells: Cells, instants: Instants
) -> Understood:
    return Understood(
        series=series,
        rows=len(cells.rows),
        unit=columns.unit,
        value_column=columns.value_name,
        time_column=", ".join(columns.time_names),
        clock=_clock_name(instants.clock) if instants.clock else "UTC offsets in the file",
        stamps=instants.stamps,
        filled=even.filled,
        longest_gap=even.longest_gap,
    )


def _clock_at(cells: Cells, instants: Instants) -> Callable[[int], tzinfo]:
    """The clock that a row's time is shown in: the local one, or its own offset."""
    if instants.clock is not None:
        clock = instants.clock
        return lambda _: clock
    return lambda index: written_offset(cells.times[index])


def _clock_name(clock: tzinfo) -> str:
    if isinstance(clock, timezone):
        return offset_text(clock.utcoffset(None))
    return str(clock)
