"""The positions of header, times and values in a table, found from its cells."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ridethrough.api.reading.tables.csv_format import ENERGY_UNITS, POWER_UNITS, PRICE_UNITS, CsvFormat
from ridethrough.api.reading.tables.looks import (
    NOTATIONS,
    days_in,
    fitting_formats,
    joined_times,
    mostly_numbers,
    strptime_of,
    time_columns,
    value_notation,
)
from ridethrough.api.reading.tables.table import Cell, Table
from ridethrough.api.reading.tables.times import parse_times
from ridethrough.domain import Fault

SAMPLE = 200
_MOST_BEFORE_HEADER = 60
_CLOCK = re.compile(r"\d\d?:\d\d(:\d\d)?( ?-.*)?")
_FEWEST_COLUMNS = 24
_LOAD_UNITS = {name.lower(): name for name in (*POWER_UNITS, *ENERGY_UNITS)}
_LOAD_UNIT = re.compile(r"(?<![a-z])(kwh|mwh|wh|kw|mw|w)(?![a-z])")
_BARE_WATT = re.compile(r"(?:[\[(]|_)w(?:[\])]|$)")
_PRICE_UNIT = re.compile(r"(?:/|per[ _]?)\s*(kwh|mwh)")
_CENT = re.compile(r"(?<![a-z])(?:ct|cts|cent|cents|pence)(?![a-z])|\u00a2|(?<![a-z])[cp]\s*(?:/|per)")
_MILL = re.compile(r"(?<![a-z])mills?(?![a-z])")
"""A thousandth of a currency: no unit that a format knows."""
_END_WORDS = re.compile(r"(?<![a-z])(?:end|ends|bis|to|until|ending)(?![a-z])|end(?:e|time|zeit)(?![a-z])|\u7d42\u4e86")
_START_WORDS = re.compile(r"(?<![a-z])(?:start|von|from|begin|beginn)(?![a-z])")
_UTC_WORDS = re.compile(r"(?<![a-z])(?:utc|gmt|zulu)(?![a-z])")
_WINTER_WORDS = re.compile(r"(?<![a-z])(?:cet|mez|eet|est|cst|mst|pst)(?![a-z])|winterzeit|standard time")
_SUMMER_WORDS = re.compile(r"(?<![a-z])(?:cest|mesz|eest|edt|cdt|mdt|pdt)(?![a-z])")
_CAPITAL = re.compile(r"(?<=[a-z])(?=[A-Z])")


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
    for odd_allowed in (False, True):
        for index, row in enumerate(table.rows[:_MOST_BEFORE_HEADER]):
            if len(row) < 2 or len(row) < width - 1:  # noqa: PLR2004 - a time and a value
                continue
            found = _layout_below(table, index, row, odd_allowed=odd_allowed)
            if found is not None:
                return found
    return None


def why_not(table: Table) -> str | None:
    """The reason why a table holds no readings of intervals: days with a column for each interval, or daily sums."""
    for index, row in enumerate(table.rows[:_MOST_BEFORE_HEADER]):
        if sum(_CLOCK.fullmatch(str(cell).strip()) is not None for cell in row) >= _FEWEST_COLUMNS:
            return "one row a day, with a column for each interval"
        below = table.rows[index + 1 : index + 1 + SAMPLE]
        if len(row) > 1 and len(below) > 1 and days_in(column(below, 0)):
            return "one row a day"
    return None


def names_in(row: Sequence[Cell]) -> tuple[str, ...]:
    """The names of a header's row."""
    return tuple(str(cell).strip() for cell in row)


def unit_of(name: str, *, price: bool) -> str | None:
    """The unit that the name of a column holds: `load_kw`, `Wirkleistung [kW]`, `EUR/MWh`; None where it holds two."""
    text = name.lower()
    if price:
        found = _PRICE_UNIT.search(text)
        if found is None or _MILL.search(text):
            return None
        unit = "per_MWh" if found[1] == "mwh" else "per_kWh"
        if not _CENT.search(text):
            return unit
        return "cent_per_kWh" if unit == "per_kWh" else None
    units = [each for each in _LOAD_UNIT.findall(text.replace("_", " ")) if each != "w"]
    if units:
        return _LOAD_UNITS[units[0]] if len(set(units)) == 1 else None
    return "W" if _BARE_WATT.search(text) else None


