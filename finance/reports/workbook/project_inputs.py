"""The sheet of a project's inputs: every amount and rate has a cell of its own, with a name that formulas use."""

from collections.abc import Iterator
from dataclasses import dataclass

from ridethrough.finance.project.incentives import Incentive
from ridethrough.finance.project.project import Asset, Project, YearlyAmount
from ridethrough.finance.reports.words import NO_CASH_FLOW
from ridethrough.finance.reports.workbook.sheet import Book, Sheet
from ridethrough.finance.study.study import Study

_HEAD = 4
_SAME = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class _Input:
    """One cell: its label, the name that formulas use, its value, its look, and the formula it follows if any."""

    label: str
    name: str
    value: float
    look: str = "money"
    follows: str = ""


def write_project(book: Book, study: Study) -> None:
    """Write the inputs of the cash flow; whoever changes one changes cash flow, taxes and present value."""
    flow = study.cash_flow
    if flow is None:
        book.sheet("Project", "What the project costs", widths=(100,)).text(_HEAD, 0, NO_CASH_FLOW)
        return
    sheet = book.sheet(
        "Project",
        "What the project costs",
        widths=(52, 18, 30),
        note=f"Amounts in {study.currency}, in money of the first year of operation. Change a value, and the sheets "
        "Cash flow and Taxes follow.",
    )
    sheet.head(_HEAD, ("input", "value", "name in formulas"), words=(0, 2))
    for row, each in enumerate(_inputs(flow.project, study), start=_HEAD + 1):
        _write(sheet, row, each)


def _write(sheet: Sheet, row: int, each: _Input) -> None:
    sheet.text(row, 0, each.label)
    if each.follows:
        sheet.formula(row, 1, f"={each.follows}", each.value, each.look, name=each.name)
    else:
        sheet.number(row, 1, each.value, each.look)
        sheet.book.name(each.name, sheet, row, 1, each.value)
    sheet.text(row, 2, each.name, "note")


def _inputs(project: Project, study: Study) -> Iterator[_Input]:
    yield _Input(label="inflation", name="inflation_rate", value=project.inflation_rate, look="rate")
    for number, line in enumerate(project.savings, start=1):
        yield from _yearly(project, f"saving_{number}", line, study.annual.value)
    for number, line in enumerate(project.costs, start=1):
        yield from _yearly(project, f"cost_{number}", line, None)
    for number, asset in enumerate(project.assets, start=1):
        yield from _asset(project, f"asset_{number}", asset)
    for number, incentive in enumerate(project.incentives, start=1):
        yield from _incentive(f"incentive_{number}", incentive)
    taxes = project.taxes
    for label, name, rate in (
        ("property tax, of the capital", "property_tax_rate", taxes.property_rate),
        ("state income tax", "state_tax_rate", taxes.state_income_rate),
        ("federal income tax", "federal_tax_rate", taxes.federal_income_rate),
    ):
        yield _Input(label=label, name=name, value=rate, look="rate")


def _yearly(project: Project, name: str, line: YearlyAmount, annual: float | None) -> Iterator[_Input]:
    studied = annual is not None and abs(annual - line.amount) < _SAME
    follows = "saving_of_a_year" if studied else ""
    yield _Input(label=f"{line.name}, a year", name=f"{name}_amount", value=line.amount, follows=follows)
    yield _escalation(project, f"{line.name}: grows by, a year", f"{name}_escalation", line.escalation_rate)
    fading = line.degradation_rate
    yield _Input(label=f"{line.name}: fades by, a year of age", name=f"{name}_fading", value=fading, look="rate")


def _escalation(project: Project, label: str, name: str, rate: float | None) -> _Input:
    value = project.inflation_rate if rate is None else rate
    return _Input(label=label, name=name, value=value, look="rate", follows="inflation_rate" if rate is None else "")


def _asset(project: Project, name: str, asset: Asset) -> Iterator[_Input]:
    yield _Input(label=f"{asset.name}: capital", name=f"{name}_capital", value=asset.capital_cost)
    if asset.replacement:
        renewed = asset.replacement
        yield _Input(label=f"{asset.name}: replacement", name=f"{name}_replacement", value=renewed.cost)
        label = f"{asset.name}: its price grows by, a year"
        yield _escalation(project, label, f"{name}_replacement_escalation", renewed.escalation_rate)
    if asset.salvage_value:
        yield _Input(label=f"{asset.name}: salvage, at the end", name=f"{name}_salvage", value=asset.salvage_value)
    if asset.decommissioning_cost:
        label = f"{asset.name}: decommissioning, at the end"
        yield _Input(label=label, name=f"{name}_decommissioning", value=asset.decommissioning_cost)


def _incentive(name: str, incentive: Incentive) -> Iterator[_Input]:
    if incentive.amount:
        yield _Input(label=incentive.name, name=f"{name}_amount", value=incentive.amount)
    else:
        label = f"{incentive.name}, of the capital"
        yield _Input(label=label, name=f"{name}_of_capital", value=incentive.capital_fraction, look="rate")
