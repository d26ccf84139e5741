"""Energy tiers as the model can state them: blocks whose widths are affine in one billed demand.

A tier ends at `min(kwh + kwh_per_kw * D, cap * D)`. The branch of the minimum, and the empty tiers, are those at the
demand of the baseline. D is kept in the range in which they stay the same; the baseline is always in this range. Tiers
shared over periods with different premiums are not blocks, see `optimizer.pricing.tier_slopes`.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.pricing.price import Metered, tier_demand_index, tier_demand_kw
from ridethrough.tariffs.horizon.charges import EnergyTierTerm, HorizonCharges, TierStep

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Affine:
    """`constant + per_kw * D`, with D the billed demand in kW."""

    constant: float
    per_kw: float = 0.0

    def at(self, demand_kw: float) -> float:
        """The value at a demand."""
        return self.constant + (self.per_kw * demand_kw if self.per_kw else 0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TierBlock:
    """Tiered energy of one billing period: block `k` is `widths[k]` kWh wide (the last without end) at `prices[k]`.

    `demand` is the term of the charges' demand that scales the widths, kept within `demand_range_kw`.
    """

    intervals: NDArray[np.intp]
    energy_so_far_kwh: float
    prices: tuple[float, ...]
    widths: tuple[Affine, ...]
    demand: int | None
    demand_range_kw: tuple[float, float]

    @property
    def cheaper(self) -> tuple[int, ...]:
        """The blocks that are cheaper than a block below them; they may fill only after everything below is full."""
        return tuple(k for k in range(1, len(self.prices)) if self.prices[k] < max(self.prices[:k]))

    @property
    def rewards_demand(self) -> bool:
        """Whether a higher billed demand could lower the cost: a cheap block below an expensive one grows with it."""
        rising = any(above > below for below, above in pairwise(self.prices))
        return self.demand is not None and rising


def tier_blocks(charges: HorizonCharges, resting: Metered) -> tuple[TierBlock, ...]:
    """State every separable tier term as a block, valid around the baseline's meter."""
    return tuple(_block(term, charges, resting) for term in charges.tiers if term.separable)


def _block(term: EnergyTierTerm, charges: HorizonCharges, resting: Metered) -> TierBlock:
    demand_kw = tier_demand_kw(term, resting)
    ends, valid = _ends(term.premium_steps, demand_kw)
    starts = [Affine(constant=0.0), *ends[:-1]]
    widths = [
        Affine(constant=end.constant - start.constant, per_kw=end.per_kw - start.per_kw)
        for start, end in zip(starts, ends, strict=True)
    ]
    return TierBlock(
        intervals=term.intervals,
        energy_so_far_kwh=term.energy_so_far_kwh,
        prices=tuple(step.price_per_kwh for step in term.premium_steps),
        widths=tuple(widths),
        demand=tier_demand_index(term, charges),
        demand_range_kw=valid,
    )


def _ends(steps: tuple[TierStep, ...], demand_kw: float) -> tuple[list[Affine], tuple[float, float]]:
    """The end of each tier, and the range of demand around `demand_kw` for which it is valid."""
    valid = (0.0, math.inf)
    ends: list[Affine] = []
    for step in steps:
        end, valid = _lower(
            _uncapped_end(step),
            Affine(constant=0.0, per_kw=step.cap_kwh_per_kw) if math.isfinite(step.cap_kwh_per_kw) else None,
            demand_kw,
            valid,
        )
        if ends:
            end, valid = _higher(ends[-1], end, demand_kw, valid)
        ends.append(end)
    return ends, valid


def _uncapped_end(step: TierStep) -> Affine:
    if math.isinf(step.kwh) or math.isinf(step.kwh_per_kw):
        return Affine(constant=math.inf)
    return Affine(constant=step.kwh, per_kw=step.kwh_per_kw)


def _lower(
    first: Affine, second: Affine | None, demand_kw: float, valid: tuple[float, float]
) -> tuple[Affine, tuple[float, float]]:
    """The lower of two at `demand_kw`, and the range in which it stays lower."""
    if second is None:
        return first, valid
    low, high = (first, second) if first.at(demand_kw) <= second.at(demand_kw) else (second, first)
    return low, _where_not_below(high, low, valid)


def _higher(
    first: Affine, second: Affine, demand_kw: float, valid: tuple[float, float]
) -> tuple[Affine, tuple[float, float]]:
    """The higher of two at `demand_kw`, and the range in which it stays higher."""
    low, high = (first, second) if first.at(demand_kw) <= second.at(demand_kw) else (second, first)
    return high, _where_not_below(high, low, valid)


def _where_not_below(high: Affine, low: Affine, valid: tuple[float, float]) -> tuple[float, float]:
    """Reduce the range to the part in which `high >= low`."""
    slope = high.per_kw - low.per_kw
    if slope == 0 or math.isinf(high.constant):
        return valid
    crossing = (low.constant - high.constant) / slope
    return (max(valid[0], crossing), valid[1]) if slope > 0 else (valid[0], min(valid[1], crossing))
