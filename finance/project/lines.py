"""The lines of a pro forma before income tax: one amount a row, income positive."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from ridethrough.finance.project.incentives import Incentive
from ridethrough.finance.project.project import Asset, Project, Replacement, YearlyAmount


class LineKind(StrEnum):
    """The kind of money that a line holds."""

    SAVINGS = "savings"
    COST = "cost"
    CAPITAL = "capital"
    REPLACEMENT = "replacement"
    INCENTIVE = "incentive"
    SALVAGE = "salvage"
    DECOMMISSIONING = "decommissioning"
    PROPERTY_TAX = "property_tax"
    STATE_TAX = "state_tax"
    FEDERAL_TAX = "federal_tax"


@dataclass(frozen=True, slots=True, kw_only=True)
class CashFlowLine:
    """One line of the pro forma; `is_income` says that its amounts count in the taxable income of the same row."""

    kind: LineKind
    name: str
    amounts: tuple[float, ...]
    is_income: bool


def lines_before_income_tax(project: Project) -> tuple[CashFlowLine, ...]:
    """Every line except income taxes, in the order of a pro forma; an optional line appears only if it is used."""
    return (
        *(_yearly(project, LineKind.SAVINGS, line, sign=1) for line in project.savings),
        *(_yearly(project, LineKind.COST, line, sign=-1) for line in project.costs),
        *(line for asset in project.assets for line in _asset_lines(project, asset)),
        *(_incentive(project, incentive) for incentive in project.incentives),
        *([_property_tax(project)] if project.taxes.property_rate else []),
    )


def replacement_amounts(project: Project, replacement: Replacement) -> Iterator[tuple[int, int, float]]:
    """Each replacement as (row of the payment, row in which it enters service, cost at the payment)."""
    for after in replacement.after_years:
        ordered = replacement.ordered_in(after)
        cost = replacement.cost * project.escalation(replacement.escalation_rate, ordered)
        yield project.construction_years + ordered, project.construction_years + after, cost


def _yearly(project: Project, kind: LineKind, line: YearlyAmount, *, sign: int) -> CashFlowLine:
    amounts = [0.0] * project.construction_years
    for year in range(project.life_years):
        left = (1 - line.degradation_rate) ** project.age_years(line.degrades_with, year)
        factor = line.factor_by_year[year] if line.factor_by_year else 1.0
        amounts.append(sign * line.amount * factor * left * project.escalation(line.escalation_rate, year))
    return CashFlowLine(kind=kind, name=line.name, amounts=tuple(amounts), is_income=True)


def _asset_lines(project: Project, asset: Asset) -> Iterator[CashFlowLine]:
    last = project.rows - 1
    capital = _in_rows(project, {0: -asset.capital_cost})
    yield CashFlowLine(kind=LineKind.CAPITAL, name=f"{asset.name}: capital", amounts=capital, is_income=False)
    if asset.replacement:
        paid: dict[int, float] = {}
        for row, _, cost in replacement_amounts(project, asset.replacement):
            paid[row] = paid.get(row, 0.0) - cost
        name = f"{asset.name}: replacement"
        yield CashFlowLine(kind=LineKind.REPLACEMENT, name=name, amounts=_in_rows(project, paid), is_income=False)
    if asset.salvage_value:
        amounts = _in_rows(project, {last: asset.salvage_value})
        yield CashFlowLine(kind=LineKind.SALVAGE, name=f"{asset.name}: salvage", amounts=amounts, is_income=True)
    if asset.decommissioning_cost:
        amounts = _in_rows(project, {last: -asset.decommissioning_cost})
        name = f"{asset.name}: decommissioning"
        yield CashFlowLine(kind=LineKind.DECOMMISSIONING, name=name, amounts=amounts, is_income=True)


def _incentive(project: Project, incentive: Incentive) -> CashFlowLine:
    amounts = _in_rows(project, {incentive.paid_after_years: incentive.paid(project.cost_by_asset)})
    return CashFlowLine(kind=LineKind.INCENTIVE, name=incentive.name, amounts=amounts, is_income=incentive.taxable)


def _property_tax(project: Project) -> CashFlowLine:
    cost = sum(project.cost_by_asset.values()) * project.taxes.property_rate
    values = (project.taxes.property_value_fraction(year) for year in range(project.life_years))
    amounts = (*[0.0] * project.construction_years, *(-cost * value for value in values))
    return CashFlowLine(kind=LineKind.PROPERTY_TAX, name="property tax", amounts=amounts, is_income=True)


def _in_rows(project: Project, by_row: dict[int, float]) -> tuple[float, ...]:
    return tuple(by_row.get(row, 0.0) for row in range(project.rows))