def factor_of(unit: str) -> float:
    """The factor of a unit to kW, to kWh an interval, or to the currency per kWh."""
    units: Mapping[str, float] = {**POWER_UNITS, **ENERGY_UNITS, **PRICE_UNITS}
    return units[unit]


def says_end(names: Iterable[str]) -> bool:
    """Whether the name of a time column speaks of the end of an interval."""
    words = [_CAPITAL.sub(" ", name).lower().replace("_", " ") for name in names]
    return any(_END_WORDS.search(each) is not None and _START_WORDS.search(each) is None for each in words)


def names_utc(names: Iterable[str]) -> bool:
    """Whether the name of a time column says that its clock is UTC."""
    return any(_UTC_WORDS.search(name.lower().replace("_", " ")) is not None for name in names)


def names_a_clock(names: Iterable[str]) -> bool:
    """Whether the name of a time column says UTC, or a winter time without its summer time."""
    text = " ".join(names).lower().replace("_", " ")
    return names_utc([text]) or (_WINTER_WORDS.search(text) is not None and _SUMMER_WORDS.search(text) is None)


def column(rows: Sequence[Sequence[Cell]], index: int) -> list[Cell]:
    """The cells of one column; a row that is too short has an empty one."""
    return [row[index] if index < len(row) else "" for row in rows]


def _layout_below(table: Table, index: int, row: Sequence[Cell], *, odd_allowed: bool) -> Layout | None:
    rows = [each for each in table.rows[index + 1 : index + 1 + SAMPLE] if len(each) > 1]
    whole = rows[: max(1, len(rows) - len(rows) // 10 - 1)] if len(rows) > 3 else rows  # noqa: PLR2004 - footers
    if not whole:
        return None
    cells = [column(whole, number) for number in range(len(row))]
    time, formats = time_columns(cells, odd_allowed=odd_allowed)
    if not time:
        return None
    notations = {
        number: notation
        for number, each in enumerate(cells)
        if number not in time
        and not fitting_formats(each[:5])
        and (notation := value_notation(each, odd_allowed=odd_allowed)) is not None
    }
    if not notations:
        return None
    decimal, thousands = max(notations.values(), key=NOTATIONS.index)
    kept = [number for number in notations if mostly_numbers(cells[number], (decimal, thousands))]
    headed = bool(parse_times(joined_times([[row[each]] for each in time]), strptime_of(formats[0])).bad)
    if not headed and any(len(above) > 1 for above in table.rows[:index]):
        return None  # rows above that are neither header nor readings: nothing is read past them
    above = [each for each in table.rows[:index] if len(each) > max(time)]
    read_above = parse_times(joined_times([column(above, each) for each in time]), strptime_of(formats[0]))
    if headed and (any(value_notation([row[each]]) is not None for each in kept) or len(read_above.bad) < len(above)):
        return None  # a broken reading is no header, and neither is a row below readings
    return Layout(
        first=index + 1 if headed else index,
        names=names_in(row) if headed else tuple(str(number + 1) for number in range(len(row))),
        time=time,
        time_formats=tuple(formats),
        values=tuple(kept),
        decimal=decimal,
        thousands=thousands,
    )


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


def is_footer(cells: Sequence[Cell]) -> bool:
    """Whether the time of a row after the readings is a word (a sum, a remark) or empty, and not a faulty time."""
    return all(not any(sign.isdecimal() for sign in str(cell)) for cell in cells)


def format_choice(cells: Sequence[Cell], name: str, faults: list[Fault]) -> str | None:
    """The format of a column whose own is not given: None for ISO 8601 and spreadsheet dates, or the one that fits.

    Where several fit (is 03/04 in March or in April?) a fault says what to write.
    """
    sample = [cell for cell in cells if str(cell).strip()]
    formats = fitting_formats(sample[:SAMPLE])
    if len(formats) > 1:
        formats = fitting_formats(sample)
    if len(formats) > 1:
        choice = " or ".join(f'"{each}"' for each in formats)
        fault = Fault(field="csv_format.time_format", value=None, allowed=f"given, for {name} can be read as {choice}")
        faults.append(fault)
    return strptime_of(formats[0]) if formats else None
