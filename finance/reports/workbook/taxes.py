"""The sheet of income taxes: what is written off, the taxable income, losses carried forward, and both taxes."""

import math
from collections.abc import Iterator

from ridethrough.finance.project.cash_flow import CashFlow
from ridethrough.finance.project.depreciation import EXPENSED, Depreciation
from ridethrough.finance.project.project import Asset, Project
from ridethrough.finance.project.taxes import Losses
from ridethrough.finance.reports.words import NO_CASH_FLOW
from ridethrough.finance.reports.workbook.cells import at, where
from ridethrough.finance.reports.workbook.line_formulas import (
    covered_capital,
    incentive_paid,
    paid_for_replacement,
    written,
)
from ridethrough.finance.reports.workbook.sheet import Book, Sheet
from ridethrough.finance.study.study import Study

NAME = "Taxes"
FIRST_YEAR = 2
"""The first column that holds a year."""
_HEAD = 4
_LABELS = (
    "taxable income",
    "losses deducted",
    "losses still carried",
    "taxed income",
    "state income tax",
    "federal income tax",
)
_LEAST_CAPITAL = "1E-9"
"""Keeps a share of the capital from a division by 0."""


def pays_income_tax(project: Project) -> bool:
    """Whether income is taxed at all."""
    return bool(project.taxes.state_income_rate or project.taxes.federal_income_rate)


def state_tax(project: Project, row: int) -> str:
    """The cell with the state's tax of one year of the project."""
    return where(NAME, _HEAD + 1 + len(project.assets) + 5, FIRST_YEAR + row)


def federal_tax(project: Project, row: int) -> str:
    """The cell with the federal tax of one year of the project."""
    return where(NAME, _HEAD + 1 + len(project.assets) + 6, FIRST_YEAR + row)


def write_taxes(book: Book, study: Study, income_cells: list[list[str]]) -> None:
    """Write the taxes of every year; `income_cells` holds, for each year, the cells of the lines that are income."""
    flow = study.cash_flow
    if flow is None or not pays_income_tax(flow.project):
        sheet = book.sheet(NAME, "Taxes on income", widths=(100,))
        sheet.text(_HEAD, 0, NO_CASH_FLOW if flow is None else "The project pays no tax on income.")
        return
    project = flow.project
    sheet = book.sheet(
        NAME,
        "Taxes on income",
        widths=(44, 16, *[13] * project.rows),
        note=f"Amounts in {study.currency}. Write-offs follow the tables of the project.",
    )
    sheet.head(_HEAD, ("line", "basis"))
    for offset, year in enumerate(project.years):
        sheet.number(_HEAD, FIRST_YEAR + offset, year, "year")
    sheet.raw.freeze_panes(_HEAD + 1, FIRST_YEAR)
    _write_offs(sheet, flow)
    _left_over(sheet, flow)
    _taxes(sheet, flow, income_cells)


def _write_offs(sheet: Sheet, flow: CashFlow) -> None:
    for number, asset in enumerate(flow.project.assets, start=1):
        row = _HEAD + number
        sheet.text(row, 0, f"written off: {asset.name}")
        basis = asset.capital_cost - flow.project.basis_reduction(asset)
        sheet.formula(row, 1, f"={_basis(flow.project, number)}", basis, name=f"asset_{number}_basis")
        amounts = flow.write_offs.by_asset[asset.name]
        for offset, amount in enumerate(amounts):
            terms = "+".join(_written_off(flow.project, number, asset, offset)) or "0"
            sheet.formula(row, FIRST_YEAR + offset, f"={terms}", amount)


def _basis(project: Project, number: int) -> str:
    asset, capital = project.assets[number - 1], f"asset_{number}_capital"
    lost = [
        f"-{written(incentive.basis_reduction_fraction)}*({incentive_paid(project, index)})*{capital}"
        f"/MAX({covered_capital(project, incentive)},{_LEAST_CAPITAL})"
        for index, incentive in enumerate(project.incentives, start=1)
        if incentive.basis_reduction_fraction and incentive.covers(asset.name)
    ]
    return capital + "".join(lost)


