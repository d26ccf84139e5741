"""The sheets about the project's value: the pro forma and its sensitivity."""

import math

from ridethrough.finance.project.cash_flow import CashFlow
from ridethrough.finance.project.lines import LineKind
from ridethrough.finance.project.uncertainty import Range
from ridethrough.finance.reports.words import NO_CASH_FLOW, NO_RANGE, NO_TORNADO
from ridethrough.finance.reports.workbook.cells import at, span, where
from ridethrough.finance.reports.workbook.line_formulas import formulas_by_line
from ridethrough.finance.reports.workbook.sheet import Book, Sheet
from ridethrough.finance.reports.workbook.taxes import federal_tax, state_tax, write_taxes
from ridethrough.finance.study.study import Study

_HEAD = 5
_FIRST = _HEAD + 1
_YEARS = 3
"""The first column that holds a year."""
_TAX_CELLS = {LineKind.STATE_TAX: state_tax, LineKind.FEDERAL_TAX: federal_tax}


def write_cash_flow(book: Book, study: Study) -> None:
    """Write the pro forma, one column a year, as formulas on the project's inputs and the discount rate."""
    flow = study.cash_flow
    if flow is None:
        sheet = book.sheet("Cash flow", "What the project is worth", widths=(100,))
        sheet.text(_HEAD, 0, NO_CASH_FLOW)
        write_taxes(book, study, [])
        return
    rows = flow.project.rows
    sheet = book.sheet(
        "Cash flow",
        "What the project is worth",
        widths=(36, 16, 16, *[13] * rows),
        note=f"Amounts in {study.currency}, nominal; money that comes in is positive. Every amount follows the "
        "sheet Project and the discount rate: change either.",
    )
    _rate(sheet, flow)
    sheet.head(_HEAD, ("line", "kind", "present value"), words=(0, 1))
    sheet.raw.freeze_panes(_FIRST, _YEARS)
    for offset, year in enumerate(flow.project.years):
        sheet.number(_HEAD, _YEARS + offset, year, "year")
    _lines(sheet, flow)
    net = _FIRST + len(flow.lines)
    _sums(sheet, net, flow)
    _worth(sheet, net, flow)
    write_taxes(book, study, _income_cells(flow))


def _lines(sheet: Sheet, flow: CashFlow) -> None:
    """Write one row a line: a formula in each year in which something is paid."""
    by_line = formulas_by_line(flow.project)
    for row, line in enumerate(flow.lines, start=_FIRST):
        sheet.text(row, 0, line.name)
        sheet.text(row, 1, line.kind.replace("_", " "))
        _present_value(sheet, row, flow, flow.present_value_by_line[line.name])
        for offset, amount in enumerate(line.amounts):
            if line.kind in _TAX_CELLS:
                formula = f"-{_TAX_CELLS[line.kind](flow.project, offset)}"
            else:
                formula = by_line[line.name][offset]
            if formula:
                sheet.formula(row, _YEARS + offset, f"={formula}", amount)
            else:
                sheet.number(row, _YEARS + offset, 0.0)


def _income_cells(flow: CashFlow) -> list[list[str]]:
    """For each year, the cells of the lines that count as income."""
    income = [row for row, line in enumerate(flow.lines, start=_FIRST) if line.is_income]
    return [[where("Cash flow", row, _YEARS + year) for row in income] for year in range(flow.project.rows)]


def _rate(sheet: Sheet, flow: CashFlow) -> None:
    rate = flow.project.nominal_discount_rate
    labels = ("discount rate, nominal", "years from today to the first column")
    for row, (label, value, look, name) in enumerate(
        zip(labels, (rate, _later(flow)), ("rate", "quantity"), ("discount_rate", "first_year_after"), strict=True),
        start=2,
    ):
        sheet.text(row, 0, label, "bold")
        sheet.number(row, 2, value, look)
        sheet.book.name(name, sheet, row, 2, value)


def _later(flow: CashFlow) -> float:
    """The years from today to the first row, found from its factor at a rate of 100 %, which is 2 ** -years."""
    return abs(math.log2(flow.project.discounting.factors(1.0, 1)[0]))


def _present_value(sheet: Sheet, row: int, flow: CashFlow, value: float) -> None:
    last = _YEARS + flow.project.rows - 1
    factors = span((_factor_row(flow), _YEARS), (_factor_row(flow), last))
    sheet.formula(row, 2, f"=SUMPRODUCT({at(row, _YEARS)}:{at(row, last)},{factors})", value)


def _factor_row(flow: CashFlow) -> int:
    return _FIRST + len(flow.lines) + 1


