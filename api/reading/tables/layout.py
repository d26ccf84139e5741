"""The positions of header, times and values in a table, found from its cells."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import time

from ridethrough.api.reading.tables.csv_format import ENERGY_UNITS, POWER_UNITS, PRICE_UNITS, CsvFormat
from ridethrough.api.reading.tables.numbers import fits
from ridethrough.api.reading.tables.table import Cell, Table
from ridethrough.api.reading.tables.times import (
    CLOCKS,
    DATES,
    EXCEL,
    ISO,
    all_fit,
    formats_that_fit,
    parse_times,
)
from ridethrough.domain import Fault

SAMPLE = 200
_MOST_BEFORE_HEADER = 60
_NOTATIONS = ((".", ""), (",", ""), (".", ","), (",", "."), (",", " "), (".", " "), (".", "'"), (",", "'"))
_LOAD_UNITS = {name.lower(): name for name in (*POWER_UNITS, *ENERGY_UNITS)}
_LOAD_UNIT = re.compile(r"(?<![a-z])(kwh|mwh|wh|kw|mw|w)(?![a-z])")
_BARE_WATT = re.compile(r"(?:[\[(]|_)w(?:[\])]|$)")
_PRICE_UNIT = re.compile(r"(?:/|per[ _]?)\s*(kwh|mwh)")
_CENT = re.compile(r"(?<![a-z])(?:ct|cent|cents)(?![a-z])")
_END_WORDS = re.compile(r"(?<![a-z])(?:end|ends|ende|bis|to|until|ending)(?![a-z])|\u7d42\u4e86")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """The rows and columns of a table: `first` is the index of the first row of data, `time` and `values` are columns.

    `names` are those of the header, or the columns' numbers (from 1) in a table without one. `time_formats` are those
    that fit; more than one means that the file does not tell them apart.
    """

    first: int
    names: tuple[str, ...]
    time: tuple[int, ...]
    time_formats: tuple[str, ...]
    values: tuple[int, ...]
    decimal: str
    thousands: str


def layout_of(table: Table) -> Layout | None:
    """Find the layout of a table; None if no columns look like times and numbers."""
    width = _usual_width(table.rows)
    for index, row in enumerate(table.rows[:_MOST_BEFORE_HEADER]):
        if len(row) < 2 or len(row) < width - 1:  # noqa: PLR2004 - a time and a value
            continue
        found = _layout_below(table, index, row)
        if found is not None:
            return found
    return None


def names_in(row: Sequence[Cell]) -> tuple[str, ...]:
    """The names of a header's row."""
    return tuple(str(cell).strip() for cell in row)


def unit_of(name: str, *, price: bool) -> str | None:
    """The unit that the name of a column holds: `load_kw`, `Wirkleistung [kW]`, `EUR/MWh`."""
    text = name.lower()
    if price:
        found = _PRICE_UNIT.search(text)
        if found is None:
            return None
        unit = "per_MWh" if found[1] == "mwh" else "per_kWh"
        return "cent_per_kWh" if _CENT.search(text) and unit == "per_kWh" else unit
    units = [each for each in _LOAD_UNIT.findall(text.replace("_", " ")) if each != "w"]
    if units:
        return _LOAD_UNITS[units[-1]]
    return "W" if _BARE_WATT.search(text) else None


def factor_of(unit: str) -> float:
    """The factor of a unit to kW, to kWh an interval, or to the currency per kWh."""
    units: Mapping[str, float] = {**POWER_UNITS, **ENERGY_UNITS, **PRICE_UNITS}
    return units[unit]


def says_end(names: Iterable[str]) -> bool:
    """Whether the name of a time column speaks of the end of an interval."""
    return any(_END_WORDS.search(name.lower().replace("_", " ")) for name in names)


def joined_times(columns: Sequence[Sequence[object]]) -> list[Cell]:
    """One time a row, from one column, or from a date's and a clock time's."""
    if len(columns) == 1:
        return list(columns[0])  # type: ignore[arg-type]
    return [" ".join(_as_text(part) for part in parts) for parts in zip(*columns, strict=True)]


def value_notation(cells: Sequence[Cell]) -> tuple[str, str] | None:
    """The decimal and thousands signs that read every reading of a column; None for a column of other things."""
    fitting = (each for each in _NOTATIONS if fits(cells, decimal=each[0], thousands=each[1]))
    return next(fitting, None)


def column(rows: Sequence[Sequence[Cell]], index: int) -> list[Cell]:
    """The cells of one column; a row that is too short has an empty one."""
    return [row[index] if index < len(row) else "" for row in rows]


