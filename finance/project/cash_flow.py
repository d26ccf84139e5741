"""The cash flow of a project, line by line and year by year, and its returns.

A row is a year. Every line has one amount in each row, in the site's currency: income is positive, cost is negative.
The net of a row is the sum of its lines. Pro formas follow different conventions; `Project` and `Taxes` name them as
options.
"""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ridethrough.domain.validation import Checks
from ridethrough.finance.figure import Figure
from ridethrough.finance.project.lines import CashFlowLine, LineKind, lines_before_income_tax
from ridethrough.finance.project.project import Project
from ridethrough.finance.project.rates import check_names
from ridethrough.finance.project.returns import internal_rate_of_return, payback_years
from ridethrough.finance.project.taxes import IncomeTaxes
from ridethrough.finance.project.write_offs import WriteOffs, taxable_income, write_offs

_COLUMNS = ("year", "net", "discounted", "sum_of_discounted")


@dataclass(frozen=True, slots=True, kw_only=True)
class CashFlow:
    """The lines of a project, its income taxes, and its returns."""

    project: Project
    lines: tuple[CashFlowLine, ...]
    write_offs: WriteOffs
    income_taxes: IncomeTaxes

    def __post_init__(self) -> None:
        checks = Checks()
        check_names(checks, "lines", [*_COLUMNS, *(line.name for line in self.lines)])
        checks.raise_faults()

    @property
    def net(self) -> tuple[float, ...]:
        """The sum of all lines, by row."""
        return tuple(math.fsum(line.amounts[row] for line in self.lines) for row in range(self.project.rows))

    @property
    def discounted_net(self) -> tuple[float, ...]:
        """The present value of each row's net."""
        return tuple(factor * amount for factor, amount in zip(self._factors, self.net, strict=True))

    @property
    def net_present_value(self) -> float:
        """The sum of the discounted net, in the site's currency."""
        return math.fsum(self.discounted_net)

    @property
    def present_value_by_line(self) -> Mapping[str, float]:
        """The present value of each line, by its name."""
        return {line.name: self._present_value(line) for line in self.lines}

    @property
    def internal_rate_of_return(self) -> Figure:
        """The yearly discount rate at which the net present value is 0."""
        return internal_rate_of_return(self.net)

    @property
    def payback_years(self) -> Figure:
        """Years of operation until the sum of the net reaches 0 and stays at or above it."""
        return payback_years(self.net, first_operating_row=self.project.construction_years)

    @property
    def discounted_payback_years(self) -> Figure:
        """The payback of the discounted net."""
        return payback_years(self.discounted_net, first_operating_row=self.project.construction_years)

    @property
    def benefit_cost_ratio(self) -> Figure:
        """The present value of all lines above 0, divided by that of all lines below 0."""
        values = self.present_value_by_line.values()
        cost = -math.fsum(value for value in values if value < 0)
        if cost == 0:
            return Figure.unknown("no line of the project has a cost")
        return Figure.known(math.fsum(value for value in values if value > 0) / cost)

    def rows(self) -> Iterator[dict[str, float]]:
        """The pro forma, one mapping a year: `year`, each line by name, `net`, `discounted`, `sum_of_discounted`."""
        total, net, discounted = 0.0, self.net, self.discounted_net
        for row, year in enumerate(self.project.years):
            total += discounted[row]
            amounts = {line.name: line.amounts[row] for line in self.lines}
            yield {"year": year} | amounts | dict(zip(_COLUMNS[1:], (net[row], discounted[row], total), strict=True))

    def _present_value(self, line: CashFlowLine) -> float:
        return math.fsum(factor * amount for factor, amount in zip(self._factors, line.amounts, strict=True))

    @property
    def _factors(self) -> tuple[float, ...]:
        return self.project.discounting.factors(self.project.nominal_discount_rate, self.project.rows)


def cash_flow(project: Project) -> CashFlow:
    """Work out the cash flow of a project; UnableToAccept if two of its lines have the same name."""
    lines = lines_before_income_tax(project)
    written = write_offs(project)
    taxes = project.taxes.on_income(taxable_income(project, lines, written))
    owed = []
    if project.taxes.state_income_rate:
        owed.append(_tax(LineKind.STATE_TAX, "state income tax", taxes.state))
    if project.taxes.federal_income_rate:
        owed.append(_tax(LineKind.FEDERAL_TAX, "federal income tax", taxes.federal))
    return CashFlow(project=project, lines=(*lines, *owed), write_offs=written, income_taxes=taxes)


def _tax(kind: LineKind, name: str, owed: tuple[float, ...]) -> CashFlowLine:
    return CashFlowLine(kind=kind, name=name, amounts=tuple(-amount for amount in owed), is_income=False)
