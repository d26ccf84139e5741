"""Reactive demand over a horizon: at one power factor, kVAR beyond the free share rise with the peak in kW."""

import math

from ridethrough.tariffs.charges.rider import ridden
from ridethrough.tariffs.horizon.case import HorizonCase
from ridethrough.tariffs.horizon.steps import windows_over
from ridethrough.tariffs.horizon.terms import DemandStep, DemandTerm


def reactive_terms(case: HorizonCase) -> tuple[DemandTerm, ...]:
    """Every charge on reactive demand in every billing period, as a rate for each kW of the peak."""
    calendar, terms = case.calendar, []
    kvar_per_kw = math.tan(math.acos(case.power_factor))
    for charge in case.tariff.reactive:
        beyond = max(0.0, kvar_per_kw - charge.free_kvar_per_kw)
        rate = charge.rate_per_kvar * beyond * ridden(case.tariff.riders, "reactive")
        hours = calendar.hours_of(case.tariff.schedules.get(charge.schedule), charge.period)
        for index, period in enumerate(calendar.periods):
            within = hours[calendar.period[hours] == index]
            if rate and period.month in charge.months:
                terms.append(
                    DemandTerm(
                        charge=charge.name,
                        billing_period=period.label,
                        intervals=within,
                        steps=(DemandStep(up_to_kw=math.inf, rate_per_kw=rate),),
                        peak_so_far_kw=case.state.peaks_kw.get(charge.name, 0.0) if index == 0 else 0.0,
                        windows=windows_over(charge.window_minutes, calendar, within),
                        kind="reactive",
                    )
                )
    return tuple(terms)
