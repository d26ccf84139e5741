"""A proposal for a file without a format: the `csv_format` that most likely reads it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ridethrough.api.reading.tables.columns import PLAIN_COLUMNS, Use
from ridethrough.api.reading.tables.csv_format import CsvFormat, clock_of
from ridethrough.api.reading.tables.layout import (
    Layout,
    column,
    format_to_write,
    layout_of,
    names_a_clock,
    names_utc,
    says_end,
    unit_of,
    why_not,
)
from ridethrough.api.reading.tables.local_clock import starts_one_step_late
from ridethrough.api.reading.tables.looks import joined_times, strptime_of
from ridethrough.api.reading.tables.numbers import may_be_thousands
from ridethrough.api.reading.tables.table import Table, has_utf16_mark, is_workbook, table_of, text_of
from ridethrough.api.reading.tables.times import parse_times
from ridethrough.api.reading.tables.workbook import workbook_table
from ridethrough.domain import Fault, UnableToAccept

_ENCODING_SAMPLE = 65_536
_JAPANESE = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]{2,}")
_DELIMITERS = (None, ";", "\t", "|")
_UNKNOWN_CLOCK = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A format to write, and what a person must look at in it."""

    form: CsvFormat
    remark: str = ""


def table_in(content: bytes, form: CsvFormat, source: str) -> Table:
    """The rows of a CSV file or of a workbook.

    Raises `UnableToAccept` for a file that is neither.
    """
    if is_workbook(content):
        return workbook_table(content, form.sheet, source)
    return table_of(text_of(content, form.encoding, source), form, source)


def propose(
    content: bytes, source: str, given: CsvFormat | None, *, use: Use, column_name: str | None, clock: str | None
) -> Proposal | None:
    """The format that seems to read a file, with what is given of it kept; None where none does.

    `clock` is the site's, for times without UTC offset.
    """
    given = given or CsvFormat()
    for form in _ways_to_split(content, given):
        try:
            table = table_in(content, form, source)
        except UnableToAccept:
            continue
        layout = layout_of(table)
        if layout is not None:
            return _proposal(table, layout, form, use=use, column_name=column_name, clock=clock)
    return None


def shape_fault(content: bytes, source: str, given: CsvFormat | None) -> Fault | None:
    """A fault for a file that holds days in place of intervals; None for any other."""
    for form in _ways_to_split(content, given or CsvFormat()):
        try:
            why = why_not(table_in(content, form, source))
        except UnableToAccept:
            continue
        if why is not None:
            allowed = "one row an interval: its time, and its value (turn the table round in a spreadsheet)"
            return Fault(field="rows", source=source, value=why, allowed=allowed)
    return None


def _ways_to_split(content: bytes, given: CsvFormat) -> Iterator[CsvFormat]:
    if is_workbook(content):
        yield given
        return
    for encoding in (given.encoding,) if given.encoding else _likely_encodings(content):
        for delimiter in dict.fromkeys((given.delimiter, *_DELIMITERS)):
            yield replace(given, encoding=encoding, delimiter=delimiter)


def _likely_encodings(content: bytes) -> tuple[str | None, ...]:
    """UTF-8 (None), or else the one that the bytes look like: Japanese words have several of its signs in a row."""
    if has_utf16_mark(content):
        return ("utf-16",)
    start = content[:_ENCODING_SAMPLE]
    for encoding, zeros in (("utf-16-le", start[1::2]), ("utf-16-be", start[::2])):
        if len(zeros) > 1 and zeros.count(0) > len(zeros) / 2:
            return (encoding,)
    japanese = _JAPANESE.search(start.decode("cp932", "ignore")) is not None
    return (None, "cp932", "cp1252") if japanese else (None, "cp1252")


def _proposal(
    table: Table, layout: Layout, form: CsvFormat, *, use: Use, column_name: str | None, clock: str | None
) -> Proposal:
    written = format_to_write(layout, form)
    remarks = []
    cells = joined_times([column(table.rows[layout.first :], each) for each in layout.time])
    times = parse_times(cells, form.time_format or strptime_of(layout.time_formats[0]))
    names = tuple(layout.names[each] for each in layout.time)
    if times.local and written.timezone is None:
        written = replace(written, timezone=(None if names_utc(names) else clock) or _UNKNOWN_CLOCK)
        if names_a_clock(names):
            remarks.append(f"the column's name tells a clock: is its time that of {written.timezone} all year?")
        elif clock is None:
            remarks.append("put the clock of the file in place of UTC, such as Europe/Berlin")
    midnight_of = clock_of(written.timezone or clock or _UNKNOWN_CLOCK)
    late = starts_one_step_late(times, cells, midnight_of)
    if written.stamps is None and (times.written_24 or says_end(names) or late):
        written = replace(written, stamps="end")
    if len(layout.time_formats) > 1:
        remarks.append(f'or time_format: "{layout.time_formats[1]}"')
    chosen = column_name or written.value_column or _likely_value(layout, use)
    others = [layout.names[each] for each in layout.values if layout.names[each] != chosen]
    if column_name is None and chosen not in PLAIN_COLUMNS[use]:
        written = replace(written, value_column=chosen)
        if others and written.value_column != form.value_column:
            listed = ", ".join(repr(name) for name in others[:6])
            remarks.append(f"or another column of numbers: {listed}")
    sign = written.decimal or "."
    shown = [
        cell
        for name, each in zip(layout.names, range(len(layout.names)), strict=True)
        if name == chosen
        for cell in column(table.rows[layout.first :], each)
    ]
    if not written.thousands and (sign == "," or form.delimiter) and may_be_thousands(shown, sign):
        written = replace(written, decimal=sign)
        remarks.append(f'1{sign}234 is taken for one and a part; where it is a thousand, thousands: "{sign}" instead')
    if written.unit is None and chosen not in PLAIN_COLUMNS[use] and unit_of(chosen, price=use == "price") is None:
        written = replace(written, unit="per_MWh" if use == "price" else "kW")
        other = "per_kWh or cent_per_kWh" if use == "price" else "W, MW, kWh, Wh or MWh"
        remarks.append(f"the file does not say its unit: {written.unit}, or {other}")
    return Proposal(form=written, remark=f" ({'; '.join(remarks)})" if remarks else "")


def _likely_value(layout: Layout, use: Use) -> str:
    """The column that a contract names, or else one that names its unit, or else the first of numbers."""
    names = [layout.names[each] for each in layout.values]
    known = [name for name in names if name in PLAIN_COLUMNS[use]]
    with_unit = [name for name in names if unit_of(name, price=use == "price") is not None]
    return (known or with_unit or names)[0]
