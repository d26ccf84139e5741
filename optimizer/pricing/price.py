"""The cost of a meter series under the charges of a horizon, in floats.

It is written separately from `tariffs.billing.exact_bill`, which rounds to the cent on a bill; a test compares the two.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.tariffs.charges.kind import PEAK_KINDS
from ridethrough.tariffs.horizon.charges import (
    DemandStep,
    DemandTerm,
    EnergyTierTerm,
    HorizonCharges,
    MinimumTerm,
    PeaksApart,
    TierStep,
)

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChargesCost:
    """What each kind of charge comes to over a horizon, in the site's currency; what exports earn is below zero."""

    by_kind: Mapping[str, float]

    @property
    def total(self) -> float:
        """The sum, without fixed charges."""
        return math.fsum(self.by_kind.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Metered:
    """The meter over the first `intervals` intervals of a horizon (kW, export negative), and billed demand per term."""

    charges: HorizonCharges
    grid_kw: FloatArray
    intervals: int
    billed_kw: tuple[float, ...]

    @property
    def imported_kwh(self) -> FloatArray:
        """Energy imported in each interval; 0 after the last interval that counts."""
        return np.where(self._counted, np.maximum(self.grid_kw, 0.0), 0.0) * self.charges.horizon.interval_h

    @property
    def exported_kwh(self) -> FloatArray:
        """Energy exported in each interval; 0 after the last interval that counts."""
        return np.where(self._counted, np.maximum(-self.grid_kw, 0.0), 0.0) * self.charges.horizon.interval_h

    @property
    def _counted(self) -> NDArray[np.bool_]:
        return np.arange(len(self.grid_kw)) < self.intervals


def meter_of(charges: HorizonCharges, grid_kw: FloatArray, intervals: int) -> Metered:
    """Meter the first `intervals` intervals of a series of import at the meter (kW, negative where it exports)."""
    return Metered(
        charges=charges, grid_kw=grid_kw, intervals=intervals, billed_kw=billed_demand_kw(charges, grid_kw, intervals)
    )


def billed_demand_kw(charges: HorizonCharges, grid_kw: FloatArray, intervals: int) -> tuple[float, ...]:
    """The demand each term of `charges.demand` bills after the first `intervals` intervals, in kW."""
    peaks = [metered_peak_kw(term, grid_kw, intervals) for term in charges.demand]
    return tuple(
        max(
            term.own_fraction * peak
            + term.added_kw
            + sum(link.fraction * peaks[link.index] for link in term.links if link.adds),
            term.floor_kw,
            *(link.fraction * peaks[link.index] for link in term.links if not link.adds),
        )
        if term.links or term.added_kw
        else max(term.own_fraction * peak, term.floor_kw)
        for term, peak in zip(charges.demand, peaks, strict=True)
    )


def metered_peak_kw(term: DemandTerm, grid_kw: FloatArray, intervals: int) -> float:
    """The highest metered demand of a term: of its intervals, or of the means over its windows."""
    if term.apart is not None:
        return _mean_peak_kw(term, term.apart, grid_kw, intervals)
    if term.windows:
        counted = [window[window < intervals] for window in term.windows]
        means = [float(grid_kw[window].mean()) for window in counted if len(window)]
        return max([term.peak_so_far_kw, *means])
    metered = term.intervals[term.intervals < intervals]
    return max(term.peak_so_far_kw, float(grid_kw[metered].max())) if len(metered) else term.peak_so_far_kw


def _mean_peak_kw(term: DemandTerm, apart: PeaksApart, grid_kw: FloatArray, intervals: int) -> float:
    """The mean of the highest peaks on distinct days."""
    days, means = [], []
    for day, window in zip(apart.day.tolist(), term.windows, strict=True):
        counted = window[window < intervals]
        if len(counted):
            days.append(day)
            means.append(max(0.0, float(grid_kw[counted].mean())))
    return apart.mean_kw(np.array(means), np.array(days, dtype=np.intp))


def price(charges: HorizonCharges, grid_kw: FloatArray, intervals: int | None = None) -> ChargesCost:
    """Price the first `intervals` intervals (all without a number) of a meter series."""
    meter = meter_of(charges, grid_kw, len(grid_kw) if intervals is None else intervals)
    tiers = [(term.billing_period, tier_cost(term, meter)) for term in charges.tiers]
    peaks = [
        _PeakCost(kind=term.kind, billing_period=term.billing_period, cost=stepped_cost(term.steps, billed))
        for term, billed in zip(charges.demand, meter.billed_kw, strict=True)
    ]
    earned = _export_per_kwh(charges) * meter.exported_kwh
    paid = charges.energy_per_kwh * meter.imported_kwh
    parts = _Parts(paid=paid, earned=earned, tiers=tiers, peaks=peaks)
    by_kind = {
        "energy": float(paid.sum()) + sum(cost for _, cost in tiers),
        **_by_kind(peaks),
        "minimum": sum((_shortfall(term, parts) for term in charges.minimum), start=0.0),
        "export": -float(earned.sum()),
    }
    return ChargesCost(by_kind=by_kind)


def _export_per_kwh(charges: HorizonCharges) -> FloatArray:
    return charges.export_per_kwh if len(charges.export_per_kwh) else np.zeros(charges.horizon.intervals)


@dataclass(frozen=True, slots=True, kw_only=True)
class _PeakCost:
    """The cost of one charge on a peak in one billing period."""

    kind: str
    billing_period: str
    cost: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """Costs by interval or by billing period, from which minimum charges are settled."""

    paid: FloatArray
    earned: FloatArray
    tiers: list[tuple[str, float]]
    peaks: list[_PeakCost]


def _shortfall(term: MinimumTerm, parts: _Parts) -> float:
    """The amount that a minimum charge adds to its billing period."""
    label = term.billing_period
    by_kind = {
        "energy": float(parts.paid[term.intervals].sum())
        + sum(cost for period, cost in parts.tiers if period == label),
        "export": -float(parts.earned[term.intervals].sum()),
        **_by_kind(peak for peak in parts.peaks if peak.billing_period == label),
    }
    charged = term.fixed_amount + sum(term.before_tax[kind] * cost for kind, cost in by_kind.items())
    return term.multiplier * max(0.0, term.amount - charged)


def _by_kind(peaks: Iterable[_PeakCost]) -> dict[str, float]:
    costs = dict.fromkeys(PEAK_KINDS, 0.0)
    for peak in peaks:
        costs[peak.kind] += peak.cost
    return costs


def stepped_cost(steps: Sequence[DemandStep], demand_kw: float) -> float:
    """The price of `demand_kw` filled into steps from below."""
    cost, below_kw = 0.0, 0.0
    for step in steps:
        cost += max(0.0, min(demand_kw, step.up_to_kw) - below_kw) * step.rate_per_kw
        below_kw = step.up_to_kw
    return cost


def tier_cost(term: EnergyTierTerm, meter: Metered) -> float:
    """The cost of tiered energy in one billing period; for tiers that are not separable, of the horizon's part."""
    imported = meter.imported_kwh
    used_kwh = float(imported[term.intervals].sum())
    total_kwh = term.energy_so_far_kwh + used_kwh
    demand_kw = tier_demand_kw(term, meter)
    if term.separable:
        return tiered_cost(term.premium_steps, total_kwh, demand_kw) + float(
            term.base_per_kwh @ imported[term.intervals]
        )
    if used_kwh <= 0:
        return 0.0
    cost = 0.0
    for period in term.periods:
        before = tiered_cost(period.steps, term.energy_so_far_kwh, demand_kw)
        mean_price = (tiered_cost(period.steps, total_kwh, demand_kw) - before) / used_kwh
        cost += float(imported[period.intervals].sum()) * mean_price
    return cost


def tier_demand_kw(term: EnergyTierTerm, meter: Metered) -> float:
    """The billed demand (kW) that scales the tier limits of a term; 0 if none does."""
    index = tier_demand_index(term, meter.charges)
    return 0.0 if index is None else meter.billed_kw[index]


def tier_demand_index(term: EnergyTierTerm, charges: HorizonCharges) -> int | None:
    """The index of the term in `charges.demand` that scales the tier limits of an energy term."""
    if not term.demand:
        return None
    return next(
        index
        for index, demand in enumerate(charges.demand)
        if demand.charge == term.demand and demand.billing_period == term.billing_period
    )


def tiered_cost(steps: Sequence[TierStep], energy_kwh: float, demand_kw: float) -> float:
    """The price of `energy_kwh` filled into tiers from below; a tier that ends before the previous one is empty."""
    cost, below_kwh = 0.0, 0.0
    for step in steps:
        end_kwh = max(below_kwh, tier_end_kwh(step, demand_kw))
        cost += max(0.0, min(energy_kwh, end_kwh) - below_kwh) * step.price_per_kwh
        below_kwh = end_kwh
    return cost


def tier_end_kwh(step: TierStep, demand_kw: float) -> float:
    """Where a tier ends at a billed demand (kW), in kWh of the billing period; the last has no end at any demand."""
    if np.isinf(step.kwh) or np.isinf(step.kwh_per_kw):
        return math.inf
    per_kw = step.kwh_per_kw * demand_kw if step.kwh_per_kw else 0.0
    if np.isinf(step.cap_kwh_per_kw):
        return step.kwh + per_kw
    return min(step.kwh + per_kw, step.cap_kwh_per_kw * demand_kw)
