"""The cash flow of a project: what comes in and goes out, line by line and year by year, and what that is worth.

Every line has one amount a row, in the site's currency, money that comes in positive; the net of a row is the sum of
its lines. Where pro formas differ in their conventions, these are named options of `Project` and `Taxes`.
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
    """The lines of a project, how its taxes follow from them, and what all that comes to."""

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
        """The net by row, as worth today."""
        return tuple(factor * amount for factor, amount in zip(self._factors, self.net, strict=True))

    @property
    def net_present_value(self) -> float:
        """What the project is worth today, in the site's currency."""
        return math.fsum(self.discounted_net)

    @property
    def present_value_by_line(self) -> Mapping[str, float]:
        """What each line is worth today, by its name."""
        return {line.name: self._present_value(line) for line in self.lines}

    @property
    def internal_rate_of_return(self) -> Figure:
        """The discount rate at which the project is worth nothing, a year."""
        return internal_rate_of_return(self.net)

    @property
    def payback_years(self) -> Figure:
        """Years of operation until what came in makes up for what went out, for good."""
        return payback_years(self.net, first_operating_row=self.project.construction_years)

    @property
    def discounted_payback_years(self) -> Figure:
        """The same, every amount as worth today."""
        return payback_years(self.discounted_net, first_operating_row=self.project.construction_years)

    @property
    def benefit_cost_ratio(self) -> Figure:
        """The present value of the lines that are worth something over that of those that cost."""
        values = self.present_value_by_line.values()
        cost = -math.fsum(value for value in values if value < 0)
        if cost == 0:
            return Figure.unknown("no line of the project costs anything")
        return Figure.known(math.fsum(value for value in values if value > 0) / cost)

    def rows(self) -> Iterator[dict[str, float]]:
        """The pro forma by year: `year`, every line by its name, `net`, `discounted` and `sum_of_discounted`."""
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
    """Work a project out. UnableToAccept where two lines of it come to bear the same name."""
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
