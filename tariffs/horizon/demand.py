"""Demand charges over a horizon: which intervals set which billed peak, and what is billed anyway."""

import math
from datetime import timedelta

import numpy as np

from ridethrough.tariffs.calendar.billing_cycle import BillingPeriod
from ridethrough.tariffs.calendar.local_calendar import IndexArray, LocalCalendar
from ridethrough.tariffs.calendar.past_periods import past_periods
from ridethrough.tariffs.charges.demand import DemandCharge, DemandTier
from ridethrough.tariffs.charges.ratchet import DemandRatchet
from ridethrough.tariffs.charges.rider import ridden
from ridethrough.tariffs.horizon.case import HorizonCase
from ridethrough.tariffs.horizon.steps import steps_in_kw
from ridethrough.tariffs.horizon.terms import DemandStep, DemandTerm, RatchetLink


def demand_terms(case: HorizonCase) -> tuple[DemandTerm, ...]:
    """Every demand charge in every billing period (or day) of the horizon, in that order."""
    tariff, calendar, state = case.tariff, case.calendar, case.state
    terms: list[DemandTerm] = []
    scales_tiers = tariff.energy.demand if tariff.energy is not None else ""
    for charge in tariff.demand:
        first = len(terms)
        hours = calendar.hours_of(tariff.schedules.get(charge.schedule), charge.period)
        window = calendar.windows(charge.window_minutes) if _is_windowed(charge, calendar) else None
        remembered = charge.ratchet is not None or charge.name == scales_tiers
        for index, period in enumerate(calendar.periods):
            within = hours[calendar.period[hours] == index]
            steps = _steps(case, charge, period)
            floor = _floor_kw(case, charge, period)
            so_far = state.peaks_kw.get(charge.name, 0.0) if index == 0 else 0.0
            if not remembered and not (steps and (len(within) or floor or so_far)):
                continue
            for day, intervals in _days(charge, calendar, within):
                terms.append(
                    DemandTerm(
                        charge=charge.name,
                        billing_period=period.label,
                        intervals=intervals,
                        steps=steps or (DemandStep(up_to_kw=math.inf, rate_per_kw=0.0),),
                        floor_kw=floor,
                        peak_so_far_kw=so_far if day in ("", calendar.first_day.isoformat()) else 0.0,
                        own_fraction=charge.ratchet.own_fractions[period.month - 1] if charge.ratchet else 1.0,
                        windows=() if window is None else _groups(intervals, window),
                        links=_links(charge.ratchet, calendar, index, first),
                        day=day,
                    )
                )
    return tuple(terms)


def _is_windowed(charge: DemandCharge, calendar: LocalCalendar) -> bool:
    return charge.window_minutes > calendar.horizon.interval_minutes


def _days(charge: DemandCharge, calendar: LocalCalendar, intervals: IndexArray) -> list[tuple[str, IndexArray]]:
    """The intervals of each billed stretch: the whole billing period, or its days with intervals in the hours."""
    if not charge.daily:
        return [("", intervals)]
    days = calendar.day[intervals]
    return [
        ((calendar.first_day + timedelta(days=int(day))).isoformat(), intervals[days == day]) for day in np.unique(days)
    ]


def _groups(intervals: IndexArray, window: IndexArray) -> tuple[IndexArray, ...]:
    if not len(intervals):
        return ()
    return tuple(np.split(intervals, np.flatnonzero(np.diff(window[intervals])) + 1))


def _steps(case: HorizonCase, charge: DemandCharge, period: BillingPeriod) -> tuple[DemandStep, ...]:
    tiers = charge.tiers(period.month)
    contract = charge.contract
    if tiers and contract is not None and contract.overrun_rate_per_kw is not None:
        below = [tier for tier in tiers if tier.up_to_kw is not None and tier.up_to_kw < contract.contract_kw]
        at = tiers[len(below)]
        agreed = DemandTier(rate_per_kw=at.rate_per_kw, up_to_kw=contract.contract_kw)
        tiers = (*below, agreed, DemandTier(rate_per_kw=contract.overrun_rate_per_kw))
    return steps_in_kw(tiers, charge.units_per_kw(case.power_factor), ridden(case.tariff.riders, "demand"))


def _floor_kw(case: HorizonCase, charge: DemandCharge, period: BillingPeriod) -> float:
    agreed = charge.contract.contract_kw * charge.contract.billed_fraction if charge.contract else 0.0
    floor = max(charge.minimum_kw, agreed) / charge.units_per_kw(case.power_factor)
    if charge.ratchet is None:
        return floor
    known = case.state.past_peaks_kw.get(charge.name, {})
    ahead = case.calendar.periods.index(period)
    remembered = [
        charge.ratchet.share(period.month, at.month) * known[label]
        for label, at in past_periods(case.calendar.cycle, case.calendar.periods[0], known).items()
        if at.back + ahead <= charge.ratchet.months_back
    ]
    return max([floor, *remembered])


def _links(
    ratchet: DemandRatchet | None, calendar: LocalCalendar, billed: int, first_term: int
) -> tuple[RatchetLink, ...]:
    """Earlier billing periods of the horizon that a ratchet looks back to; terms of one charge stand in a row."""
    if ratchet is None:
        return ()
    now = calendar.periods[billed]
    shares = [
        (past, ratchet.share(now.month, calendar.periods[past].month))
        for past in range(max(0, billed - ratchet.months_back), billed)
    ]
    return tuple(RatchetLink(index=first_term + past, fraction=share) for past, share in shares if share > 0)
