"""What a project writes off for tax, and its taxable income."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ridethrough.finance.project.depreciation import EXPENSED, Depreciation
from ridethrough.finance.project.lines import CashFlowLine, replacement_amounts
from ridethrough.finance.project.project import Asset, Project


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteOffs:
    """For each asset: the amount written off in each row, and the part of the basis that no row writes off."""

    by_asset: Mapping[str, tuple[float, ...]]
    left_by_asset: Mapping[str, float]

    def deducted(self, row: int) -> float:
        """The sum over all assets in one row."""
        return math.fsum(amounts[row] for amounts in self.by_asset.values())


def write_offs(project: Project) -> WriteOffs:
    """Work out the write-offs of each asset, its replacements included."""
    by_asset, left_by_asset = {}, {}
    for asset in project.assets:
        amounts = [0.0] * project.rows
        left = _spread(amounts, *_capital(project, asset), asset.depreciation)
        if asset.replacement:
            table = asset.replacement.depreciation
            for paid, in_service, cost in replacement_amounts(project, asset.replacement):
                left += _spread(amounts, paid if table == EXPENSED else in_service, cost, table)
        by_asset[asset.name] = tuple(amounts)
        left_by_asset[asset.name] = left
    return WriteOffs(by_asset=by_asset, left_by_asset=left_by_asset)


def taxable_income(project: Project, lines: Iterable[CashFlowLine], written: WriteOffs) -> tuple[float, ...]:
    """Income by row before carried losses: the income lines less the write-offs."""
    counted = [line.amounts for line in lines if line.is_income]
    rows = range(project.rows)
    income = [math.fsum(amounts[row] for amounts in counted) - written.deducted(row) for row in rows]
    if project.taxes.writes_off_what_is_left:
        income[-1] -= math.fsum(written.left_by_asset.values())
    return tuple(income)


def _capital(project: Project, asset: Asset) -> tuple[int, float]:
    """The first row in which an asset is written off, and its basis."""
    start = project.taxes.depreciation_starts_after_years
    first = project.construction_years if start is None else start
    return 0 if asset.depreciation == EXPENSED else first, asset.capital_cost - project.basis_reduction(asset)


def _spread(amounts: list[float], start: int, basis: float, table: Depreciation) -> float:
    """Write a basis off from row `start` on; return the part that falls beyond the last row."""
    written = [(row, basis * part) for row, part in enumerate(table.fraction_by_year, start) if row < len(amounts)]
    for row, amount in written:
        amounts[row] += amount
    return basis - math.fsum(amount for _, amount in written)
