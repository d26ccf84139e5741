"""Coincident demand over a horizon: by known or possible events, or by the hours in which they may come."""

from collections.abc import Sequence

import numpy as np

from ridethrough.tariffs.calendar.local_calendar import IndexArray, LocalCalendar, intervals_within
from ridethrough.tariffs.charges.coincident import CoincidentEvent, CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import DemandCharge
from ridethrough.tariffs.charges.rider import ridden
from ridethrough.tariffs.horizon.case import HorizonCase
from ridethrough.tariffs.horizon.steps import steps_in_kw
from ridethrough.tariffs.horizon.terms import DemandTerm


def coincident_terms(case: HorizonCase) -> tuple[DemandTerm, ...]:
    """Every coincident charge in every billing period: by its events, or by its hours if it has no events."""
    tariff, calendar = case.tariff, case.calendar
    scale = ridden(tariff.riders, "coincident")
    terms = []
    for charge in tariff.coincident:
        named = [event for event in case.events if event.charge == charge.name]
        units = DemandCharge(name=charge.name, seasons=(), unit=charge.unit).units_per_kw(case.power_factor)
        hours = calendar.hours_of(tariff.schedules.get(charge.schedule), charge.period)
        for index, period in enumerate(calendar.periods):
            tiers = next((season.tiers for season in charge.seasons if period.month in season.months), ())
            counts = index == 0 and not (charge.peaks and named)
            so_far = case.state.peaks_kw.get(charge.name, 0.0) if counts else 0.0
            within = np.flatnonzero(calendar.period == index)
            stretches = _stretches(charge, calendar, named, within, hours)
            terms += [
                DemandTerm(
                    charge=charge.name,
                    billing_period=period.label,
                    intervals=intervals,
                    steps=steps_in_kw(tiers, units, scale * weight),
                    peak_so_far_kw=so_far,
                    kind="coincident",
                    is_expected=True,
                )
                for intervals, weight in stretches
                if tiers and len(intervals)
            ]
    return tuple(terms)


def _stretches(
    charge: CoincidentPeakCharge,
    calendar: LocalCalendar,
    events: Sequence[CoincidentEvent],
    within: IndexArray,
    hours: IndexArray,
) -> list[tuple[IndexArray, float]]:
    """The sets of intervals that one billing period bills, with their weights."""
    if not events:
        return [(np.intersect1d(within, hours), charge.share_without_events)]
    found = [
        (np.intersect1d(within, intervals_within(calendar.horizon, event.interval)), event.probability)
        for event in events
    ]
    found = [(intervals, weight) for intervals, weight in found if len(intervals)]
    if charge.peaks:
        return [(intervals, weight / charge.peaks) for intervals, weight in found]
    certain = [intervals for intervals, weight in found if weight == 1]
    if charge.combine == "mean":
        share = 1 / max(1, len(certain))
        return [(intervals, weight * share) for intervals, weight in found]
    joined = [(np.unique(np.concatenate(certain)), 1.0)] if certain else []
    return joined + [(intervals, weight) for intervals, weight in found if weight < 1]