def _layout_below(table: Table, index: int, row: Sequence[Cell]) -> Layout | None:
    rows = [each for each in table.rows[index + 1 : index + 1 + SAMPLE] if len(each) > 1]
    whole = rows[: max(1, len(rows) - len(rows) // 10 - 1)] if len(rows) > 3 else rows  # noqa: PLR2004 - footers
    if not whole:
        return None
    cells = [column(whole, number) for number in range(len(row))]
    time, formats = _time_columns(cells)
    if not time:
        return None
    notations = {
        number: notation
        for number, each in enumerate(cells)
        if number not in time and not formats_that_fit(each[:3]) and (notation := value_notation(each)) is not None
    }
    if not notations:
        return None
    decimal, thousands = max(notations.values(), key=_NOTATIONS.index)
    kept = [number for number in notations if fits(cells[number], decimal=decimal, thousands=thousands)]
    headed = bool(parse_times(joined_times([[row[each]] for each in time]), strptime_of(formats[0])).bad)
    if not headed and any(len(above) > 1 and len(above) != len(row) for above in table.rows[:index]):
        return None  # the header of fewer cells: a comma stands in numbers and between cells
    return Layout(
        first=index + 1 if headed else index,
        names=names_in(row) if headed else tuple(str(number + 1) for number in range(len(row))),
        time=time,
        time_formats=tuple(formats),
        values=tuple(kept),
        decimal=decimal,
        thousands=thousands,
    )


def _time_columns(cells: Sequence[Sequence[Cell]]) -> tuple[tuple[int, ...], list[str]]:
    """The column with the time, or the two of a date and a clock time."""
    for number, each in enumerate(cells):
        formats = _telling(each, formats_that_fit(each))
        if formats:
            return (number,), formats
    for number, days in enumerate(cells):
        if not _are(days, DATES):
            continue
        for other, clocks in enumerate(cells):
            if other != number and _are(clocks, CLOCKS):
                both = joined_times([days, clocks])
                return (number, other), _telling(both, formats_that_fit(both))
    return (), []


def _telling(cells: Sequence[Cell], formats: list[str]) -> list[str]:
    """Of formats that fit all, those that let time go on by one step: a day is no month."""
    if len(formats) < 2:  # noqa: PLR2004
        return formats
    steps = {each: Counter(_steps(cells, each)) for each in formats}
    best = min(len(each) for each in steps.values())
    return [each for each in formats if len(steps[each]) == best]


def _steps(cells: Sequence[Cell], time_format: str) -> list[int]:
    moments = parse_times(cells, time_format).moments.astype("int64")
    return (moments[1:] - moments[:-1]).tolist()  # type: ignore[no-any-return]


def _are(cells: Sequence[Cell], formats: Sequence[str]) -> bool:
    texts = [_as_text(cell) for cell in cells]
    return any(all_fit(texts, each) for each in formats)


def _as_text(cell: object) -> str:
    if isinstance(cell, time):
        return cell.isoformat("seconds")
    text = str(cell).strip()
    return text.removesuffix(" 00:00:00")


def _usual_width(rows: Sequence[Sequence[Cell]]) -> int:
    widths = Counter(len(row) for row in rows[: _MOST_BEFORE_HEADER + SAMPLE])
    return widths.most_common(1)[0][0] if widths else 0


def format_to_write(layout: Layout, form: CsvFormat) -> CsvFormat:
    """A format with the time's columns and format, and the signs of numbers, of a layout."""
    names = tuple(layout.names[each] for each in layout.time)
    named = strptime_of(layout.time_formats[0])
    return CsvFormat(
        time_column=(names[0] if len(names) == 1 else names) if names != ("start",) else None,
        time_format=named,
        decimal=layout.decimal if layout.decimal != "." else None,
        thousands=layout.thousands or None,
    ).over(form)


def strptime_of(time_format: str) -> str | None:
    """The format to write; ISO 8601 and the serial days of a spreadsheet are known by their looks."""
    return None if time_format in (ISO, EXCEL) else time_format


def is_footer(cells: Sequence[Cell]) -> bool:
    """Whether the time of a row after the readings is a word (a sum, a remark) or empty, and not a faulty time."""
    return all(not any(sign.isdecimal() for sign in str(cell)) for cell in cells)


def format_choice(cells: Sequence[Cell], name: str, faults: list[Fault]) -> str | None:
    """The format of a column whose own is not given: None for ISO 8601 and spreadsheet dates, or the one that fits.

    Where several fit (is 03/04 in March or in April?) a fault says what to write.
    """
    sample = [cell for cell in cells if str(cell).strip()]
    formats = formats_that_fit(sample[:SAMPLE]) or formats_that_fit(sample[:3])
    if len(formats) > 1:
        formats = _telling(cells, formats_that_fit(sample))
    if len(formats) > 1:
        choice = " or ".join(f'"{each}"' for each in formats)
        fault = Fault(field="csv_format.time_format", value=None, allowed=f"given, for {name} can be read as {choice}")
        faults.append(fault)
    return strptime_of(formats[0]) if formats else None