def _tables(project: Project, number: int, asset: Asset) -> Iterator[tuple[str, int, Depreciation]]:
    """What an asset writes off: the amount, the first row, and the table; capital first, then each replacement."""
    start = project.taxes.depreciation_starts_after_years
    first = project.construction_years if start is None else start
    yield f"asset_{number}_basis", 0 if asset.depreciation == EXPENSED else first, asset.depreciation
    if asset.replacement is None:
        return
    table = asset.replacement.depreciation
    for after in asset.replacement.after_years:
        ordered = asset.replacement.ordered_in(after)
        begins = project.construction_years + (ordered if table == EXPENSED else after)
        yield paid_for_replacement(f"asset_{number}", ordered), begins, table


def _written_off(project: Project, number: int, asset: Asset, row: int) -> Iterator[str]:
    for amount, first, table in _tables(project, number, asset):
        parts = table.fraction_by_year
        if 0 <= row - first < len(parts):
            yield f"{amount}*{written(parts[row - first])}"


def _left_over(sheet: Sheet, flow: CashFlow) -> None:
    """Write what the tables have not yet written off in the last row, where the project deducts that then."""
    project = flow.project
    row = _HEAD + 1 + len(project.assets)
    sheet.text(row, 0, "not written off until then")
    if not project.taxes.writes_off_what_is_left:
        return
    terms = "+".join(_left(project)) or "0"
    left = math.fsum(flow.write_offs.left_by_asset.values())
    sheet.formula(row, FIRST_YEAR + project.rows - 1, f"={terms}", left)


def _left(project: Project) -> Iterator[str]:
    for number, asset in enumerate(project.assets, start=1):
        for amount, first, table in _tables(project, number, asset):
            done = math.fsum(table.fraction_by_year[: max(0, project.rows - first)])
            yield f"{amount}*(1-{written(done)})"


def _taxes(sheet: Sheet, flow: CashFlow, income_cells: list[list[str]]) -> None:
    first = _HEAD + 1 + len(flow.project.assets)
    for offset, label in enumerate(_LABELS, start=1):
        sheet.text(first + offset, 0, label, "bold" if label.endswith("income tax") else "text")
    for year, lines in enumerate(income_cells):
        column = FIRST_YEAR + year
        formulas = _formulas_of_year(flow.project, first, column, "+".join(lines) or "0")
        for offset, (formula, value) in enumerate(zip(formulas, _values(flow, year), strict=True), start=1):
            sheet.formula(first + offset, column, f"={formula}", value)


def _formulas_of_year(project: Project, first: int, column: int, income_lines: str) -> tuple[str, ...]:
    """The formulas of one year, in the order of the labels; `first` is the last row of the write-offs."""
    income, offset, _, taxed, state = (at(first + line, column) for line in range(1, 6))
    before = at(first + 3, column - 1) if column > FIRST_YEAR else "0"
    deducted = f"({taxed}-{state})" if project.taxes.state_tax_deducts else taxed
    return (
        f"{income_lines}-SUM({at(_HEAD + 1, column)}:{at(first, column)})",
        _deducted(project, income, before),
        f"{before}-{offset}" if _carries(project) else "0",
        f"{income}-{offset}",
        f"{taxed}*state_tax_rate",
        f"{deducted}*federal_tax_rate",
    )


def _values(flow: CashFlow, year: int) -> tuple[float, ...]:
    taxes = flow.income_taxes
    income, taxed = taxes.income[year], taxes.taxed_income[year]
    return income, income - taxed, taxes.carried_loss[year], taxed, taxes.state[year], taxes.federal[year]


def _carries(project: Project) -> bool:
    return project.taxes.losses is Losses.CARRIED_FORWARD


def _deducted(project: Project, income: str, before: str) -> str:
    """The losses of earlier years that a year's income takes up; a loss is taken out of it, to be carried."""
    if not _carries(project):
        return "0"
    limit = written(project.taxes.carried_loss_limit_fraction)
    return f"IF({income}<0,{income},MIN({before},{limit}*{income}))"
