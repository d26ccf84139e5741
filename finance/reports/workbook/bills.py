"""The sheets about bills: every line of both bills, and their totals by month."""

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal

from ridethrough.finance.reports.money import IN_WORDS, charges_of, decimals_of, kinds_billed
from ridethrough.finance.reports.workbook.cells import at, span, where
from ridethrough.finance.reports.workbook.sheet import Book, Sheet
from ridethrough.finance.study.study import Study
from ridethrough.tariffs.billing.bill import LineItem, PeriodBill

WITHOUT, WITH = "without trading", "with trading"
_HEAD = 3
FIRST = _HEAD + 1
_AFTER_DAYS = 4
_NEAR = Decimal("0.001")
_EXACT_CENTS = Decimal(10) ** 11


@dataclass(frozen=True, slots=True, kw_only=True)
class BillColumns:
    """The cells of the sheet of bills that other sheets use: its row of totals, and the columns of each kind."""

    totals: int
    first_column: dict[str, int]

    def cell(self, row: int, kind: str, offset: int) -> str:
        """The cell of a kind in a row; `offset` is 0 without trading, 1 with trading, 2 for the saving."""
        return where("Bills", row, self.first_column[kind] + offset)


def write_lines(book: Book, study: Study) -> int:
    """Write every line of both bills; return the last row that holds one."""
    sheet = book.sheet(
        "Lines",
        "Every line of both bills",
        widths=(6, 12, 16, 12, 44, 16, 9, 14, 16),
        note=f"Amounts in {study.currency}, riders and taxes with the charge they ride on: quantity x rate, rounded "
        "where the bill rounds it.",
    )
    heads = ("no.", "period", "bill", "charge", "line", "quantity", "unit", "rate", f"amount, {study.currency}")
    sheet.head(_HEAD, heads, words=(1, 2, 3, 4, 6))
    row = FIRST
    for index, pair in enumerate(zip(study.baseline.periods, study.bill.periods, strict=True), start=1):
        for name, period in zip((WITHOUT, WITH), pair, strict=True):
            for line in period.lines:
                _line(sheet, row, (index, period.period.label, name), line)
                row += 1
    sheet.raw.autofilter(_HEAD, 0, max(FIRST, row - 1), len(heads) - 1)
    return max(FIRST, row - 1)


def _line(sheet: Sheet, row: int, place: tuple[int, str, str], line: LineItem) -> None:
    index, period, bill = place
    sheet.number(row, 0, index, "count")
    for column, text in ((1, period), (2, bill), (3, line.charge), (4, line.name), (6, line.unit)):
        sheet.text(row, column, text, "beside" if column in {1, 6} else "text")
    sheet.number(row, 5, line.quantity, "price")
    sheet.number(row, 7, line.rate, "price")
    if _rounds_alike(line):
        decimals = decimals_of(sheet.book.currency)
        sheet.formula(row, 8, f"=ROUND({at(row, 5)}*{at(row, 7)},{decimals})", line.amount)
    else:
        sheet.number(row, 8, line.amount)


def _rounds_alike(line: LineItem) -> bool:
    """Whether a spreadsheet, which multiplies in binary, rounds to the same cent; at half a cent it may not."""
    cents = abs(Decimal(float(line.quantity) * float(line.rate)) / line.cent)
    rest = cents - int(cents)
    return abs(rest - Decimal("0.5")) > _NEAR and cents < _EXACT_CENTS


def write_bills(book: Book, study: Study, last_line: int) -> BillColumns:
    """Write both bills by period and kind of charge, each the sum of its lines."""
    kinds = kinds_billed(study)
    groups = [*(IN_WORDS[kind] for kind in kinds), "Bill"]
    sheet = book.sheet(
        "Bills",
        "Bills by month, without and with trading",
        widths=(6, 12, 12, 12, *[14] * (3 * len(groups))),
        note=f"Amounts in {study.currency}: sums of the sheet Lines. Saved: without less with trading.",
    )
    heads = ("no.", "period", "first day", "last day", *("without", "with", "saved") * len(groups))
    sheet.head(_HEAD, heads, words=(1, 2, 3))
    for index, group in enumerate(groups):
        first = _AFTER_DAYS + 3 * index
        sheet.raw.merge_range(_HEAD - 1, first, _HEAD - 1, first + 2, group, book.looks["group"])
    sheet.raw.freeze_panes(FIRST, 2)
    sheet.raw.repeat_rows(_HEAD - 1, _HEAD)
    pairs = list(zip(study.baseline.periods, study.bill.periods, strict=True))
    for index, (before, after) in enumerate(pairs):
        row = FIRST + index
        _place(sheet, row, index, before)
        for place, kind in enumerate(kinds):
            _compared(sheet, (row, _AFTER_DAYS + 3 * place), kind, (before, after), last_line=last_line)
        _sums(sheet, row, len(kinds), before.total, after.total)
    totals = FIRST + len(pairs)
    _total_row(sheet, totals, kinds, study)
    _chart(sheet, len(pairs), _AFTER_DAYS + 3 * len(kinds))
    return BillColumns(totals=totals, first_column={kind: _AFTER_DAYS + 3 * place for place, kind in enumerate(kinds)})


