"""The sheet about savings: by kind of charge beside perfect foresight, and by month."""

from ridethrough.finance.reports.money import IN_WORDS, charged, kinds_saved_by
from ridethrough.finance.reports.workbook.bills import FIRST, WITH, WITHOUT, BillColumns
from ridethrough.finance.reports.workbook.cells import at
from ridethrough.finance.reports.workbook.sheet import Book, Sheet
from ridethrough.finance.study.study import Savings, Study
from ridethrough.finance.study.year import months_represented
from ridethrough.tariffs.charges.kind import SAVINGS_FIGURES

_HEAD = FIRST - 1
_ROWS_TO_MONTHS = 7
"""The rows between two tables: sums, an empty row, and two rows of heads."""
_AFTER_WEAR = 3
"""The row of the saving after wear, counted from that of the saving on the bill."""


def write_savings(book: Book, study: Study, bills: BillColumns) -> None:
    """Write savings by kind of charge beside perfect foresight, savings by month, and marginal values."""
    sheet = book.sheet(
        "Savings",
        "What trading saved",
        widths=(24, 16, 16, 16, 18, 16, 16, 16),
        note=f"Amounts in {study.currency}. Losses are negative. Perfect foresight is a ceiling, not a promise.",
    )
    names = kinds_saved_by(study)
    wear_total = FIRST + len(names) + _ROWS_TO_MONTHS + len(study.periods)
    sheet.head(_HEAD, ("kind", WITHOUT, WITH, "saved", "saved with perfect foresight", "share captured"))
    for index, name in enumerate(names):
        _saved(sheet, FIRST + index, name, study, bills)
    after = FIRST + len(names)
    stored, wear = (at(wear_total, len(names) + offset) for offset in (1, 2))
    _sum_of_savings(sheet, after, study, stored=stored, wear=wear)
    _by_month(sheet, wear_total - len(study.periods), names, study, bills)
    _marginal(sheet, wear_total + 3, study)


def _saved(sheet: Sheet, row: int, name: str, study: Study, bills: BillColumns) -> None:
    sheet.text(row, 0, IN_WORDS[name])
    kinds = [kind for kind in SAVINGS_FIGURES[name] if kind in bills.first_column]
    amounts = [charged(each, name) for each in (study.baseline, study.bill)]
    for offset, value in enumerate(amounts):
        formula = "=" + "+".join(bills.cell(bills.totals, kind, offset) for kind in kinds)
        sheet.formula(row, 1 + offset, formula, value)
    saved = amounts[0] - amounts[1]
    sheet.formula(row, 3, f"={at(row, 1)}-{at(row, 2)}", saved)
    if study.ceiling is not None:
        ceiling = float(study.ceiling.figure(name))
        sheet.number(row, 4, ceiling)
        _share(sheet, row, float(saved), ceiling)


def _share(sheet: Sheet, row: int, saved: float, ceiling: float) -> None:
    """Write the share of the ceiling that was saved, if the ceiling is a saving."""
    if ceiling > 0:
        sheet.formula(row, 5, f"={at(row, 3)}/{at(row, 4)}", saved / ceiling, "percent")


def _sum_of_savings(sheet: Sheet, row: int, study: Study, *, stored: str, wear: str) -> None:
    """Write the saving on the bill, stored energy, wear and what is left, for trading and for perfect foresight."""
    above = (FIRST, row - 1)
    on_the_bill = float(study.baseline.total - study.bill.total)
    labels = ("on the bill", "stored energy, bought back", "less wear", "saved after wear")
    for offset, label in enumerate(labels):
        sheet.text(row + offset, 0, label, "total_text" if offset in (0, _AFTER_WEAR) else "text")
    for column, total in ((1, study.baseline.total), (2, study.bill.total), (3, on_the_bill)):
        sheet.total(row, column, above, total)
    sheet.formula(row + 1, 3, f"={stored}", study.savings.stored, name="stored_energy")
    sheet.formula(row + 2, 3, f"={wear}", study.savings.wear, name="wear_cost")
    left = f"={at(row, 3)}+{at(row + 1, 3)}-{at(row + 2, 3)}"
    total = on_the_bill + study.savings.stored - study.savings.wear
    sheet.formula(row + _AFTER_WEAR, 3, left, total, "total", name="saving_after_wear")
    if study.ceiling is not None:
        _sum_of_ceiling(sheet, row, above, study.ceiling)
        _share(sheet, row, on_the_bill, study.ceiling.on_the_bill)
        _share(sheet, row + _AFTER_WEAR, total, study.ceiling.total)


