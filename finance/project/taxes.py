"""Taxes on income and on property, by year."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from ridethrough.domain.validation import Checks


class Losses(StrEnum):
    """How a year with negative taxable income is treated."""

    USED_AT_ONCE = "used_at_once"
    """The loss lowers the tax on the owner's other income of that year: the tax is negative, money that comes in."""

    CARRIED_FORWARD = "carried_forward"
    """The loss lowers the taxable income of later years of the project. Without later income it is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taxes:
    """Tax rates, as fractions, and tax rules. By default the owner pays no taxes.

    State tax is worked out first. With `state_tax_deducts` it lowers the income for federal tax.
    `carried_loss_limit_fraction` is the part of a year's income that losses carried forward may offset (United States,
    losses since 2018: 0.8, 26 U.S.C. 172(a)(2)).

    `depreciation_starts_after_years` counts rows from the row of the capital; None means the first row of operation.
    With `writes_off_what_is_left` the last row deducts everything that the tables have not yet written off, like a
    disposal. Without it that remainder is never deducted.

    Property tax is `property_rate` times an asset's capital cost in each row of operation. With
    `property_value_falls_over_years` the taxed value falls linearly to 0 over that many years. Property tax is
    deductible.
    """

    federal_income_rate: float = 0.0
    state_income_rate: float = 0.0
    state_tax_deducts: bool = True
    losses: Losses = Losses.USED_AT_ONCE
    carried_loss_limit_fraction: float = 1.0
    depreciation_starts_after_years: int | None = None
    writes_off_what_is_left: bool = True
    property_rate: float = 0.0
    property_value_falls_over_years: int | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        for name in ("federal_income_rate", "state_income_rate", "property_rate", "carried_loss_limit_fraction"):
            checks.fraction(name, getattr(self, name))
        start = self.depreciation_starts_after_years
        checks.require(start is None or start >= 0, "depreciation_starts_after_years", start, "a number of at least 0")
        over = self.property_value_falls_over_years
        checks.require(over is None or over >= 1, "property_value_falls_over_years", over, "a number of at least 1")
        checks.raise_faults()

    def property_value_fraction(self, operating_year: int) -> float:
        """The fraction of the capital cost that is taxed as property in an operating year; the first year is 0."""
        over = self.property_value_falls_over_years
        return 1.0 if over is None else max(0.0, 1 - operating_year / over)

    def on_income(self, income: Sequence[float]) -> "IncomeTaxes":
        """The income taxes by row, from the project's income before tax."""
        offset, carried = self._offsets(income)
        taxed = tuple(each - less for each, less in zip(income, offset, strict=True))
        state = tuple(each * self.state_income_rate for each in taxed)
        deducted = state if self.state_tax_deducts else (0.0,) * len(state)
        federal = tuple((each - less) * self.federal_income_rate for each, less in zip(taxed, deducted, strict=True))
        return IncomeTaxes(income=tuple(income), taxed_income=taxed, carried_loss=carried, state=state, federal=federal)

    def _offsets(self, income: Sequence[float]) -> tuple[list[float], tuple[float, ...]]:
        """The losses deducted from each row's income, and the losses still carried forward after it."""
        if self.losses is Losses.USED_AT_ONCE:
            return [0.0] * len(income), (0.0,) * len(income)
        offsets, carried, pool = [], [], 0.0
        for each in income:
            offset = each if each < 0 else min(pool, self.carried_loss_limit_fraction * each)
            pool -= offset
            offsets.append(offset)
            carried.append(pool)
        return offsets, tuple(carried)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncomeTaxes:
    """By row: income before and after carried losses, losses still carried, and taxes (positive: to be paid)."""

    income: tuple[float, ...]
    taxed_income: tuple[float, ...]
    carried_loss: tuple[float, ...]
    state: tuple[float, ...]
    federal: tuple[float, ...]
