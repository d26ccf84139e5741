"""Energy tiers by their slope: the cost of one more kWh, or one more billed kW, at a given meter.

Tiers shared over periods with different premiums are a product of shares, which is not linear; the model follows them
by their slope. The price in a plan is also the slope.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.pricing.price import Metered, tier_cost, tier_demand_index
from ridethrough.tariffs.horizon.charges import EnergyTierTerm

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slopes:
    """The slopes of tiers at a given meter: per kWh in each interval, and per kW of each demand term."""

    per_kwh: FloatArray
    per_kw: FloatArray


def shared_tier_slopes(meter: Metered) -> Slopes:
    """The slopes of the tier terms that are not separable."""
    return _slopes([term for term in meter.charges.tiers if not term.separable], meter)


def price_per_kwh(meter: Metered) -> FloatArray:
    """The price of one more kWh in each interval, tiers included."""
    return meter.charges.energy_per_kwh + _slopes(meter.charges.tiers, meter).per_kwh


def _slopes(terms: Iterable[EnergyTierTerm], meter: Metered) -> Slopes:
    """The slopes of tier terms at a meter series, as differences of 1 kWh and of 1 kW."""
    charges = meter.charges
    per_kwh = np.zeros(charges.horizon.intervals)
    per_kw = np.zeros(len(charges.demand))
    for term in terms:
        cost = tier_cost(term, meter)
        covered = np.zeros(charges.horizon.intervals, bool)
        for period in term.periods:
            per_kwh[period.intervals] += _slope_per_kwh(term, meter, int(period.intervals[0]), cost)
            covered[period.intervals] = True
        others = term.intervals[~covered[term.intervals]]
        if len(others):
            per_kwh[others] += _slope_per_kwh(term, meter, int(others[0]), cost)
        index = tier_demand_index(term, charges)
        if index is not None:
            rise = tier_cost(term, _with_more_demand(meter, index)) - cost
            per_kw[index] += max(0.0, rise)  # a gain from a higher peak is not pursued
    return Slopes(per_kwh=per_kwh, per_kw=per_kw)


def _slope_per_kwh(term: EnergyTierTerm, meter: Metered, interval: int, cost: float) -> float:
    more = meter.grid_kw.copy()
    more[interval] += 1 / meter.charges.horizon.interval_h
    shifted = Metered(charges=meter.charges, grid_kw=more, intervals=meter.intervals, billed_kw=meter.billed_kw)
    return tier_cost(term, shifted) - cost


def _with_more_demand(meter: Metered, index: int) -> Metered:
    billed = tuple(kw + (1.0 if each == index else 0.0) for each, kw in enumerate(meter.billed_kw))
    return Metered(charges=meter.charges, grid_kw=meter.grid_kw, intervals=meter.intervals, billed_kw=billed)