def _place(sheet: Sheet, row: int, index: int, period: PeriodBill) -> None:
    sheet.number(row, 0, index + 1, "count")
    sheet.text(row, 1, period.period.label, "beside")
    sheet.day(row, 2, period.start.date())
    sheet.day(row, 3, (period.end - timedelta(seconds=1)).date())


def _compared(
    sheet: Sheet, cell: tuple[int, int], kind: str, bills: tuple[PeriodBill, PeriodBill], *, last_line: int
) -> None:
    """Write the sums of one kind's lines on both bills, and their difference."""
    row, first = cell
    amounts = [charges_of(each).get(kind, Decimal()) for each in bills]
    amount, number, bill, charge = (f"Lines!{span((FIRST, c), (last_line, c))}" for c in (8, 0, 2, 3))
    for offset, (name, value) in enumerate(zip((WITHOUT, WITH), amounts, strict=True)):
        formula = f'=SUMIFS({amount},{number},$A{row + 1},{bill},"{name}",{charge},"{kind}")'
        sheet.formula(row, first + offset, formula, value)
    _difference(sheet, row, first, amounts[0] - amounts[1])


def _difference(sheet: Sheet, row: int, first: int, value: Decimal, look: str = "money") -> None:
    sheet.formula(row, first + 2, f"={at(row, first)}-{at(row, first + 1)}", value, look)


def _sums(sheet: Sheet, row: int, kinds: int, without: Decimal, left: Decimal) -> None:
    """Write the bill: the sum of all kinds."""
    first = _AFTER_DAYS + 3 * kinds
    for offset, value in enumerate((without, left)):
        cells = "+".join(at(row, _AFTER_DAYS + 3 * kind + offset) for kind in range(kinds))
        sheet.formula(row, first + offset, f"={cells}", value, "money_bold")
    _difference(sheet, row, first, without - left, "money_bold")


def _total_row(sheet: Sheet, row: int, kinds: tuple[str, ...], study: Study) -> None:
    for column in range(1, _AFTER_DAYS):
        sheet.text(row, column, "all" if column == 1 else "", "total_text")
    above = (FIRST, row - 1)
    before, after = charges_of(study.baseline), charges_of(study.bill)
    pairs = [(before.get(kind, Decimal()), after.get(kind, Decimal())) for kind in kinds]
    for place, (without, left) in enumerate([*pairs, (study.baseline.total, study.bill.total)]):
        first = _AFTER_DAYS + 3 * place
        for offset, value in enumerate((without, left, without - left)):
            sheet.total(row, first + offset, above, value)
    last = _AFTER_DAYS + 3 * len(kinds)
    names = ("bill_without_trading", "bill_with_trading", "saving_on_the_bill")
    values = (study.baseline.total, study.bill.total, study.baseline.total - study.bill.total)
    for offset, (name, value) in enumerate(zip(names, values, strict=True)):
        sheet.book.name(name, sheet, row, last + offset, float(value))


def _chart(sheet: Sheet, periods: int, column: int) -> None:
    """Draw both bills by month as columns, below the table."""
    chart = sheet.book.workbook.add_chart({"type": "column"})
    for offset, (name, colour) in enumerate(((WITHOUT, "#9aa5b1"), (WITH, "#0b6e99"))):
        chart.add_series(
            {
                "name": name,
                "categories": ["Bills", FIRST, 1, FIRST + periods - 1, 1],
                "values": ["Bills", FIRST, column + offset, FIRST + periods - 1, column + offset],
                "fill": {"color": colour},
            }
        )
    chart.set_title({"name": f"Bill by month, {sheet.book.currency}", "name_font": {"size": 12}})
    chart.set_y_axis({"min": 0, "num_format": "#,##0"})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 900, "height": 320})
    sheet.raw.insert_chart(FIRST + periods + 2, 1, chart)
