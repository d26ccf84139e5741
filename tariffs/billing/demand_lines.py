"""The demand lines of a bill."""

from collections.abc import Sequence
from decimal import Decimal

from ridethrough.tariffs.billing.bill import LineItem, cent_of
from ridethrough.tariffs.billing.case import BillingCase, PeakLines
from ridethrough.tariffs.billing.metered import exact, quantity
from ridethrough.tariffs.billing.metered_peaks import PastPeak, PeriodPeaks, history_of, period_peaks
from ridethrough.tariffs.billing.stepped import TierWriter, tier_limit, units_per_kw
from ridethrough.tariffs.calendar.billing_cycle import BillingPeriod
from ridethrough.tariffs.charges.demand import DemandCharge

_MONTHS_A_YEAR = 12


def demand_lines(case: BillingCase) -> list[PeakLines]:
    """Bill every demand charge in every billing period of a meter series."""
    periods = case.meter.calendar.periods
    bills = [PeakLines() for _ in periods]
    for charge in case.tariff.demand:
        history = history_of(case, charge)
        for index, (period, peaks) in enumerate(zip(periods, period_peaks(case, charge), strict=True)):
            lines_of = _yearly if charge.yearly else _by_period
            lines, billed_kw = lines_of(case, charge, index, peaks, history)
            own_kw = peaks.mean_of_highest(charge.highest) if charge.highest > 1 else peaks.highest_kw
            bills[index].lines.extend(lines)
            bills[index].peaks_kw[charge.name] = own_kw
            bills[index].billed_kw[charge.name] = billed_kw
            if charge.apart != "period":
                bills[index].day_peaks_kw[charge.name] = dict(peaks.by_day_kw)
            history.append(PastPeak(position=index, month=period.month, year=period.year, kw=own_kw))
    return bills


def _by_period(
    case: BillingCase, charge: DemandCharge, index: int, peaks: PeriodPeaks, history: Sequence[PastPeak]
) -> tuple[list[LineItem], float]:
    """The lines of a charge in one billing period, or in each day or week of it; and the billed kW."""
    period, per_kw = case.meter.calendar.periods[index], units_per_kw(charge.unit, case.power_factor)
    stretches = [quantity(kw) for kw in peaks.stretches_kw]
    if charge.highest > 1:
        stretches = [quantity(peaks.mean_of_highest(charge.highest))]
    if charge.periods > 1:
        past = [quantity(peak.kw) for peak in history if index - peak.position < charge.periods]
        stretches = [(stretches[0] + sum(past)) / (1 + len(past))]
    ratcheted = _of_past(charge, period, index, history) * per_kw
    billed = [max(_of_own(charge, period, kw * per_kw), ratcheted) for kw in stretches]
    unit = charge.unit if charge.stretch == "period" else f"{charge.unit}-{charge.stretch}"
    writer = TierWriter(name=charge.name, unit=unit, cent=cent_of(case.tariff.currency))
    return writer.lines("demand", contract_tiers(charge, period.month), billed), float(sum(billed)) / float(per_kw)


def _yearly(
    case: BillingCase, charge: DemandCharge, index: int, peaks: PeriodPeaks, history: Sequence[PastPeak]
) -> tuple[list[LineItem], float]:
    """A twelfth of the year's price for each billing period of the year so far, less what these were billed."""
    period, per_kw = case.meter.calendar.periods[index], units_per_kw(charge.unit, case.power_factor)
    earlier = [peak.kw for peak in history if peak.year == period.year]
    before = _of_own(charge, period, quantity(max(earlier, default=0.0)) * per_kw)
    billed = _of_own(charge, period, quantity(max([*earlier, peaks.highest_kw])) * per_kw)
    lines = []
    for demand, months, name in (
        (billed, len(earlier) + 1, f"{charge.name}, {len(earlier) + 1} of 12 months"),
        (before, -len(earlier), f"{charge.name}, billed for {len(earlier)} months before"),
    ):
        tiers = [(limit, rate * months / _MONTHS_A_YEAR) for limit, rate in contract_tiers(charge, period.month)]
        writer = TierWriter(name=name, unit=charge.unit, cent=cent_of(case.tariff.currency))
        lines += writer.lines("demand", tiers, [demand])
    return lines, float(billed) / float(per_kw)


def _of_own(charge: DemandCharge, period: BillingPeriod, billed: Decimal) -> Decimal:
    """Billed demand in the charge's unit without ratchets: the highest of own peak, minimum and contract."""
    if charge.ratchet is not None:
        billed *= exact(charge.ratchet.own_fractions[period.month - 1])
    if charge.contract is not None:
        billed = max(billed, exact(charge.contract.contract_kw) * exact(charge.contract.billed_fraction))
    return max(billed, exact(charge.minimum_kw))


def _of_past(charge: DemandCharge, period: BillingPeriod, position: int, history: Sequence[PastPeak]) -> Decimal:
    """The demand (kW) that a ratchet bills because of peaks of earlier billing periods."""
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
    """Tiers as (limit in the charge's unit, rate), split at the contract if an overrun has its own rate."""
    tiers = [(tier_limit(tier), exact(tier.rate_per_kw)) for tier in charge.tiers(month)]
    contract = charge.contract
    if not tiers or contract is None or contract.overrun_rate_per_kw is None:
        return tiers
    agreed = exact(contract.contract_kw)
    within = [(min(limit, agreed), rate) for limit, rate in tiers]
    return [*within, (Decimal("Infinity"), exact(contract.overrun_rate_per_kw))]