def _sums(sheet: Sheet, net: int, flow: CashFlow) -> None:
    """Write the rows below the lines: net, discount factor, discounted net, and its running sum."""
    for offset, label in enumerate(("net", "discount factor", "discounted", "sum of discounted")):
        sheet.text(net + offset, 0, label, "total_text" if offset == 0 else "text")
    sheet.total(net, 2, (_FIRST, net - 1), flow.net_present_value)
    factors = flow.project.discounting.factors(flow.project.nominal_discount_rate, flow.project.rows)
    running = 0.0
    for index, (amount, factor) in enumerate(zip(flow.net, factors, strict=True)):
        column = _YEARS + index
        running += amount * factor
        sheet.total(net, column, (_FIRST, net - 1), amount)
        sheet.formula(net + 1, column, f"=(1+discount_rate)^-({index}+first_year_after)", factor, "factor")
        sheet.formula(net + 2, column, f"={at(net, column)}*{at(net + 1, column)}", amount * factor)
        before = f"{at(net + 3, column - 1)}+" if index else ""
        sheet.formula(net + 3, column, f"={before}{at(net + 2, column)}", running)


def _worth(sheet: Sheet, net: int, flow: CashFlow) -> None:
    """Write the returns of the project."""
    last = _YEARS + flow.project.rows - 1
    cells = f"{at(net, _YEARS)}:{at(net, last)}"
    row = net + 6
    sheet.text(row - 1, 0, "What it comes to", "section")
    sheet.text(row, 0, "net present value", "bold")
    formula = f"=NPV(discount_rate,{cells})*(1+discount_rate)^(1-first_year_after)"
    sheet.formula(row, 2, formula, flow.net_present_value, "money_bold", name="net_present_value")
    sheet.text(row + 1, 0, "internal rate of return")
    rate = flow.internal_rate_of_return
    if rate.value is None:
        sheet.figure(row + 1, 2, rate, why=3)
    else:
        sheet.formula(row + 1, 2, f"=IRR({cells},{rate.value:.4f})", rate.value, "rate", name="internal_rate_of_return")
    sheet.text(row + 2, 0, "benefit-cost ratio")
    ratio, values = flow.benefit_cost_ratio, span((_FIRST, 2), (net - 1, 2))
    if ratio.value is None:
        sheet.figure(row + 2, 2, ratio, why=3)
    else:
        sheet.formula(row + 2, 2, f'=-SUMIF({values},">0")/SUMIF({values},"<0")', ratio.value, "quantity")
    paybacks = (("payback, years", flow.payback_years), ("discounted payback, years", flow.discounted_payback_years))
    for offset, (label, figure) in enumerate(paybacks, start=3):
        sheet.text(row + offset, 0, label)
        sheet.figure(row + offset, 2, figure, "quantity", why=3)


def write_sensitivity(book: Book, study: Study) -> None:
    """Write the ranges over years of redrawn months, and the outcomes at the low and the high value of each input."""
    sheet = book.sheet(
        "Sensitivity", "How sure is it?", widths=(44, 14, 14, 18, 18, 18), note=f"Amounts in {study.currency}."
    )
    sheet.head(_HEAD - 2, ("range over redrawn months", "P10", "P50", "P90", "mean", "draws"))
    ranges = (("saving of a year", study.range_of_year), ("net present value", study.net_present_value_range))
    row = _HEAD - 1
    for label, drawn in ranges:
        if drawn is not None:
            _range(sheet, row, label, drawn)
            row += 1
    if row == _HEAD - 1:
        sheet.text(row, 0, NO_RANGE)
        row += 1
    sheet.text(
        row,
        0,
        "One redrawn year in ten is below P10, one above P90; other loads and prices may lie outside.",
        "quiet",
    )
    row += 2
    heads = ("input", "low", "high", "outcome at low", "outcome at high", "apart")
    sheet.head(row, heads, repeat=False)
    for offset, bar in enumerate(study.tornado, start=row + 1):
        sheet.text(offset, 0, bar.name)
        for column, value in ((1, bar.low), (2, bar.high)):
            sheet.number(offset, column, value, "price")
        for column, value in ((3, bar.outcome_at_low), (4, bar.outcome_at_high)):
            sheet.number(offset, column, value)
        sheet.formula(offset, 5, f"=ABS({at(offset, 4)}-{at(offset, 3)})", bar.width)
    if not study.tornado:
        sheet.text(row + 1, 0, NO_TORNADO)


def _range(sheet: Sheet, row: int, label: str, drawn: Range) -> None:
    sheet.text(row, 0, label)
    for column, value in enumerate((drawn.p10, drawn.p50, drawn.p90, drawn.mean), start=1):
        sheet.number(row, column, value)
    sheet.number(row, 5, drawn.samples, "count")
