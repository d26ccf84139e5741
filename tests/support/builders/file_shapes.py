"""One run of readings, written as the files of meters and utilities write it: CSV and Excel."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import openpyxl

from ridethrough.api.reading.tables.csv_format import FORMAT, CsvFormat
from ridethrough.tariffs.documents.acceptance import accept
from ridethrough.tariffs.documents.written_text import yaml_document

BERLIN = ZoneInfo("Europe/Berlin")
Row = Sequence[object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Readings in kW from an instant on."""

    start: datetime
    minutes: int
    kw: tuple[float, ...]
    clock: ZoneInfo = BERLIN

    @property
    def step(self) -> timedelta:
        return timedelta(minutes=self.minutes)

    def starts(self, *, end: bool = False) -> list[datetime]:
        """The local times of starts, or of ends."""
        first = self.start.astimezone(UTC) + (self.step if end else timedelta())
        return [(first + index * self.step).astimezone(self.clock) for index in range(len(self.kw))]


def run_of(day: str, hours: float, minutes: int = 15, clock: ZoneInfo = BERLIN) -> Run:
    """Readings from a local midnight on, no two alike, with thousands and a part below one."""
    start = datetime.fromisoformat(day).replace(tzinfo=clock)
    count = int(hours * 60 / minutes)
    kw = tuple(1000.25 + 3.5 * (index % 96) + index for index in range(count))
    return Run(start=start, minutes=minutes, kw=kw, clock=clock)


def german(value: float) -> str:
    """1234.5 as 1.234,50."""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """How a run is written: the header, each row's cells, and what stands around them."""

    header: Row
    row: Callable[[datetime, float], Row]
    delimiter: str = ","
    encoding: str = "utf-8"
    before: Sequence[Row] = ()
    after: Sequence[Row] = ()
    ends: bool = False
    rows: Callable[[list[Row]], list[Row]] = field(default=lambda rows: rows)

    def table(self, run: Run) -> list[Row]:
        """The rows of the file."""
        stamps = run.starts(end=self.ends)
        body: list[Row] = [self.row(stamp, kw) for stamp, kw in zip(stamps, run.kw, strict=True)]
        header = [self.header] if self.header else []
        return [*self.before, *header, *self.rows(body), *self.after]

    def csv(self, run: Run) -> bytes:
        """The file as CSV."""
        text = io.StringIO(newline="")
        csv.writer(text, delimiter=self.delimiter, lineterminator="\r\n").writerows(self.table(run))
        return text.getvalue().encode(self.encoding)

    def xlsx(self, run: Run) -> bytes:
        """The file as an Excel workbook; texts stay texts, numbers and dates are what they are."""
        return workbook(self.table(run))


def workbook(rows: Sequence[Row], **more_sheets: Sequence[Row]) -> bytes:
    """A workbook of one sheet, and of more where they are named."""
    book: Any = openpyxl.Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(list(row))
    for name, others in more_sheets.items():
        extra: Any = book.create_sheet(name)
        for row in others:
            extra.append(list(row))
    content = io.BytesIO()
    book.save(content)
    return content.getvalue()


def dotted(stamp: datetime) -> str:
    """A German date and clock time."""
    return f"{stamp:%d.%m.%Y %H:%M}"


WINTER = timezone(timedelta(hours=1))
PLAIN_DAY, SPRING, AUTUMN = run_of("2026-05-04", 48), run_of("2026-03-28", 71), run_of("2026-10-24", 73)
"""Two days without a clock change, and two with each of them."""

GERMAN = Shape(header=("Zeit", "Leistung [kW]"), row=lambda stamp, kw: (dotted(stamp), german(kw)), delimiter=";")
GERMAN_FORM = '{delimiter: ";", decimal: ",", thousands: "."}'


def german_rows(run: Run) -> list[Row]:
    """The rows of a German file."""
    return [tuple(row) for row in GERMAN.table(run)]


def csv_of(rows: Sequence[Row], delimiter: str = ";") -> bytes:
    """Rows as CSV."""
    return "\r\n".join(delimiter.join(map(str, row)) for row in rows).encode()


def format_of(written: str) -> CsvFormat:
    """A format as a site file writes it."""
    form: CsvFormat = accept(FORMAT, yaml_document(written, source="form"), source="form")
    return form
