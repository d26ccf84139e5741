"""The lines of a cash flow as formulas on the project's inputs: one formula or none for each row of the project."""

from collections.abc import Iterator, Mapping

from ridethrough.finance.project.incentives import Incentive
from ridethrough.finance.project.project import Asset, Project, YearlyAmount

Formulas = tuple[str, ...]
"""One entry a row of the project, without the equals sign; empty where nothing is paid."""


def formulas_by_line(project: Project) -> Mapping[str, Formulas]:
    """The formulas of every line before income tax, by the line's name."""
    return dict(_formulas(project))


def paid_for_replacement(name: str, ordered: int) -> str:
    """The price of an asset's replacement that is paid in an operating year; `name` is the asset's cells'."""
    return f"{name}_replacement{_power(f'1+{name}_replacement_escalation', ordered)}"


def incentive_paid(project: Project, number: int) -> str:
    """What an incentive pays; incentives count from 1."""
    incentive = project.incentives[number - 1]
    if incentive.amount:
        return f"incentive_{number}_amount"
    return f"incentive_{number}_of_capital*({covered_capital(project, incentive)})"


def covered_capital(project: Project, incentive: Incentive) -> str:
    """The capital of all assets that an incentive covers."""
    numbers = [number for number, asset in enumerate(project.assets, start=1) if incentive.covers(asset.name)]
    return "+".join(f"asset_{number}_capital" for number in numbers) or "0"


def written(value: float) -> str:
    """A number as it stands in a formula, with all its digits."""
    return repr(value).upper()


def _formulas(project: Project) -> Iterator[tuple[str, Formulas]]:
    for number, line in enumerate(project.savings, start=1):
        yield line.name, _yearly(project, f"saving_{number}", line, sign="")
    for number, line in enumerate(project.costs, start=1):
        yield line.name, _yearly(project, f"cost_{number}", line, sign="-")
    for number, asset in enumerate(project.assets, start=1):
        yield from _asset(project, f"asset_{number}", asset)
    for number, incentive in enumerate(project.incentives, start=1):
        row = incentive.paid_after_years
        yield incentive.name, _in_rows(project, {row: incentive_paid(project, number)})
    if project.taxes.property_rate:
        yield "property tax", _property_tax(project)


def _yearly(project: Project, name: str, line: YearlyAmount, *, sign: str) -> Formulas:
    rows = {}
    for year in range(project.life_years):
        age = project.age_years(line.degrades_with, year)
        factor = f"*{written(line.factor_by_year[year])}" if line.factor_by_year else ""
        faded, grown = _power(f"1-{name}_fading", age), _power(f"1+{name}_escalation", year)
        rows[project.construction_years + year] = f"{sign}{name}_amount{factor}{faded}{grown}"
    return _in_rows(project, rows)


def _power(base: str, exponent: int) -> str:
    return f"*({base})^{exponent}" if exponent > 0 else f"/({base})^{-exponent}" if exponent < 0 else ""


def _asset(project: Project, name: str, asset: Asset) -> Iterator[tuple[str, Formulas]]:
    last = project.rows - 1
    yield f"{asset.name}: capital", _in_rows(project, {0: f"-{name}_capital"})
    if asset.replacement:
        rows: dict[int, str] = {}
        for after in asset.replacement.after_years:
            ordered = asset.replacement.ordered_in(after)
            row = project.construction_years + ordered
            rows[row] = f"{rows.get(row, '')}-{paid_for_replacement(name, ordered)}"
        yield f"{asset.name}: replacement", _in_rows(project, rows)
    if asset.salvage_value:
        yield f"{asset.name}: salvage", _in_rows(project, {last: f"{name}_salvage"})
    if asset.decommissioning_cost:
        yield f"{asset.name}: decommissioning", _in_rows(project, {last: f"-{name}_decommissioning"})


def _property_tax(project: Project) -> Formulas:
    capital = "+".join(f"asset_{number}_capital" for number in range(1, len(project.assets) + 1)) or "0"
    return _in_rows(
        project,
        {
            project.construction_years + year: f"-property_tax_rate*({capital})*"
            f"{written(project.taxes.property_value_fraction(year))}"
            for year in range(project.life_years)
        },
    )


def _in_rows(project: Project, by_row: Mapping[int, str]) -> Formulas:
    return tuple(by_row.get(row, "") for row in range(project.rows))
