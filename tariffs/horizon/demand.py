"""Demand charges over a horizon: the intervals that set each billed peak, and the demand billed in any case."""

import math
from datetime import date

import numpy as np

from ridethrough.tariffs.calendar.billing_cycle import BillingPeriod
from ridethrough.tariffs.calendar.local_calendar import IndexArray, LocalCalendar
from ridethrough.tariffs.calendar.past_periods import past_periods
from ridethrough.tariffs.charges.demand import DemandCharge
from ridethrough.tariffs.charges.ratchet import DemandRatchet
from ridethrough.tariffs.horizon.case import HorizonCase
from ridethrough.tariffs.horizon.steps import agreed_kw, steps_of, windows_of
from ridethrough.tariffs.horizon.terms import DemandStep, DemandTerm, PeaksApart, RatchetLink
from ridethrough.tariffs.horizon.yearly import yearly_terms


def demand_terms(case: HorizonCase) -> tuple[DemandTerm, ...]:
    """Every demand charge in every billing period (or day, week or year) of the horizon, in that order."""
    terms: list[DemandTerm] = []
    for charge in case.tariff.demand:
        terms += yearly_terms(case, charge) if charge.yearly else _terms(case, charge, len(terms))
    return tuple(terms)


def _terms(case: HorizonCase, charge: DemandCharge, first: int) -> list[DemandTerm]:
    """The terms of a charge by billing period; `first` is the number of the first of them."""
    calendar, terms = case.calendar, []
    scales_tiers = case.tariff.energy is not None and charge.name == case.tariff.energy.demand
    remembered = charge.ratchet is not None or charge.periods > 1 or scales_tiers
    hours = calendar.hours_of(case.tariff.schedules.get(charge.schedule), charge.period)
    for index, period in enumerate(calendar.periods):
        within = hours[calendar.period[hours] == index]
        steps = steps_of(case, charge, period)
        floor = _floor_kw(case, charge, period)
        so_far = case.state.peaks_kw.get(charge.name, 0.0) if index == 0 else 0.0
        if not remembered and not (steps and (len(within) or floor or so_far)):
            continue
        part, added_kw, links = _mean(case, charge, index, first)
        terms += [
            DemandTerm(
                charge=charge.name,
                billing_period=period.label,
                intervals=intervals,
                steps=steps or (DemandStep(up_to_kw=math.inf, rate_per_kw=0.0),),
                floor_kw=floor,
                peak_so_far_kw=so_far if charge.highest == 1 and begun else 0.0,
                own_fraction=part * (charge.ratchet.own_fractions[period.month - 1] if charge.ratchet else 1.0),
                windows=windows_of(charge, calendar, intervals),
                links=(*links, *_links(charge.ratchet, calendar, index, first)),
                apart=_apart(case, charge, index, intervals) if charge.highest > 1 else None,
                added_kw=added_kw,
                day=day,
            )
            for day, intervals, begun in _stretches(charge, calendar, within)
        ]
    return terms


def _stretches(
    charge: DemandCharge, calendar: LocalCalendar, intervals: IndexArray
) -> list[tuple[str, IndexArray, bool]]:
    """The name and intervals of each billed stretch with intervals in the hours, and whether the horizon starts in it.

    A stretch is the whole billing period, or a day or a week of it.
    """
    if charge.stretch == "period":
        return [("", intervals, True)]
    numbers = calendar.stretch(charge.stretch)
    return [
        (date.fromordinal(number).isoformat(), intervals[numbers[intervals] == number], number == numbers[0])
        for number in np.unique(numbers[intervals]).tolist()
    ]


def _apart(case: HorizonCase, charge: DemandCharge, index: int, intervals: IndexArray) -> PeaksApart:
    """The days (or weeks) of a mean of the highest: those of the state, then those of the horizon."""
    numbers = case.calendar.stretch(charge.apart)
    known = case.state.day_peaks_kw.get(charge.name, {}) if index == 0 else {}
    so_far = {date.fromisoformat(day).toordinal(): kw for day, kw in known.items()}
    first = [int(window[0]) for window in windows_of(charge, case.calendar, intervals)]
    days = sorted({*so_far, *numbers[first].tolist()})
    return PeaksApart(
        number=charge.highest,
        day=np.searchsorted(np.array(days, dtype=np.intp), numbers[first]),
        so_far_kw=np.array([so_far.get(day, 0.0) for day in days]),
    )


def _mean(
    case: HorizonCase, charge: DemandCharge, index: int, first: int
) -> tuple[float, float, tuple[RatchetLink, ...]]:
    """The part of the own peak in a mean over billing periods, what past peaks add (kW), and links to other terms."""
    if charge.periods == 1:
        return 1.0, 0.0, ()
    known = case.state.past_peaks_kw.get(charge.name, {})
    placed = past_periods(case.calendar.cycle, case.calendar.periods[0], known)
    past = [known[label] for label, at in placed.items() if at.back + index < charge.periods]
    inside = range(max(0, index - charge.periods + 1), index)
    part = 1 / (1 + len(past) + len(inside))
    return part, part * sum(past), tuple(RatchetLink(index=first + each, fraction=part, adds=True) for each in inside)


def _floor_kw(case: HorizonCase, charge: DemandCharge, period: BillingPeriod) -> float:
    floor = agreed_kw(case, charge)
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
    """Links to earlier billing periods of the horizon, for a ratchet; the terms of one charge are consecutive."""
    if ratchet is None:
        return ()
    now = calendar.periods[billed]
    shares = [
        (past, ratchet.share(now.month, calendar.periods[past].month))
        for past in range(max(0, billed - ratchet.months_back), billed)
    ]
    return tuple(RatchetLink(index=first_term + past, fraction=share) for past, share in shares if share > 0)