def _sum_of_ceiling(sheet: Sheet, row: int, above: tuple[int, int], ceiling: Savings) -> None:
    sheet.total(row, 4, above, ceiling.on_the_bill)
    sheet.number(row + 1, 4, ceiling.stored)
    sheet.number(row + 2, 4, ceiling.wear)
    left = f"={at(row, 4)}+{at(row + 1, 4)}-{at(row + 2, 4)}"
    sheet.formula(row + _AFTER_WEAR, 4, left, ceiling.total, "total", name="saving_with_perfect_foresight")


def _by_month(sheet: Sheet, first: int, names: tuple[str, ...], study: Study, bills: BillColumns) -> None:
    """Write the saving of each month, one column for each row of the table above, and what that makes of a year."""
    sheet.text(first - 2, 0, "By month", "section")
    heads = ("period", *(IN_WORDS[name] for name in names), "stored energy", "less wear", "saved after wear")
    sheet.head(first - 1, (*heads, "months of a year it stands for"), repeat=False)
    stored = len(names) + 1
    for index, period in enumerate(study.periods):
        row = first + index
        sheet.text(row, 0, period.label)
        pair = study.baseline.periods[index], study.bill.periods[index]
        for column, name in enumerate(names, start=1):
            cells = [bills.cell(FIRST + index, kind, 2) for kind in SAVINGS_FIGURES[name] if kind in bills.first_column]
            sheet.formula(row, column, "=" + "+".join(cells), charged(pair[0], name) - charged(pair[1], name))
        sheet.number(row, stored, period.savings.stored)
        sheet.number(row, stored + 1, period.savings.wear)
        left = float(pair[0].total - pair[1].total) + period.savings.stored - period.savings.wear
        formula = f"=SUM({at(row, 1)}:{at(row, stored)})-{at(row, stored + 1)}"
        sheet.formula(row, stored + 2, formula, left, "money_bold")
    _all_months(sheet, first, names, study)
    _year(sheet, first, stored + 2, study)


def _all_months(sheet: Sheet, first: int, names: tuple[str, ...], study: Study) -> None:
    total, above = first + len(study.periods), (first, first + len(study.periods) - 1)
    stored = len(names) + 1
    sheet.text(total, 0, "all", "total_text")
    for column, name in enumerate(names, start=1):
        sheet.total(total, column, above, charged(study.baseline, name) - charged(study.bill, name))
    savings = study.savings
    on_the_bill = float(study.baseline.total - study.bill.total)
    sheet.total(total, stored, above, savings.stored)
    sheet.total(total, stored + 1, above, savings.wear)
    sheet.total(total, stored + 2, above, on_the_bill + savings.stored - savings.wear)


def _year(sheet: Sheet, first: int, saved: int, study: Study) -> None:
    """Write how many months of a year each period stands for, and the saving of a year."""
    if study.annual.value is None:
        return
    last = first + len(study.periods) - 1
    for row, months in enumerate(months_represented(study.periods, study.season_by_month), start=first):
        sheet.number(row, saved + 1, months, "quantity")
    amounts, weights = (f"{at(first, column)}:{at(last, column)}" for column in (saved, saved + 1))
    sheet.text(last + 2, 0, "saving of a year", "total_text")
    year = f"=SUMPRODUCT({amounts},{weights})"
    sheet.formula(last + 2, saved, year, study.annual.value, "total", name="saving_of_a_year")


def _marginal(sheet: Sheet, row: int, study: Study) -> None:
    if study.marginal is None:
        return
    sheet.text(row, 0, "What a little more would have saved over the studied time", "section")
    values = (
        ("one more kWh to trade with", study.marginal.of_a_tradable_kwh),
        ("one more kW of power", study.marginal.of_a_kw_of_power),
        ("one minute less of ride-through", study.marginal.of_a_minute_less_ride_through),
    )
    for offset, (label, figure) in enumerate(values, start=1):
        sheet.text(row + offset, 0, label)
        sheet.figure(row + offset, 3, figure, why=4)
