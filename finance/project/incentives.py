"""Money that others pay towards the capital cost: tax credits, grants and rebates."""

import math
from dataclasses import dataclass

from ridethrough.domain.validation import Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Incentive:
    """A payment that is either a fraction of the capital cost (`capital_fraction`) or a fixed `amount`.

    It covers the assets named in `on_assets`, or all assets if none is named. It is paid `paid_after_years` rows after
    the capital. `basis_reduction_fraction` of the payment reduces the basis that the covered assets write off, shared
    by their cost: 0.5 for the United States investment credit (26 U.S.C. 50(c)(3)), 1 for a grant that is not taxed.
    `taxable` adds the payment to income. Model an incentive that is paid every year as a line of savings.
    """

    name: str
    capital_fraction: float = 0.0
    amount: float = 0.0
    on_assets: tuple[str, ...] = ()
    paid_after_years: int = 0
    basis_reduction_fraction: float = 0.0
    taxable: bool = False

    def __post_init__(self) -> None:
        checks = Checks()
        checks.fraction("capital_fraction", self.capital_fraction)
        checks.not_negative("amount", self.amount)
        both = self.capital_fraction > 0 and self.amount > 0
        checks.require(not both, "amount", self.amount, "left out where capital_fraction is given")
        checks.require(self.paid_after_years >= 0, "paid_after_years", self.paid_after_years, "a number of at least 0")
        checks.fraction("basis_reduction_fraction", self.basis_reduction_fraction)
        checks.raise_faults()

    def covers(self, asset: str) -> bool:
        """Whether it covers the asset of that name."""
        return not self.on_assets or asset in self.on_assets

    def paid(self, cost_by_asset: dict[str, float]) -> float:
        """The payment, in the site's currency, for assets of these costs.

        >>> Incentive(name="ITC", capital_fraction=0.3, on_assets=("battery",)).paid({"battery": 100.0, "civil": 50.0})
        30.0
        """
        return self.amount + self.capital_fraction * self._covered_cost(cost_by_asset)

    def basis_reduction(self, asset: str, cost_by_asset: dict[str, float]) -> float:
        """The basis reduction of one asset: its share, by cost, of the reduction of all covered assets."""
        covered = self._covered_cost(cost_by_asset)
        if not self.covers(asset) or covered == 0:
            return 0.0
        return self.basis_reduction_fraction * self.paid(cost_by_asset) * cost_by_asset[asset] / covered

    def _covered_cost(self, cost_by_asset: dict[str, float]) -> float:
        return math.fsum(cost for name, cost in cost_by_asset.items() if self.covers(name))
