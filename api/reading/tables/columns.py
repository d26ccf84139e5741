"""Which columns of a table hold the time and the value, by its header and by what `csv_format` says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from ridethrough.api.reading.tables.csv_format import ENERGY_UNITS, POWER_UNITS, PRICE_UNITS, CsvFormat
from ridethrough.api.reading.tables.layout import SAMPLE, Layout, column, layout_of, names_in, unit_of
from ridethrough.api.reading.tables.looks import value_notation
from ridethrough.api.reading.tables.table import Cell, Table
from ridethrough.domain import Fault, UnableToAccept

Use = Literal["load", "price"]
PLAIN_COLUMNS: Mapping[Use, Mapping[str, str]] = {
    "load": {"load_kw": "kW"},
    "price": {"price_per_kwh": "per_kWh", "price_per_mwh": "per_MWh"},
}
"""The value columns that need no more said, and their units."""

START = "start"
_MOST_BEFORE_HEADER = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """Where the readings stand: `first` is the index of the first row of data, the others are column indices."""

    first: int
    time: tuple[int, ...]
    time_names: tuple[str, ...]
    value: int
    value_name: str
    unit: str
    width: int


def plain_columns(table: Table, use: Use, wanted: str | None) -> Columns:
    """The columns of a file that needs no more said: `start`, and one that is named by its unit.

    Raises `UnableToAccept` where the header says something else.
    """
    names = names_in(table.rows[0]) if table.rows else ()
    known = PLAIN_COLUMNS[use]
    header = ",".join(names)
    found = [number for number, name in enumerate(names) if (name == wanted if wanted else name in known)]
    faults = []
    if names.count(START) != 1:
        one = "a" if START not in names else "only one"
        faults.append(Fault(field="header", value=header, allowed=f"a header with {one} `start` column"))
    if len(found) != 1:
        allowed = f"a header with one value column: {wanted or ' or '.join(known)}"
        faults.append(Fault(field="header", value=header, allowed=allowed))
    unit = _unit(names[found[0]], use, None) if len(found) == 1 else None
    if len(found) == 1 and unit is None:
        faults.append(_no_unit(names[found[0]], use))
    if faults or unit is None:
        raise UnableToAccept(fault.in_source(table.source) for fault in faults)
    return Columns(
        first=1,
        time=(names.index(START),),
        time_names=(START,),
        value=found[0],
        value_name=names[found[0]],
        unit=unit,
        width=len(names),
    )


def described_columns(table: Table, form: CsvFormat, use: Use, value: str | None) -> Columns:
    """The columns of a file that is described; what the format leaves open is found in the file, where it is plain.

    Raises `UnableToAccept` where a column is not there, or is not the only one of its kind.
    """
    value_name = value or form.value_column
    wanted = [*form.time_columns, *([value_name] if value_name else [])]
    layout = layout_of(table)
    header = _header_with(table, wanted) if wanted else None
    if header is None and layout is None:
        faults = [_no_column(name, names_in(table.rows[0]) if table.rows else ()) for name in wanted]
        nothing = Fault(field="", value="no times beside numbers", allowed="a table of readings: name its columns")
        raise UnableToAccept(fault.in_source(table.source) for fault in faults or [nothing])
    names = names_in(table.rows[header]) if header is not None else layout.names if layout else ()
    first = header + 1 if header is not None else layout.first if layout else 0
    faults = [_no_column(name, names) for name in wanted if names.count(name) != 1]
    time = [names.index(name) for name in form.time_columns if name in names] or _own_time(names, layout)
    numeric = layout.values if layout else _numeric(table.rows[first : first + SAMPLE], len(names))
    values = [names.index(value_name)] if value_name in names else _own_values(names, numeric, use, time)
    if not time:
        faults.append(Fault(field="csv_format.time_column", value=None, allowed=f"one of {_listed(names)}"))
    if not value_name and len(values) != 1:
        choice = [names[each] for each in values] or list(names)
        allowed = f"the column to read, one of {_listed(choice)}; or `column` on each series"
        faults.append(Fault(field="csv_format.value_column", value=None, allowed=allowed))
    unit = _unit(names[values[0]], use, form.unit) if values and not faults else None
    if values and not faults and unit is None:
        faults.append(_no_unit(names[values[0]], use))
    if faults or unit is None:
        raise UnableToAccept(fault.in_source(table.source) for fault in faults)
    return Columns(
        first=first,
        time=tuple(time),
        time_names=tuple(names[each] for each in time),
        value=values[0],
        value_name=names[values[0]],
        unit=unit,
        width=len(names),
    )


def units_for(use: Use) -> tuple[str, ...]:
    """The units that a load or a price can have."""
    return tuple(PRICE_UNITS) if use == "price" else (*POWER_UNITS, *ENERGY_UNITS)


def _header_with(table: Table, wanted: Sequence[str]) -> int | None:
    """The first row that has all the names, or else the one that has most of them."""
    best, most = None, 0
    for index, row in enumerate(table.rows[:_MOST_BEFORE_HEADER]):
        there = sum(name in names_in(row) for name in wanted)
        if there > most:
            best, most = index, there
    return best


def _own_time(names: Sequence[str], layout: Layout | None) -> list[int]:
    if START in names:
        return [names.index(START)]
    return list(layout.time) if layout is not None else []


def _numeric(rows: Sequence[Sequence[Cell]], width: int) -> list[int]:
    return [each for each in range(width) if value_notation(column(rows, each)) is not None]


def _own_values(names: Sequence[str], numeric: Sequence[int], use: Use, time: Sequence[int]) -> list[int]:
    plain = [number for number, name in enumerate(names) if name in PLAIN_COLUMNS[use]]
    if plain:
        return plain
    numeric = [each for each in numeric if each not in time]
    with_unit = [each for each in numeric if unit_of(names[each], price=use == "price") is not None]
    return with_unit or numeric


def _unit(name: str, use: Use, given: str | None) -> str | None:
    units = units_for(use)
    if given in units:
        return given
    return PLAIN_COLUMNS[use].get(name) or unit_of(name, price=use == "price")


def _no_unit(name: str, use: Use) -> Fault:
    allowed = f"given, for the name of the column {name!r} does not say it: one of {', '.join(units_for(use))}"
    return Fault(field="csv_format.unit", value=None, allowed=allowed)


def _no_column(name: str, names: Sequence[str]) -> Fault:
    return Fault(field="csv_format", value=name, allowed=f"the name of one column: {_listed(names)}")


def _listed(names: Sequence[str]) -> str:
    shown = [repr(name) for name in names[:12]]
    return ", ".join(shown) + (f" and {len(names) - 12} more" if len(names) > 12 else "")  # noqa: PLR2004
