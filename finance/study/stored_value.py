"""The value of stored energy that batteries lack compared with no trading: selling stored energy is not a saving.

A missing kWh is bought back at the meter, through rectifier and charger, at the mean energy price of the last 24 hours.
Both the closed loop and the ceiling of perfect foresight pay for it.
"""

from datetime import timedelta
from itertools import pairwise

import numpy as np

from ridethrough.domain import SiteState
from ridethrough.finance.study.case import StudyCase
from ridethrough.finance.study.closed_loop import Loop
from ridethrough.optimizer.pricing.price import meter_of
from ridethrough.optimizer.pricing.tier_slopes import price_per_kwh
from ridethrough.tariffs.horizon.charges import charges_over

_PRICED_BEFORE = timedelta(hours=24)
_ROUNDING_KWH = 1e-6


def stored_by_period(case: StudyCase, loop: Loop, baseline: Loop) -> list[float]:
    """The value of the change of stored energy in each billing period (site's currency; negative: sold).

    The values of all periods sum to minus the cost of refilling the batteries at the end of the study.
    """
    ends = [0, *(period.stop for period in case.billing_periods)]
    owed = [_refill_cost(case, loop, baseline, boundary) for boundary in ends]
    return [before - after for before, after in pairwise(owed)]


def _refill_cost(case: StudyCase, loop: Loop, baseline: Loop, boundary: int) -> float:
    """The cost at a boundary of bringing every battery back to its energy without trading."""
    missing_kwh = baseline.stored_kwh[:, boundary] - loop.stored_kwh[:, boundary]
    at_meter_kwh = sum(
        kwh / (ups.battery.charge_efficiency * ups.rectifier_efficiency)
        for kwh, ups in zip(missing_kwh.tolist(), case.site.ups, strict=True)
    )
    if not boundary or abs(at_meter_kwh) <= _ROUNDING_KWH:
        return 0.0
    return float(at_meter_kwh) * refill_price_per_kwh(case, loop, boundary)


def refill_price_per_kwh(case: StudyCase, loop: Loop, boundary: int) -> float:
    """The mean price of one more kWh at the meter over the 24 hours before a boundary, tiers and riders included.

    It is 0 where energy costs less than nothing.
    """
    period = next(each for each in case.billing_periods if each.start < boundary <= each.stop)
    first = max(period.start, boundary - _PRICED_BEFORE // case.horizon.step)
    horizon = case.horizon.part(first, boundary)
    used_kwh = float(np.maximum(loop.grid_kw[period.start : first], 0.0).sum()) * case.horizon.interval_h
    charges = charges_over(
        case.tariff, horizon, prices=case.record.prices(horizon), state=SiteState(energy_kwh=used_kwh)
    )
    meter = meter_of(charges, loop.grid_kw[first:boundary], horizon.intervals)
    return max(0.0, float(price_per_kwh(meter).mean()))
