"""What a project costs and saves: the inputs of a cash flow."""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from ridethrough.domain.validation import Checks
from ridethrough.finance.project.depreciation import EXPENSED, Depreciation
from ridethrough.finance.project.incentives import Incentive
from ridethrough.finance.project.rates import check_names, check_rate
from ridethrough.finance.project.returns import Discounting
from ridethrough.finance.project.taxes import Taxes


@dataclass(frozen=True, slots=True, kw_only=True)
class YearlyAmount:
    """A saving or a cost of every year of operation, in money of the first such year.

    It grows by `escalation_rate` a year (None: the project's inflation) and shrinks by `degradation_rate` for each year
    of age. With `degrades_with`, the age is that of the named asset, which starts again at 0 with each replacement.
    Without it, the age is that of the project. `factor_by_year` multiplies the amount of each year of operation, for
    example with drawn price and load years. A saving below 0 is a loss.
    """

    name: str
    amount: float
    escalation_rate: float | None = None
    degradation_rate: float = 0.0
    degrades_with: str = ""
    factor_by_year: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(math.isfinite(self.amount), "amount", self.amount, "a finite number")
        check_rate(checks, "escalation_rate", self.escalation_rate)
        loss = self.degradation_rate
        checks.require(0 <= loss < 1, "degradation_rate", loss, "a fraction from 0 below 1")
        for year, factor in enumerate(self.factor_by_year):
            checks.require(math.isfinite(factor), f"factor_by_year.{year}", factor, "a finite number")
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """The replacement of a worn asset, in service after each of `after_years` years of operation and paid before that.

    `cost` is in money of the first year of operation. It grows by `escalation_rate` (None: inflation) until the year of
    the payment, which is the year that contains the moment `lead_time_years` before the new asset enters service. The
    cost is written off from the year in which the new asset enters service, or expensed in the year of the payment.
    """

    cost: float
    after_years: tuple[int, ...]
    lead_time_years: float = 0.0
    escalation_rate: float | None = None
    depreciation: Depreciation = EXPENSED

    def __post_init__(self) -> None:
        checks = Checks()
        checks.not_negative("cost", self.cost)
        checks.not_negative("lead_time_years", self.lead_time_years)
        check_rate(checks, "escalation_rate", self.escalation_rate)
        rising = list(self.after_years) == sorted(set(self.after_years)) and all(year >= 1 for year in self.after_years)
        checks.require(rising, "after_years", self.after_years, "rising whole numbers of at least 1")
        checks.raise_faults()

    def ordered_in(self, after_years: int) -> int:
        """The year of operation in which the replacement after `after_years` is paid.

        The first year of operation is 0; years before it are negative.

        >>> Replacement(cost=1.0, after_years=(10,), lead_time_years=1.5).ordered_in(10)
        8
        """
        return math.floor(after_years - self.lead_time_years)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """Something bought for `capital_cost` in row 0 and written off by `depreciation` (default: all at once).

    The last row receives `salvage_value` and pays `decommissioning_cost`, both in money of that year.
    """

    name: str
    capital_cost: float
    depreciation: Depreciation = EXPENSED
    salvage_value: float = 0.0
    decommissioning_cost: float = 0.0
    replacement: Replacement | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        for name in ("capital_cost", "salvage_value", "decommissioning_cost"):
            checks.not_negative(name, getattr(self, name))
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project of `life_years` of operation, which begin `construction_years` rows after the capital is paid.

    Rows are years. The first row is `first_year` and holds the capital; with `construction_years` of 0 it is also the
    first year of operation. All amounts are nominal. `discount_rate` is nominal too; with `discount_rate_is_real` it is
    real, and inflation is added. An escalation rate that is not given equals `inflation_rate`.
    """

    life_years: int
    discount_rate: float
    assets: tuple[Asset, ...] = ()
    savings: tuple[YearlyAmount, ...] = ()
    costs: tuple[YearlyAmount, ...] = ()
    incentives: tuple[Incentive, ...] = ()
    taxes: Taxes = field(default_factory=Taxes)
    first_year: int = 0
    construction_years: int = 1
    inflation_rate: float = 0.0
    discount_rate_is_real: bool = False
    discounting: Discounting = Discounting.FIRST_ROW_WHOLE

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(self.life_years >= 1, "life_years", self.life_years, "a whole number of at least 1")
        years = self.construction_years
        checks.require(years >= 0, "construction_years", years, "a whole number of at least 0")
        for name in ("discount_rate", "inflation_rate"):
            check_rate(checks, name, getattr(self, name))
        check_names(checks, "assets", [asset.name for asset in self.assets])
        for name in ("savings", "costs", "incentives"):
            check_names(checks, name, [each.name for each in getattr(self, name)])
        self._check_yearly(checks, "savings", self.savings)
        self._check_yearly(checks, "costs", self.costs)
        self._check_incentives(checks)
        self._check_replacements(checks)
        checks.raise_faults()

    def _check_yearly(self, checks: Checks, name: str, lines: Iterable[YearlyAmount]) -> None:
        for index, line in enumerate(lines):
            path = f"{name}.{index}"
            known = not line.degrades_with or self._has(line.degrades_with)
            checks.require(known, f"{path}.degrades_with", line.degrades_with, "the name of an asset")
            years = len(line.factor_by_year)
            checks.require(
                years in {0, self.life_years}, f"{path}.factor_by_year", f"{years} values", f"{self.life_years} or none"
            )

    def _check_incentives(self, checks: Checks) -> None:
        for index, incentive in enumerate(self.incentives):
            path = f"incentives.{index}"
            for name in incentive.on_assets:
                checks.require(self._has(name), f"{path}.on_assets", name, "the name of an asset")
            later, last = incentive.paid_after_years, self.rows - 1
            checks.require(later <= last, f"{path}.paid_after_years", later, f"at most {last}, the last row")
        for asset in self.assets:
            lost, most = self.basis_reduction(asset), asset.capital_cost
            allowed = f"at most {most:g}, the capital cost of {asset.name}"
            checks.require(lost <= most, "incentives", f"{lost:g} less to write off", allowed)

    def _check_replacements(self, checks: Checks) -> None:
        for index, asset in enumerate(self.assets):
            for after in asset.replacement.after_years if asset.replacement else ():
                path = f"assets.{index}.replacement"
                within = after < self.life_years
                checks.require(within, f"{path}.after_years", after, f"below life_years {self.life_years}")
            if asset.replacement and asset.replacement.after_years:
                first = asset.replacement.after_years[0]
                checks.require(
                    asset.replacement.ordered_in(first) + self.construction_years >= 0,
                    f"assets.{index}.replacement.lead_time_years",
                    asset.replacement.lead_time_years,
                    f"at most {first + self.construction_years}, so that the order falls within the project",
                )

    def _has(self, asset: str) -> bool:
        return any(each.name == asset for each in self.assets)

    @property
    def rows(self) -> int:
        """How many years the cash flow has."""
        return self.construction_years + self.life_years

    @property
    def years(self) -> tuple[int, ...]:
        """The year of each row."""
        return tuple(range(self.first_year, self.first_year + self.rows))

    @property
    def cost_by_asset(self) -> dict[str, float]:
        """The capital cost of each asset, by its name."""
        return {asset.name: asset.capital_cost for asset in self.assets}

    def basis_reduction(self, asset: Asset) -> float:
        """The sum of all incentives' reductions of an asset's basis."""
        costs = self.cost_by_asset
        return math.fsum(incentive.basis_reduction(asset.name, costs) for incentive in self.incentives)

    @property
    def nominal_discount_rate(self) -> float:
        """The rate that discounts nominal amounts; for a real rate, (1 + real) (1 + inflation) - 1."""
        real = self.discount_rate_is_real
        return (1 + self.discount_rate) * (1 + self.inflation_rate) - 1 if real else self.discount_rate

    def escalation(self, rate: float | None, operating_year: int) -> float:
        """The growth factor of prices since the first year of operation (0), at `rate`, or at inflation if None."""
        return float((1 + (self.inflation_rate if rate is None else rate)) ** operating_year)

    def age_years(self, asset: str, operating_year: int) -> int:
        """The age in years of an asset at the start of an operating year; an empty name asks for the project's age."""
        replacement = next((each.replacement for each in self.assets if each.name == asset), None)
        renewed = replacement.after_years if replacement else ()
        return operating_year - max((after for after in renewed if after <= operating_year), default=0)
