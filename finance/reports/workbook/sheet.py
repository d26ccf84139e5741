"""Sheets of a workbook: cells with a format, and formulas with their value.

Rows and columns count from 0. Text is always written as text, never as a formula or a link. A formula is stored with
its value, so that a viewer that does not calculate can show it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ridethrough.finance.figure import Figure
from ridethrough.finance.reports.money import decimals_of
from ridethrough.finance.reports.workbook.cells import at, where

Value = float | Decimal
_LONGEST_TEXT = 32_767
"""The most characters that a cell may hold."""

_INK, _QUIET, _HEAD, _RULE, _BAD = "#1f2933", "#616e7c", "#e8eef2", "#9aa5b1", "#b42318"
_A4, _PX_MARGIN_IN = 9, 0.5
_LINE_PT = 14
_SHORT = 16
"""The most characters of a head that fit on one line."""


class Book:
    """A workbook being written: its formats, its sheets in order, and the values of its named cells."""

    def __init__(self, workbook: Any, sheets: Sequence[str], currency: str) -> None:  # noqa: ANN401
        self.workbook = workbook
        self._sheets = {name: workbook.add_worksheet(name) for name in sheets}
        self.currency = currency
        self.looks = {name: workbook.add_format(look) for name, look in _looks(decimals_of(currency)).items()}
        self.named: dict[str, float] = {}

    def sheet(self, name: str, title: str, *, widths: Sequence[float], note: str = "") -> "Sheet":
        """Begin a sheet with its title, set up to print on A4 in landscape."""
        raw = self._sheets[name]
        raw.hide_gridlines(2)
        raw.set_landscape()
        raw.set_paper(_A4)
        raw.fit_to_pages(1, 0)
        raw.set_margins(*[_PX_MARGIN_IN] * 4)
        raw.set_footer("&L&A&RPage &P of &N")
        for column, width in enumerate(widths):
            raw.set_column(column, column, width)
        sheet = Sheet(self, raw, name)
        sheet.text(0, 0, title, "title")
        raw.set_row(0, 24)
        if note:
            sheet.text(1, 0, note, "quiet")
        return sheet

    def name(self, name: str, sheet: "Sheet", row: int, column: int, value: float) -> None:
        """Name a cell, so that formulas on any sheet can use it."""
        self.workbook.define_name(name, f"={where(sheet.name, row, column)}")
        self.named[name] = value


class Sheet:
    """One sheet being written."""

    def __init__(self, book: Book, raw: Any, name: str) -> None:  # noqa: ANN401
        self.book, self.raw, self.name = book, raw, name

    def text(self, row: int, column: int, text: str, look: str = "text") -> None:
        """Write text, never as a formula."""
        self.raw.write_string(row, column, text[:_LONGEST_TEXT], self.book.looks[look])

    def number(self, row: int, column: int, value: Value, look: str = "money") -> None:
        """Write a number."""
        self.raw.write_number(row, column, float(value), self.book.looks[look])

    def day(self, row: int, column: int, day: date) -> None:
        """Write a day of the local calendar."""
        self.raw.write_datetime(row, column, day, self.book.looks["date"])

    def formula(  # noqa: PLR0917 - a cell and its content
        self, row: int, column: int, formula: str, value: Value, look: str = "money", name: str = ""
    ) -> None:
        """Write a formula with its value, and name its cell if a name is given."""
        self.raw.write_formula(row, column, formula, self.book.looks[look], float(value))
        if name:
            self.book.name(name, self, row, column, float(value))

    def named(self, row: int, column: int, name: str, look: str = "money") -> None:
        """Write the value of a named cell."""
        self.formula(row, column, f"={name}", self.book.named[name], look)

    def figure(self, row: int, column: int, figure: Figure, look: str = "money", *, why: int) -> None:
        """Write the figure; if it is unknown, say so, with the reason in column `why`."""
        if figure.value is None:
            self.text(row, column, "not known", "unknown")
            self.text(row, why, figure.reason, "note")
        else:
            self.number(row, column, figure.value, look)

    def head(self, row: int, labels: Sequence[str], *, repeat: bool = True, words: Sequence[int] = (0,)) -> None:
        """Write a row of column heads; with `repeat` it stays visible and repeats on every printed page.

        Columns named in `words` hold text. All other columns hold numbers, and their heads are aligned right.
        """
        for column, label in enumerate(labels):
            self.text(row, column, label, "head" if column in words else "head_right")
        if any(len(label) > _SHORT for label in labels):
            self.raw.set_row(row, 2 * _LINE_PT)
        if repeat:
            self.raw.freeze_panes(row + 1, 0)
            self.raw.repeat_rows(row)

    def total(self, row: int, column: int, rows: tuple[int, int], value: Value, look: str = "total") -> None:
        """Write the sum of the cells above, from the first to the last of `rows`."""
        self.formula(row, column, f"=SUM({at(rows[0], column)}:{at(rows[1], column)})", value, look)

    def lines(self, row: int, texts: Sequence[str], *, none: str = "none", columns: int) -> int:
        """Write texts below each other, each wrapped over `columns`; return the next free row."""
        for text in texts or (none,):
            self.wrapped(row, 0, text, columns=columns)
            row += 1
        return row

    def wrapped(self, row: int, column: int, text: str, *, columns: int, width: int = 110) -> None:
        """Write text across two or more columns, in a row that is high enough for it."""
        look = self.book.looks["wrapped"]
        self.raw.merge_range(row, column, row, column + columns - 1, "", look)
        self.text(row, column, text, "wrapped")
        self.raw.set_row(row, _LINE_PT * (1 + len(text) // width))


def _looks(decimals: int) -> Mapping[str, dict[str, Any]]:
    places = f".{'0' * decimals}" if decimals else ""
    money = f"#,##0{places};[Red]-#,##0{places}"
    base: dict[str, Any] = {"font_name": "Calibri", "font_size": 10, "font_color": _INK, "valign": "top"}
    head = {"bold": True, "bg_color": _HEAD, "text_wrap": True, "bottom": 1, "bottom_color": _RULE}
    total = {"bold": True, "top": 1, "top_color": _RULE}
    formats: dict[str, dict[str, Any]] = {
        "text": {},
        "wrapped": {"text_wrap": True},
        "bold": {"bold": True},
        "title": {"bold": True, "font_size": 15},
        "verdict": {"bold": True, "font_size": 13},
        "section": {"bold": True, "font_size": 12, "bottom": 1, "bottom_color": _RULE},
        "quiet": {"font_color": _QUIET, "italic": True},
        "unknown": {"font_color": _QUIET, "italic": True, "align": "right"},
        "bad": {"font_color": _BAD, "bold": True},
        "head": head,
        "head_right": {**head, "align": "right"},
        "note": {"font_color": _QUIET, "indent": 1},
        "beside": {"indent": 1},
        "group": {"bold": True, "bg_color": _HEAD, "align": "center"},
        "money": {"num_format": money},
        "money_bold": {"num_format": money, "bold": True},
        "total": {"num_format": money, **total},
        "total_text": total,
        "percent": {"num_format": "0.0%"},
        "rate": {"num_format": "0.00%"},
        "price": {"num_format": "#,##0.00####"},
        "quantity": {"num_format": "#,##0.00"},
        "total_quantity": {"num_format": "#,##0.00", **total},
        "count": {"num_format": "#,##0"},
        "factor": {"num_format": "0.000000"},
        "year": {"num_format": "0", "bold": True, "bg_color": _HEAD, "align": "right"},
        "date": {"num_format": "yyyy-mm-dd", "align": "left"},
        "moment": {"num_format": "yyyy-mm-dd hh:mm", "align": "left"},
    }
    return {name: base | look for name, look in formats.items()}
