"""The demand lines of a bill."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from ridethrough.tariffs.billing.bill import cent_of
from ridethrough.tariffs.billing.case import BillingCase, PeakLines
from ridethrough.tariffs.billing.metered import MeterSeries, exact, quantity
from ridethrough.tariffs.billing.stepped import TierWriter, tier_limit, units_per_kw
from ridethrough.tariffs.calendar.billing_cycle import BillingPeriod
from ridethrough.tariffs.calendar.local_calendar import FloatArray, IndexArray
from ridethrough.tariffs.calendar.past_periods import past_periods
from ridethrough.tariffs.charges.demand import DemandCharge


def demand_lines(case: BillingCase) -> list[PeakLines]:
    """Bill every demand charge in every billing period of a meter series."""
    tariff, meter, state, power_factor = case.tariff, case.meter, case.state, case.power_factor
    bills = [PeakLines() for _ in meter.calendar.periods]
    for charge in tariff.demand:
        hours = meter.calendar.hours_of(tariff.schedules.get(charge.schedule), charge.period)
        demands, first = meter.demands_kw(hours, charge.window_minutes)
        of_period = meter.calendar.period[first]
        history, per_kw = _history(case, charge), units_per_kw(charge.unit, power_factor)
        for index, period in enumerate(meter.calendar.periods):
            so_far = state.peaks_kw.get(charge.name, 0.0) if index == 0 else 0.0
            chosen = of_period == index
            stretches = _stretches(charge, meter, demands[chosen], first[chosen], so_far)
            peak = max(stretches, default=0.0)
            ratcheted = _of_past(charge, period, index, history) * per_kw
            billed = [max(_of_own(charge, period, kw, power_factor), ratcheted) for kw in stretches]
            name_tiers = TierWriter(
                name=charge.name, unit=charge.unit + ("-day" if charge.daily else ""), cent=cent_of(tariff.currency)
            )
            bills[index].lines.extend(name_tiers.lines("demand", contract_tiers(charge, period.month), billed))
            bills[index].peaks_kw[charge.name] = peak
            bills[index].billed_kw[charge.name] = float(sum(billed)) / float(per_kw)
            history.append(_Peak(position=index, month=period.month, kw=peak))
    return bills


@dataclass(frozen=True, slots=True, kw_only=True)
class _Peak:
    """The metered peak of a billing period: `position` counts periods from the first of the series."""

    position: int
    month: int
    kw: float


def _history(case: BillingCase, charge: DemandCharge) -> list[_Peak]:
    """The peaks of billing periods before the series, from the state."""
    known = case.state.past_peaks_kw.get(charge.name, {})
    placed = past_periods(case.meter.calendar.cycle, case.meter.calendar.periods[0], known)
    return [_Peak(position=-at.back, month=at.month, kw=known[label]) for label, at in placed.items()]


def _stretches(
    charge: DemandCharge, meter: MeterSeries, demands: FloatArray, first: IndexArray, so_far_kw: float
) -> list[float]:
    """The metered peak of the billing period, or of each of its days."""
    if not charge.daily:
        return [max(float(demands.max(initial=0.0)), so_far_kw)]
    days = meter.calendar.day[first]
    starts = np.flatnonzero(np.diff(days, prepend=-1))
    peaks = np.maximum.reduceat(demands, starts) if len(demands) else demands
    if so_far_kw > 0 and len(peaks) and days[0] == 0:
        peaks[0] = max(peaks[0], so_far_kw)
    return [float(peak) for peak in peaks]


def _of_own(charge: DemandCharge, period: BillingPeriod, peak_kw: float, power_factor: float) -> Decimal:
    """Billed demand in the charge's unit without a memory: own peak, minimum and contract, whichever is highest."""
    billed = quantity(peak_kw) * units_per_kw(charge.unit, power_factor)
    if charge.ratchet is not None:
        billed *= exact(charge.ratchet.own_fractions[period.month - 1])
    if charge.contract is not None:
        billed = max(billed, exact(charge.contract.contract_kw) * exact(charge.contract.billed_fraction))
    return max(billed, exact(charge.minimum_kw))


def _of_past(charge: DemandCharge, period: BillingPeriod, position: int, history: Sequence[_Peak]) -> Decimal:
    """The demand (kW) that a ratchet bills for the peaks of earlier billing periods."""
    ratchet = charge.ratchet
    if ratchet is None:
        return Decimal()
    floors = (
        exact(ratchet.fractions[period.month - 1])
        * exact(ratchet.counted_fractions[peak.month - 1])
        * quantity(peak.kw)
        for peak in history
        if position - peak.position <= ratchet.months_back and peak.month in ratchet.counted_months
    )
    return max(floors, default=Decimal())


def contract_tiers(charge: DemandCharge, month: int) -> list[tuple[Decimal, Decimal]]:
    """Tiers as (limit in the charge's unit, rate), cut at the contract where an overrun has a rate of its own."""
    tiers = [(tier_limit(tier), exact(tier.rate_per_kw)) for tier in charge.tiers(month)]
    contract = charge.contract
    if not tiers or contract is None or contract.overrun_rate_per_kw is None:
        return tiers
    agreed = exact(contract.contract_kw)
    within = [(min(limit, agreed), rate) for limit, rate in tiers]
    return [*within, (Decimal("Infinity"), exact(contract.overrun_rate_per_kw))]
