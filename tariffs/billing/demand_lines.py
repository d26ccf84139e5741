"""The demand lines of a bill."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from ridethrough.domain import SiteState
from ridethrough.tariffs.billing.bill import LineItem, cent_of
from ridethrough.tariffs.billing.metered import MeterSeries, exact, quantity
from ridethrough.tariffs.calendar.billing_cycle import BillingPeriod
from ridethrough.tariffs.calendar.local_calendar import FloatArray, IndexArray, intervals_within
from ridethrough.tariffs.charges.coincident import CoincidentEvent, CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import KW_PER_HP, DemandCharge, DemandTier, DemandUnit
from ridethrough.tariffs.charges.rider import ChargeKind
from ridethrough.tariffs.tariff import Tariff


@dataclass(frozen=True, slots=True, kw_only=True)
class BilledDemand:
    """What one billing period's demand charges come to: metered and billed kW by charge, and the lines."""

    peaks_kw: dict[str, float] = field(default_factory=dict)
    billed_kw: dict[str, float] = field(default_factory=dict)
    lines: list[LineItem] = field(default_factory=list)


def billed_demand(tariff: Tariff, meter: MeterSeries, state: SiteState, power_factor: float) -> list[BilledDemand]:
    """Bill every demand charge in every billing period of a meter series."""
    bills = [BilledDemand() for _ in meter.calendar.periods]
    for charge in tariff.demand:
        hours = meter.calendar.hours_of(tariff.schedules.get(charge.schedule), charge.period)
        demands, first = meter.demands_kw(hours, charge.window_minutes)
        of_period = meter.calendar.period[first]
        history = {_month(label): kw for label, kw in state.past_peaks_kw.get(charge.name, {}).items()}
        history = {month: kw for month, kw in history.items() if month < _month(meter.calendar.periods[0].label)}
        for index, period in enumerate(meter.calendar.periods):
            so_far = state.peaks_kw.get(charge.name, 0.0) if index == 0 else 0.0
            chosen = of_period == index
            stretches = _stretches(charge, meter, demands[chosen], first[chosen], so_far)
            peak = max(stretches, default=0.0)
            billed = [_billed(charge, period, kw, history, power_factor) for kw in stretches]
            name_tiers = _Tiers(
                name=charge.name, unit=charge.unit + ("-day" if charge.daily else ""), cent=cent_of(tariff.currency)
            )
            bills[index].lines.extend(name_tiers.lines("demand", contract_tiers(charge, period.month), billed))
            bills[index].peaks_kw[charge.name] = peak
            bills[index].billed_kw[charge.name] = float(sum(billed)) / float(units_per_kw(charge.unit, power_factor))
            history[_month(period.label)] = max(peak, history.get(_month(period.label), 0.0))
    return bills


def units_per_kw(unit: DemandUnit, power_factor: float) -> Decimal:
    """How many of a demand unit one kW is, as a decimal."""
    return {"kW": Decimal(1), "kVA": 1 / exact(power_factor), "hp": 1 / exact(KW_PER_HP)}[unit]


def _month(label: str) -> int:
    year, month = label.split("-")[:2]
    return int(year) * 12 + int(month)


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


def _billed(
    charge: DemandCharge, period: BillingPeriod, peak_kw: float, history: Mapping[int, float], power_factor: float
) -> Decimal:
    """Billed demand in the charge's unit: own peak, ratchet, minimum and contract, whichever is highest."""
    per_kw = units_per_kw(charge.unit, power_factor)
    now, month = _month(period.label), period.month
    billed = quantity(peak_kw) * per_kw
    ratchet = charge.ratchet
    if ratchet is not None:
        billed *= exact(ratchet.own_fractions[month - 1])
        for past in range(now - ratchet.months_back, now):
            then = (past - 1) % 12 + 1
            if past in history and then in ratchet.counted_months:
                fraction = exact(ratchet.fractions[month - 1]) * exact(ratchet.counted_fractions[then - 1])
                billed = max(billed, fraction * quantity(history[past]) * per_kw)
    if charge.contract is not None:
        billed = max(billed, exact(charge.contract.contract_kw) * exact(charge.contract.billed_fraction))
    return max(billed, exact(charge.minimum_kw))


