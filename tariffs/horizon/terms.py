"""A tariff laid over a horizon: the price of each interval, and the billed peaks.

The optimizer reads these terms. They resolve the calendar (billing periods, local clock, day types) and leave the
arithmetic to their user, so that the bill and the plan price the same tariff in two separate ways. Every price here
includes riders and taxes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon

FloatArray = NDArray[np.float64]
IndexArray = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandStep:
    """A range of billed demand at one rate: from the step below up to `up_to_kw` (infinite for the last step)."""

    up_to_kw: float
    rate_per_kw: float


@dataclass(frozen=True, slots=True, kw_only=True)
class RatchetLink:
    """Billed demand of this term is at least `fraction` of the metered peak of the term at `index` in `demand`.

    One that `adds` is a part of a mean instead: it is billed on top of the term's own part.
    """

    index: int
    fraction: float
    adds: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PeaksApart:
    """A peak that is the mean of the `number` highest on distinct days (or weeks); missing days count as 0.

    `day` numbers the day of each of the term's windows; `so_far_kw` has the peak so far of each day, by that number.
    """

    number: int
    day: IndexArray
    so_far_kw: FloatArray

    def mean_kw(self, windows_kw: FloatArray, day: IndexArray) -> float:
        """The mean for demands of some windows, on days with these numbers."""
        peaks_kw = self.so_far_kw.copy()
        np.maximum.at(peaks_kw, day, windows_kw)
        return float(np.sort(peaks_kw)[-self.number :].sum()) / self.number


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandTerm:
    """A charge on a peak in one billing period (or one day of it, where it is billed daily), priced by `steps`.

    `kind` is the name of its `ChargeKind`, `charge` the name that `SiteState.peaks_kw` uses. Where `is_expected`,
    it is not sure that these intervals are billed: the rates are the tariff's times the probability. Metered peak:
    the highest of `peak_so_far_kw` and the metered kW among `intervals`, or, where `windows` is not empty, of the
    means over each of those runs of intervals (which then are all of `intervals`; one that lies in a window twice
    as long as another stands in it twice). With `apart` it is a mean of several of these, and windows are never
    empty. Billed demand: the highest of `own_fraction` times the metered peak, plus `added_kw` and what links add,
    of `floor_kw` (a ratchet on past peaks, a minimum or a contract) and of `fraction` times the metered peak of
    each other linked term. Everything is in kW, whatever unit the tariff bills.
    """

    charge: str
    billing_period: str
    intervals: IndexArray
    steps: tuple[DemandStep, ...]
    floor_kw: float = 0.0
    peak_so_far_kw: float = 0.0
    own_fraction: float = 1.0
    windows: tuple[IndexArray, ...] = ()
    links: tuple[RatchetLink, ...] = ()
    apart: PeaksApart | None = None
    added_kw: float = 0.0
    day: str = ""
    kind: str = "demand"
    is_expected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TierStep:
    """A tier of energy: it ends at `min(kwh + kwh_per_kw * D, cap_kwh_per_kw * D)` kWh of the billing period.

    D is the billed demand of the term's `demand`. A tier is empty if its limit is below the previous one.
    """

    price_per_kwh: float
    kwh: float
    kwh_per_kw: float = 0.0
    cap_kwh_per_kw: float = float("inf")


@dataclass(frozen=True, slots=True, kw_only=True)
class TieredPeriod:
    """The intervals of one period of the energy schedule in one billing period, and the tiers that price them."""

    name: str
    intervals: IndexArray
    steps: tuple[TierStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EnergyTierTerm:
    """Tiered energy of one billing period, or of one period of the energy schedule in it.

    The tiers count all energy of `intervals`, which lies between `energy_so_far_kwh` (S) and S + k, where k is the kWh
    of `intervals`. Each of `periods` pays for its own kWh the mean price of this range over its own tiers: the kWh of a
    period are split over the tiers like the total (ssc's share of use). Intervals in no period have one price, which is
    in `energy_per_kwh`.

    With `separable`, the periods cover all intervals and differ by a constant only, and the cost is exactly
    `premium_steps` priced from S to S + k, plus `base_per_kwh` (one value for each of `intervals`) times kWh. Otherwise
    it is a product of shares.
    """

    billing_period: str
    intervals: IndexArray
    periods: tuple[TieredPeriod, ...]
    energy_so_far_kwh: float = 0.0
    demand: str = ""
    separable: bool = False
    base_per_kwh: FloatArray = field(default_factory=lambda: np.empty(0))
    premium_steps: tuple[TierStep, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumTerm:
    """A billing period costs at least `amount` before taxes.

    Shortfall s >= `amount` - `fixed_amount` - sum over kinds of `before_tax[kind]` times its cost, s >= 0, costs
    `multiplier` each. Kinds are those of
    `COUNTED_BY_MINIMUMS`; what exports earn counts below zero.
    """

    billing_period: str
    amount: float
    fixed_amount: float
    intervals: IndexArray
    before_tax: Mapping[str, float]
    multiplier: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class HorizonCharges:
    """All charges of a plan over `horizon`.

    `energy_per_kwh` (one value for each interval) prices imported energy that is in no tier. Exported energy earns
    `export_per_kwh`. `demand` holds every charge on a peak; the terms of one charge are consecutive. `fixed` is the sum
    of fixed charges in the horizon with taxes, a constant. `warnings` name charges that were left out, and
    approximations.
    """

    horizon: Horizon
    energy_per_kwh: FloatArray
    demand: tuple[DemandTerm, ...] = field(default=())
    export_per_kwh: FloatArray = field(default_factory=lambda: np.empty(0))
    tiers: tuple[EnergyTierTerm, ...] = ()
    minimum: tuple[MinimumTerm, ...] = ()
    fixed: float = 0.0
    warnings: tuple[str, ...] = ()

    @property
    def held(self) -> tuple[DemandTerm, ...]:
        """The charges on the site's own peak, for which a plan keeps the meter below a level."""
        return tuple(term for term in self.demand if not term.is_expected)
