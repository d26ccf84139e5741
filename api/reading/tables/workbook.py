"""The rows of a sheet of an Excel workbook (.xlsx)."""

import io
import warnings
import zipfile
from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from ridethrough.api.reading.tables.table import Cell, Table
from ridethrough.domain import Fault, UnableToAccept

_MOST_UNPACKED_BYTES = 1024 * 1024 * 1024


def workbook_table(content: bytes, sheet: str | None, source: str) -> Table:
    """Read one sheet: the one that is named, or the only one that holds anything.

    Raises `UnableToAccept` for a file that is no workbook, for one beyond reason, and where it is not plain which sheet
    to read.
    """
    book = _opened(content, source)
    try:
        names = list(book.sheetnames)
        if sheet is not None and sheet not in names:
            fault = Fault(field="csv_format.sheet", source=source, value=sheet, allowed=f"one of {', '.join(names)}")
            raise UnableToAccept([fault])
        tables = {name: _rows(book[name], source) for name in names if name == sheet or sheet is None}
    finally:
        book.close()
    held = {name: rows for name, rows in tables.items() if len(rows) > 1}
    if len(held) != 1:
        allowed = f"given: one of {', '.join(names)}" if held else "a workbook with readings in it"
        fault = Fault(field="csv_format.sheet", source=source, value=sheet, allowed=allowed)
        raise UnableToAccept([fault])
    (rows,) = held.values()
    return Table(
        source=source, rows=[row for _, row in rows], numbers=[number for number, _ in rows], from_workbook=True
    )


def _opened(content: bytes, source: str) -> Any:  # noqa: ANN401 - openpyxl has no types
    import openpyxl  # noqa: PLC0415 - a command that reads no workbook does not wait for it

    try:
        unpacked = _unpacked_bytes(content)
        if unpacked > _MOST_UNPACKED_BYTES:
            raise ValueError(f"{unpacked} bytes unpacked: at most 1 GiB is read")  # noqa: TRY301 - refused as all below
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of styles and extensions, which hold no readings
            return openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except Exception as error:  # the library raises what its parsers raise
        fault = Fault(field="", source=source, value=f"no workbook ({error})", allowed="an Excel workbook (.xlsx)")
        raise UnableToAccept([fault]) from error


def _unpacked_bytes(content: bytes) -> int:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        return sum(part.file_size for part in parts.infolist())


def _rows(sheet: Any, source: str) -> list[tuple[int, list[Cell]]]:  # noqa: ANN401
    """The rows that hold anything, with their numbers."""
    rows = []
    try:
        for number, row in enumerate(sheet.iter_rows(values_only=True), start=1):
            cells = list(_cells(row))
            while cells and cells[-1] == "":
                cells.pop()
            if cells:
                rows.append((number, cells))
    except Exception as error:  # the library raises what its parsers raise
        fault = Fault(field="", source=source, value=str(error), allowed="an Excel workbook (.xlsx) that can be read")
        raise UnableToAccept([fault]) from error
    return rows


def _cells(row: tuple[object, ...]) -> Iterator[Cell]:
    for cell in row:
        if cell is None:
            yield ""
        elif isinstance(cell, bool):
            yield str(cell)
        elif isinstance(cell, (int, float, str, datetime)):
            yield cell
        elif isinstance(cell, time):
            yield cell.isoformat("seconds")
        else:
            yield str(cell)
