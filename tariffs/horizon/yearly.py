"""Demand that is billed by the year's peak, over a horizon.

With C(P) the price of a year at a peak of P kW, the k-th billing period of a year is billed k / 12 * C(P_k) less
(k - 1) / 12 * C(P_k-1). Over a run of periods all but the last and the first peak cancel: what a horizon is billed is
its last period's share of C at the highest peak, less a constant.
"""

from dataclasses import replace

import numpy as np

from ridethrough.tariffs.calendar.past_periods import past_periods
from ridethrough.tariffs.charges.demand import DemandCharge
from ridethrough.tariffs.horizon.case import HorizonCase
from ridethrough.tariffs.horizon.steps import agreed_kw, steps_of, windows_of
from ridethrough.tariffs.horizon.terms import DemandTerm

_MONTHS_A_YEAR = 12


def yearly_terms(case: HorizonCase, charge: DemandCharge) -> list[DemandTerm]:
    """One term for each calendar year in which billing periods of the horizon lie."""
    calendar, terms = case.calendar, []
    hours = calendar.hours_of(case.tariff.schedules.get(charge.schedule), charge.period)
    for year in sorted({period.year for period in calendar.periods}):
        inside = [index for index, period in enumerate(calendar.periods) if period.year == year]
        past = _past_kw(case, charge, year)
        within = hours[np.isin(calendar.period[hours], inside)]
        begun_kw = case.state.peaks_kw.get(charge.name, 0.0) if 0 in inside else 0.0
        last = calendar.periods[inside[-1]]
        share = (len(past) + len(inside)) / _MONTHS_A_YEAR
        terms.append(
            DemandTerm(
                charge=charge.name,
                billing_period=last.label,
                intervals=within,
                steps=tuple(
                    replace(step, rate_per_kw=step.rate_per_kw * share) for step in steps_of(case, charge, last)
                ),
                floor_kw=agreed_kw(case, charge),
                peak_so_far_kw=max([begun_kw, *past]),
                windows=windows_of(charge, calendar, within),
            )
        )
    return terms


def billed_before(case: HorizonCase) -> float:
    """The part of the year's price, at their peaks, that billing periods before the horizon were already billed."""
    total = 0.0
    first = case.calendar.periods[0]
    for charge in case.tariff.demand:
        past = _past_kw(case, charge, first.year) if charge.yearly else []
        billed_kw, below_kw = max([agreed_kw(case, charge), *past]), 0.0
        for step in steps_of(case, charge, first) if past else ():
            inside_kw = max(0.0, min(billed_kw, step.up_to_kw) - below_kw)
            total += inside_kw * step.rate_per_kw * len(past) / _MONTHS_A_YEAR
            below_kw = step.up_to_kw
    return total


def _past_kw(case: HorizonCase, charge: DemandCharge, year: int) -> list[float]:
    """The peaks of the billing periods of a year before the horizon."""
    known = case.state.past_peaks_kw.get(charge.name, {})
    placed = past_periods(case.calendar.cycle, case.calendar.periods[0], known)
    return [known[label] for label, at in placed.items() if at.year == year]
