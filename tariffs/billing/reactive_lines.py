"""The lines of reactive demand on a bill."""

from decimal import Decimal

from ridethrough.tariffs.billing.bill import LineItem, cent_of
from ridethrough.tariffs.billing.case import BillingCase, PeakLines
from ridethrough.tariffs.billing.metered import exact, quantity


def reactive_lines(case: BillingCase) -> list[PeakLines]:
    """Bill every charge on reactive demand in every billing period of a meter series."""
    calendar, factor = case.meter.calendar, exact(case.power_factor)
    bills = [PeakLines() for _ in calendar.periods]
    kvar_per_kw = (1 - factor * factor).sqrt() / factor
    for charge in case.tariff.reactive:
        hours = calendar.hours_of(case.tariff.schedules.get(charge.schedule), charge.period)
        demands, first = case.meter.demands_kw(hours, charge.window_minutes)
        beyond = max(Decimal(), kvar_per_kw - exact(charge.free_kvar_per_kw))
        for index, period in enumerate(calendar.periods):
            so_far_kw = case.state.peaks_kw.get(charge.name, 0.0) if index == 0 else 0.0
            peak_kw = max(float(demands[calendar.period[first] == index].max(initial=0.0)), so_far_kw)
            kvar = quantity(peak_kw) * beyond
            if kvar and charge.rate_per_kvar and period.month in charge.months:
                line = LineItem(
                    charge="reactive",
                    name=charge.name,
                    quantity=kvar,
                    unit="kVAR",
                    rate=exact(charge.rate_per_kvar),
                    cent=cent_of(case.tariff.currency),
                )
                bills[index].lines.append(line)
            bills[index].peaks_kw[charge.name] = peak_kw
    return bills
