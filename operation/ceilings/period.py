"""The rest of a billing period for the search: an energy price for each hour, and the billed peaks."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.operation.planner import Known
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, EnergyTierTerm, HorizonCharges

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]

_MINUTES_PER_HOUR = 60
_MINUTES_PER_DAY = 1440
_USUAL_DAYS = 7
_DAYS_A_WEEK = 7
_NEVER_BINDS_PER_KW = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PeakCharge:
    """One charge on peaks: the hours it meters, and the cost of a peak of the billing period.

    Of `daily` charges every day has a peak of its own.
    """

    name: str
    metered: BoolArray
    daily: bool
    steps: tuple[DemandStep, ...]
    floor_kw: float
    own_fraction: float

    def cost(self, peak_kw: FloatArray) -> FloatArray:
        """The cost of peaks, each by the steps of the charge."""
        billed_kw = np.maximum(self.own_fraction * peak_kw, self.floor_kw)
        total, below_kw = np.zeros_like(billed_kw), 0.0
        for step in self.steps:
            total += step.rate_per_kw * (np.minimum(billed_kw, step.up_to_kw) - below_kw).clip(min=0.0)
            below_kw = step.up_to_kw
        return np.asarray(total)

    @property
    def rate_per_kw(self) -> float:
        """The cost of one more kW at the highest step."""
        return self.steps[-1].rate_per_kw * self.own_fraction


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RestOfPeriod:
    """Hours from `start` to the end of the billing period; `day_begins` marks local midnights."""

    start: datetime
    price_per_kwh: FloatArray
    day_begins: BoolArray
    charges: tuple[PeakCharge, ...]

    @property
    def hours(self) -> int:
        """The number of hours left."""
        return len(self.price_per_kwh)

    def after(self, start: datetime) -> "RestOfPeriod":
        """The part from a later hour on."""
        gone = (start - self.start) // timedelta(hours=1)
        return replace(
            self,
            start=self.start + timedelta(hours=gone),
            price_per_kwh=self.price_per_kwh[gone:],
            day_begins=self.day_begins[gone:],
            charges=tuple(replace(charge, metered=charge.metered[gone:]) for charge in self.charges),
        )


def rest_of_period(known: Known, start: datetime, usual_kw: float) -> RestOfPeriod:
    """Lay the tariff over the hours from `start` (a whole local hour at or before the block) to the period's end."""
    hours = max(1, -((start - known.period_end) // timedelta(hours=1)))
    horizon = Horizon(start=start, interval_minutes=_MINUTES_PER_HOUR, intervals=hours, timezone=known.block.timezone)
    charges = known.charges(horizon, prices_ahead(known, horizon))
    price = charges.energy_per_kwh.copy()
    for tier in charges.tiers:
        _add_tier_prices(price, tier, usual_kw)
    local_hours = np.array([each.hour for each in horizon.starts()])
    return RestOfPeriod(
        start=start,
        price_per_kwh=price,
        day_begins=local_hours == 0,
        charges=peak_charges(charges, hours, frozenset(each.name for each in known.tariff.demand if each.weekly)),
    )


def prices_ahead(known: Known, horizon: Horizon) -> FloatArray | None:
    """Market prices as far as they are published, then the mean of the last days; None where energy follows no market.

    That mean is of the same time of day over the latest week that is published, or as much of it as there is.
    """
    published, past = known.price_per_kwh, known.past
    if published is None or past is None:
        return None
    step = known.block.interval_minutes
    each, day = horizon.interval_minutes // step, _MINUTES_PER_DAY // step
    days = max(1, min(_USUAL_DAYS, len(published) // day))
    usual = published[-days * day :].reshape(days, day).mean(axis=0)
    index = (horizon.start - past.start) // past.step + np.arange(horizon.intervals * each)
    late = index >= len(published)
    prices = np.where(late, usual[(index - len(published)) % day], published[np.minimum(index, len(published) - 1)])
    return np.asarray(prices.reshape(-1, each).mean(axis=1))


def peak_charges(charges: HorizonCharges, hours: int, weekly: frozenset[str]) -> tuple[PeakCharge, ...]:
    """One entry a charge: that of the billing period (the first on the horizon), its days put together.

    A ceiling holds every day alike. A peak that is the mean of several days is therefore priced like the highest of
    them, and each day of a `weekly` charge bears a seventh of it.
    """
    found: dict[tuple[str, int], PeakCharge] = {}
    for index, term in enumerate(charges.demand):
        if term.steps[-1].rate_per_kw < _NEVER_BINDS_PER_KW or not len(term.intervals):
            continue
        metered = np.zeros(hours, dtype=bool)
        metered[term.intervals] = True
        key = (term.charge, index if term.is_expected else -1)
        if key in found:
            metered |= found[key].metered
        found[key] = _peak_charge(term, metered, 1 / _DAYS_A_WEEK if term.charge in weekly else 1.0)
    return tuple(found.values())


def _peak_charge(term: DemandTerm, metered: BoolArray, share: float) -> PeakCharge:
    """A term as a charge; what it bills anyway is its floor, and the peak so far unless each day has its own."""
    so_far_kw = 0.0 if term.day else term.own_fraction * term.peak_so_far_kw
    return PeakCharge(
        name=term.charge,
        metered=metered,
        daily=bool(term.day),
        steps=tuple(replace(step, rate_per_kw=share * step.rate_per_kw) for step in term.steps),
        floor_kw=max(term.floor_kw, so_far_kw),
        own_fraction=term.own_fraction,
    )


def _add_tier_prices(price: FloatArray, term: EnergyTierTerm, usual_kw: float) -> None:
    """Price the energy of tiers by the one that the billing period is likely to end in."""
    expected_kwh = term.energy_so_far_kwh + usual_kw * len(term.intervals)
    for period in term.periods:
        tier = next(
            (step for step in period.steps if expected_kwh <= step.kwh + step.kwh_per_kw * usual_kw), period.steps[-1]
        )
        price[period.intervals] += tier.price_per_kwh
