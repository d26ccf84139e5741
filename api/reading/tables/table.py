"""The rows of a CSV file, unchanged."""

import codecs
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ridethrough.api.reading.tables.csv_format import CsvFormat
from ridethrough.domain import Fault, UnableToAccept

Cell = str | float | datetime
MOST_BYTES = 512 * 1024 * 1024
_WORKBOOK = b"PK\x03\x04"
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0"
_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows that hold anything, and the number of each as an editor counts it; rows may differ in length.

    `from_workbook`: a cell of text is then beside numbers. `whole_line_at_end`: a text ends with the end of a line.
    """

    source: str
    rows: Sequence[Sequence[Cell]]
    numbers: Sequence[int]
    from_workbook: bool = False
    whole_line_at_end: bool = True


def read_bytes(path: Path, source: str) -> bytes:
    """Read a file.

    Raises `UnableToAccept` where that is not possible, and for a file beyond reason.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            fault = Fault(field="", source=source, value=f"{path.stat().st_size} bytes", allowed="at most 512 MiB")
            raise UnableToAccept([fault])
        return path.read_bytes()
    except (OSError, ValueError) as error:
        raise UnableToAccept([Fault(field="", source=source, value=str(path), allowed="a readable file")]) from error


def is_workbook(content: bytes) -> bool:
    """Whether these are the first bytes of an Excel workbook (.xlsx)."""
    return content.startswith(_WORKBOOK)


def has_utf16_mark(content: bytes) -> bool:
    """Whether the file says itself that it is UTF-16, as Excel's "Unicode text" does."""
    return content.startswith(_MARKS)


def text_of(content: bytes, encoding: str | None, source: str) -> str:
    """Decode a text file; UTF-8 unless its format says otherwise.

    Raises `UnableToAccept` for bytes that are no text in the encoding.
    """
    if content.startswith(_OLD_WORKBOOK):
        allowed = "saved as .xlsx or as CSV: the older .xls format is not read"
        raise UnableToAccept([Fault(field="", source=source, value="an old Excel file", allowed=allowed)])
    try:
        return content.decode(encoding or "utf-8").removeprefix("\ufeff")
    except UnicodeError as error:
        named = "a UTF-8 CSV file" if encoding is None else f"text in {encoding}, as csv_format says"
        raise UnableToAccept([Fault(field="", source=source, value=str(error), allowed=named)]) from error


def table_of(text: str, form: CsvFormat, source: str) -> Table:
    """Split a text into rows and cells; lines without anything, or with delimiters alone, are left out.

    Raises `UnableToAccept` for a text that is no CSV.
    """
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=form.delimiter or ",")
    try:
        rows = list(reader)
    except csv.Error as error:
        raise UnableToAccept([Fault(field="", source=source, value=str(error), allowed="a UTF-8 CSV file")]) from error
    whole = text.endswith(("\n", "\r"))
    filled = [bool("".join(row).strip()) for row in rows]
    if all(filled):
        return Table(source=source, rows=rows, numbers=range(1, len(rows) + 1), whole_line_at_end=whole)
    kept = [index for index, there in enumerate(filled) if there]
    return Table(
        source=source,
        rows=[rows[index] for index in kept],
        numbers=[index + 1 for index in kept],
        whole_line_at_end=whole,
    )