def contract_tiers(charge: DemandCharge, month: int) -> list[tuple[Decimal, Decimal]]:
    """Tiers as (limit in the charge's unit, rate), cut at the contract where an overrun has a rate of its own."""
    tiers = [(_limit(tier), exact(tier.rate_per_kw)) for tier in charge.tiers(month)]
    contract = charge.contract
    if not tiers or contract is None or contract.overrun_rate_per_kw is None:
        return tiers
    agreed = exact(contract.contract_kw)
    within = [(min(limit, agreed), rate) for limit, rate in tiers]
    return [*within, (Decimal("Infinity"), exact(contract.overrun_rate_per_kw))]


def _limit(tier: DemandTier) -> Decimal:
    return Decimal("Infinity") if tier.up_to_kw is None else exact(tier.up_to_kw)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tiers:
    """Writes demand through tiers as lines."""

    name: str
    unit: str
    cent: Decimal

    def lines(
        self,
        charge: ChargeKind,
        tiers: Sequence[tuple[Decimal, Decimal]],
        demands: Sequence[Decimal],
        weights: Sequence[Decimal] = (),
    ) -> list[LineItem]:
        lines = []
        low = Decimal()
        weights = weights or [Decimal(1)] * len(demands)
        for number, (limit, rate) in enumerate(tiers):
            inside = sum(
                (
                    max(Decimal(), min(demand, limit) - low) * weight
                    for demand, weight in zip(demands, weights, strict=True)
                ),
                Decimal(),
            )
            low = max(low, limit)
            if inside and rate:
                name = f"{self.name}, tier {number + 1}" if len(tiers) > 1 else self.name
                lines.append(
                    LineItem(charge=charge, name=name, quantity=inside, unit=self.unit, rate=rate, cent=self.cent)
                )
        return lines


def coincident_lines(
    tariff: Tariff,
    meter: MeterSeries,
    state: SiteState,
    *,
    events: Sequence[CoincidentEvent],
    power_factor: float,
) -> list[list[LineItem]]:
    """The coincident lines of every billing period."""
    bills: list[list[LineItem]] = [[] for _ in meter.calendar.periods]
    for charge in tariff.coincident:
        named = [event for event in events if event.charge == charge.name]
        hours = meter.calendar.hours_of(tariff.schedules.get(charge.schedule), charge.period)
        per_kw = units_per_kw(charge.unit, power_factor)
        writer = _Tiers(name=charge.name, unit=charge.unit, cent=cent_of(tariff.currency))
        for index, period in enumerate(meter.calendar.periods):
            tiers = [
                (_limit(tier), exact(tier.rate_per_kw))
                for season in charge.seasons
                if period.month in season.months
                for tier in season.tiers
            ]
            so_far = state.peaks_kw.get(charge.name, 0.0) if index == 0 else 0.0
            found = _coincident_kw(charge, meter, named, hours, index)
            demands = [quantity(max(kw, so_far)) * per_kw for kw, _ in found]
            bills[index] += writer.lines("coincident", tiers, demands, [exact(weight) for _, weight in found])
    return bills


def _coincident_kw(
    charge: CoincidentPeakCharge,
    meter: MeterSeries,
    events: Sequence[CoincidentEvent],
    hours: IndexArray,
    index: int,
) -> list[tuple[float, float]]:
    """Demand and weight of what one billing period bills: all events that happened, or each, or the charge's hours."""
    period = meter.calendar.period
    if not events:
        inside = hours[period[hours] == index]
        return [(_highest(meter, inside), 1.0)] if len(inside) else []
    demands = []
    for event in events:
        during = intervals_within(meter.calendar.horizon, event.interval)
        during = during[period[during] == index]
        if len(during):
            demands.append((_highest(meter, during), event.probability))
    happened = [kw for kw, probability in demands if probability == 1]
    if charge.combine == "mean":
        return [(kw, probability / max(1, len(happened))) for kw, probability in demands]
    possible = [(kw, probability) for kw, probability in demands if probability < 1]
    return [(max(happened), 1.0), *possible] if happened else possible


def _highest(meter: MeterSeries, intervals: IndexArray) -> float:
    return max(0.0, float(meter.kw[intervals].max()))
