"""Conversion of charges over equal parts of intervals to charges over the intervals themselves."""

from dataclasses import replace
from math import gcd

import numpy as np

from ridethrough.domain import Horizon
from ridethrough.tariffs.calendar.local_calendar import FloatArray, IndexArray
from ridethrough.tariffs.horizon.terms import DemandTerm, EnergyTierTerm, HorizonCharges, MinimumTerm, TieredPeriod
from ridethrough.tariffs.not_priced import NotPriced, UnableToPrice


def folded(charges: HorizonCharges, horizon: Horizon, parts: int) -> HorizonCharges:
    """Charges over `horizon`, each interval of which is `parts` intervals of `charges`.

    A price is the mean over the parts, and an interval counts for a peak if any of its parts does. Raises
    `UnableToPrice` if tiers change inside an interval, because a plan in such intervals cannot tell what is billed.
    """
    return replace(
        charges,
        horizon=horizon,
        energy_per_kwh=_means(charges.energy_per_kwh, parts),
        export_per_kwh=_means(charges.export_per_kwh, parts),
        demand=tuple(_demand(term, parts) for term in charges.demand),
        tiers=tuple(_tiers(term, horizon, parts) for term in charges.tiers),
        minimum=tuple(_minimum(term, horizon, parts) for term in charges.minimum),
    )


def _means(values: FloatArray, parts: int) -> FloatArray:
    return np.asarray(values.reshape(-1, parts).mean(axis=1))


def _demand(term: DemandTerm, parts: int) -> DemandTerm:
    windows = [_window(window // parts) for window in term.windows]
    if term.apart is None and all(len(window) == 1 for window in windows):
        windows = []
    return replace(term, intervals=np.unique(term.intervals // parts), windows=tuple(windows))


def _window(intervals: IndexArray) -> IndexArray:
    """The intervals of a window, each repeated according to its share of the window."""
    each, counts = np.unique(intervals, return_counts=True)
    return np.repeat(each, counts // gcd(*counts.tolist()))


def _whole(intervals: IndexArray, horizon: Horizon, parts: int, what: str) -> IndexArray:
    """The intervals that are covered by their parts; refuses those that are covered in part."""
    each, counts = np.unique(intervals // parts, return_counts=True)
    if (counts != parts).any():
        minutes = horizon.interval_minutes
        reason = f"{what} changes inside an interval of {minutes} minutes: plan in {minutes // parts} minutes"
        raise UnableToPrice([NotPriced(field="interval_minutes", reason=reason)])
    return each


def _tiers(term: EnergyTierTerm, horizon: Horizon, parts: int) -> EnergyTierTerm:
    intervals = _whole(term.intervals, horizon, parts, "the billing period, or a period that counts its own tiers,")
    if term.separable:
        first = [period.intervals[period.intervals % parts == 0] // parts for period in term.periods]
        periods = [replace(period, intervals=found) for period, found in zip(term.periods, first, strict=True)]
        return replace(term, intervals=intervals, periods=tuple(periods), base_per_kwh=_means(term.base_per_kwh, parts))
    return replace(term, intervals=intervals, periods=tuple(_period(period, horizon, parts) for period in term.periods))


def _period(period: TieredPeriod, horizon: Horizon, parts: int) -> TieredPeriod:
    return replace(
        period, intervals=_whole(period.intervals, horizon, parts, f"the period of the tiers of {period.name}")
    )


def _minimum(term: MinimumTerm, horizon: Horizon, parts: int) -> MinimumTerm:
    return replace(
        term, intervals=_whole(term.intervals, horizon, parts, "the billing period, which has a minimum charge,")
    )
