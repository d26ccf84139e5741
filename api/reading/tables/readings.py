"""From the cells of two columns to instants and numbers; any other cell is a fault with its row."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta, tzinfo

import numpy as np
from numpy.typing import NDArray

from ridethrough.api.reading.tables.columns import Columns
from ridethrough.api.reading.tables.csv_format import ENERGY_UNITS, CsvFormat, Stamps
from ridethrough.api.reading.tables.layout import column, format_choice, is_footer, names_a_clock, says_end
from ridethrough.api.reading.tables.local_clock import instants_of, starts_one_step_late, usual_step
from ridethrough.api.reading.tables.looks import joined_times
from ridethrough.api.reading.tables.numbers import is_missing, may_be_thousands, numbers_of
from ridethrough.api.reading.tables.table import Cell, Table
from ridethrough.api.reading.tables.times import FIRST_MOMENT, LAST_MOMENT, MIDNIGHT_AT_END, Times, parse_times
from ridethrough.domain import Fault, UnableToAccept

PLAIN_TIME = "an ISO 8601 time with a UTC offset, such as 2026-07-01T00:00-04:00"
_MOST_FOOTERS = 20
_FEWEST_ROWS = 2
_LONGEST_SHOWN = 60
_COUNTS = re.compile(r"z(?:\u00e4|ae)hlerstand|register|cumulat|kumul|(?<![a-z])index(?![a-z])")
_FEWEST_COUNTS = 24
_FAR_ABOVE = 1000.0
"""The count of a meter is far above what an interval adds to it."""
_CUT_BY = 5.0
"""A last value without its last digit is a tenth of the others: below a fifth of the least it is in doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The rows that hold readings: their cells and numbers; `left_out` are the rows after the last reading."""

    rows: Sequence[Sequence[Cell]]
    numbers: NDArray[np.int64]
    times: Sequence[Cell]
    values: Sequence[Cell]
    left_out: int = 0
    from_workbook: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Instants:
    """The interval starts of rows as instants (UTC), and the clock that their times were written by (None: offsets)."""

    starts: NDArray[np.datetime64]
    clock: tzinfo | None
    stamps: Stamps


def cells_of(table: Table, columns: Columns) -> Cells:
    """Take the rows of readings out of a table; rows with words in place of a time at its end are no readings."""
    rows, numbers = table.rows[columns.first :], table.numbers[columns.first :]
    times = joined_times([column(rows, each) for each in columns.time])
    kept = len(rows)
    while kept > max(_FEWEST_ROWS, len(rows) - _MOST_FOOTERS) and is_footer(times[kept - 1 : kept]):
        if not str(times[kept - 1]).strip() and not is_missing(column(rows[kept - 1 : kept], columns.value)[0]):
            break
        kept -= 1
    if kept and is_footer(times[kept - 1 : kept]):
        kept = len(rows)  # no row holds a time: these are no footers
    return Cells(
        rows=rows[:kept],
        numbers=np.array(numbers[:kept], dtype=np.int64),
        times=times[:kept],
        values=column(rows[:kept], columns.value),
        left_out=len(rows) - kept,
        from_workbook=table.from_workbook,
    )


def values_of(
    cells: Cells, columns: Columns, form: CsvFormat, faults: list[Fault], *, holes: bool
) -> NDArray[np.float64]:
    """The numbers of a column; with `holes`, a reading that was not made is NaN and no fault."""
    in_texts = cells.from_workbook or form.delimiter not in (None, ",")
    if form.decimal is None and form.thousands is None and in_texts:
        faults += _untold_sign(cells, columns)
    values, bad = numbers_of(cells.values, decimal=form.decimal_sign, thousands=form.thousands or "")
    for index in bad:
        if holes and is_missing(cells.values[index]):
            continue
        short = len(cells.rows[index]) <= columns.value
        shown = None if short else in_short(cells.values[index])
        field = f"row {cells.numbers[index]}, {columns.value_name}"
        faults.append(Fault(field=field, value=shown, allowed="a finite number"))
    return values


def _untold_sign(cells: Cells, columns: Columns) -> Iterator[Fault]:
    """A fault where every point in a column may stand between thousands, and the format says nothing of it."""
    if may_be_thousands(cells.values, "."):
        first = next(cell for cell in cells.values if "." in str(cell))
        allowed = 'told apart: write csv_format: {thousands: "."} where it is above a thousand, else {decimal: "."}'
        yield Fault(field=f"column {columns.value_name}", value=first, allowed=allowed)


def register_faults(cells: Cells, columns: Columns, values: NDArray[np.float64]) -> Iterator[Fault]:
    """Find a column of energy that only rises: the count of a meter, and not the energy of each interval."""
    steps = np.diff(values)
    if columns.unit not in ENERGY_UNITS or len(steps) < _FEWEST_COUNTS or not (steps >= 0).all() or not steps.any():
        return
    if _COUNTS.search(columns.value_name.lower()) or values[0] > _FAR_ABOVE * steps.max():
        value = f"{in_short(cells.values[0])} to {in_short(cells.values[-1])}, always rising"
        allowed = (
            "the energy of each interval: this looks like the count of a meter, so take the differences of its rows"
        )
        yield Fault(field=f"column {columns.value_name}", value=value, allowed=allowed)


def width_faults(cells: Cells, columns: Columns) -> Iterator[Fault]:
    """Find rows that hold more than the header names."""
    for index, row in enumerate(cells.rows):
        if len(row) > columns.width and any(str(cell).strip() for cell in row[columns.width :]):
            field = f"row {cells.numbers[index]}"
            yield Fault(field=field, value="more cells", allowed="as long as the header")


def cut_off_faults(table: Table, cells: Cells, columns: Columns, values: NDArray[np.float64]) -> Iterator[Fault]:
    """Find a last line that the end of the file seems to cut: against every other it lacks cells or digits."""
    if table.whole_line_at_end or cells.left_out or len(cells.rows) <= _FEWEST_ROWS:
        return
    *others, last = cells.rows
    texts = [str(cell).strip() for cell in cells.values]
    fewer_cells = len(last) < min(len(row) for row in others)
    far_smaller = bool(abs(values[-1]) < np.abs(values[:-1]).min() / _CUT_BY) and len(texts[-1]) < min(
        map(len, texts[:-1])
    )
    if fewer_cells or far_smaller or _decimals(texts[-1]) < min(map(_decimals, texts[:-1])):
        field = f"row {cells.numbers[-1]}, {columns.value_name}"
        allowed = "a whole line: get the file anew, or put a line break after this line if its value is right"
        yield Fault(field=field, value=f"{in_short(texts[-1])} (the file ends in this line)", allowed=allowed)


def _decimals(text: str) -> int:
    """The digits behind the last point or comma of a number."""
    return len(text.replace(",", ".").rpartition(".")[2]) if "." in text or "," in text else 0


def in_short(cell: Cell) -> Cell:
    """A cell for a message; a long text is cut, for an open quotation mark swallows the rest of a file."""
    if not isinstance(cell, str) or len(cell) <= _LONGEST_SHOWN:
        return cell
    return f"{cell[:_LONGEST_SHOWN]}... ({len(cell)} characters: is a quotation mark left open?)"


def plain_instants(cells: Cells, columns: Columns, faults: list[Fault]) -> Instants:
    """The times of a file that needs no more said: each with its UTC offset."""
    times = parse_times(cells.times, None)
    moments = times.moments.copy()
    if times.local:
        moments[:] = np.datetime64("NaT")
    _note_bad_times(moments, cells, columns, PLAIN_TIME, faults)
    if times.written_24:
        faults.append(_midnight_at_end(cells, columns))
    return Instants(starts=moments, clock=None, stamps="start")


def described_instants(
    cells: Cells, columns: Columns, form: CsvFormat, clock: tzinfo | None, faults: list[Fault], *, holes: bool
) -> Instants:
    """The times of a file that is described: with offsets, or by a local clock.

    `clock` is the one that the format or the site names.
    """
    time_format = form.time_format or format_choice(cells.times, ",".join(columns.time_names), faults)
    times = parse_times(cells.times, time_format)
    allowed = f"a time written as {time_format}" if time_format else "a time; say how it is written: time_format"
    _note_bad_times(times.moments, cells, columns, allowed, faults)
    field = ",".join(columns.time_names)
    stamps = form.stamps or _untold_stamps(times, cells, columns, clock, faults)
    if times.local and clock is None:
        allowed = 'given: the times have no UTC offset, so name the clock, such as Europe/Berlin or "+01:00"'
        faults.append(Fault(field="csv_format.timezone", value=None, allowed=allowed))
    elif times.local and form.timezone is None and names_a_clock(columns.time_names):
        allowed = f'given, for {field!r} names a clock: UTC or such as "+01:00", or {clock} where it follows that one'
        faults.append(Fault(field="csv_format.timezone", value=None, allowed=allowed))
    if faults:
        return Instants(starts=times.moments, clock=clock, stamps=stamps)
    if not times.local or clock is None:
        step = usual_step(times.moments) or timedelta()
        shift = np.timedelta64(step if stamps == "end" else timedelta(), "us")
        return Instants(starts=times.moments - shift, clock=None, stamps=stamps)
    resolved = instants_of(times.moments, clock, stamps=stamps, holes_allowed=holes)
    for each in resolved.ambiguous:
        more = f", and {each.rows - 1} rows after it" if each.rows > 1 else ""
        value = f"{cells.times[each.index]} ({each.why}{more})"
        faults.append(Fault(field=f"row {cells.numbers[each.index]}, {field}", value=value, allowed=each.allowed))
    return Instants(starts=resolved.starts, clock=clock, stamps=stamps)


def _untold_stamps(times: Times, cells: Cells, columns: Columns, clock: tzinfo | None, faults: list[Fault]) -> Stamps:
    """The start of intervals, where the format does not say; where times look like ends, it must."""
    if says_end(columns.time_names) or starts_one_step_late(times, cells.times, clock):
        value = f"{in_short(cells.times[0])} to {in_short(cells.times[-1])}"
        allowed = "told apart: these look like the ends of intervals, so write csv_format: {stamps: end}, or start"
        faults.append(Fault(field=",".join(columns.time_names), value=value, allowed=allowed))
    elif times.written_24:
        faults.append(_midnight_at_end(cells, columns))
    return "start"


def _midnight_at_end(cells: Cells, columns: Columns) -> Fault:
    place = next(index for index, cell in enumerate(cells.times) if MIDNIGHT_AT_END.search(str(cell)))
    return Fault(
        field=f"row {cells.numbers[place]}, {','.join(columns.time_names)}",
        value=str(cells.times[place]),
        allowed="from 00:00 to 23:59, or the end of an interval: write csv_format: {stamps: end}",
    )


def _note_bad_times(
    moments: NDArray[np.datetime64], cells: Cells, columns: Columns, allowed: str, faults: list[Fault]
) -> None:
    """Note each time that cannot be read or is not in the plausible years."""
    moments[(moments < FIRST_MOMENT) | (moments >= LAST_MOMENT)] = np.datetime64("NaT")
    name = ",".join(columns.time_names)
    for index in np.flatnonzero(np.isnat(moments)).tolist():
        short = len(cells.rows[index]) <= max(columns.time)
        shown = None if short else in_short(cells.times[index])
        faults.append(Fault(field=f"row {cells.numbers[index]}, {name}", value=shown, allowed=allowed))


def first_row_by_row(faults: list[Fault]) -> list[Fault]:
    """The faults in the order of their rows."""

    def row(fault: Fault) -> int:
        words = fault.field.removeprefix("row ").split(",")[0]
        return int(words) if words.isdecimal() else 0

    return sorted(faults, key=row)


def checked_readings(faults: list[Fault], source: str) -> None:
    """Raise `UnableToAccept` where faults were noted."""
    if faults:
        raise UnableToAccept(fault.in_source(source) for fault in faults)
