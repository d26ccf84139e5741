"""Demand through tiers, as lines of a bill."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from ridethrough.tariffs.billing.bill import LineItem
from ridethrough.tariffs.billing.metered import exact
from ridethrough.tariffs.charges.demand import KW_PER_HP, DemandTier, DemandUnit


@dataclass(frozen=True, slots=True, kw_only=True)
class TierWriter:
    """Writes demand through tiers as lines."""

    name: str
    unit: str
    cent: Decimal

    def lines(
        self,
        charge: str,
        tiers: Sequence[tuple[Decimal, Decimal]],
        demands: Sequence[Decimal],
        weights: Sequence[Decimal] = (),
    ) -> list[LineItem]:
        """One line for each tier, given as (limit, rate), that a demand reaches; each demand has a weight."""
        lines = []
        low = Decimal()
        weights = weights or [Decimal(1)] * len(demands)
        for number, (limit, rate) in enumerate(tiers):
            inside = sum(
                (
                    max(Decimal(), min(demand, limit) - low) * weight
                    for demand, weight in zip(demands, weights, strict=True)
                ),
                Decimal(),
            )
            low = max(low, limit)
            if inside and rate:
                name = f"{self.name}, tier {number + 1}" if len(tiers) > 1 else self.name
                lines.append(
                    LineItem(charge=charge, name=name, quantity=inside, unit=self.unit, rate=rate, cent=self.cent)
                )
        return lines


def units_per_kw(unit: DemandUnit, power_factor: float) -> Decimal:
    """The number of demand units in one kW, as a decimal."""
    return {"kW": Decimal(1), "kVA": 1 / exact(power_factor), "hp": 1 / exact(KW_PER_HP)}[unit]


def tier_limit(tier: DemandTier) -> Decimal:
    """The upper limit of a tier in the charge's unit."""
    return Decimal("Infinity") if tier.up_to_kw is None else exact(tier.up_to_kw)
