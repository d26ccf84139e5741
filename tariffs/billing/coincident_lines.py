"""The coincident lines of a bill."""

from collections.abc import Sequence

from ridethrough.tariffs.billing.bill import cent_of
from ridethrough.tariffs.billing.case import BillingCase, PeakLines
from ridethrough.tariffs.billing.metered import MeterSeries, exact, quantity
from ridethrough.tariffs.billing.stepped import TierWriter, tier_limit, units_per_kw
from ridethrough.tariffs.calendar.local_calendar import IndexArray, intervals_within
from ridethrough.tariffs.charges.coincident import CoincidentEvent, CoincidentPeakCharge


def coincident_lines(case: BillingCase) -> list[PeakLines]:
    """Bill every coincident charge in every billing period of a meter series."""
    tariff, meter = case.tariff, case.meter
    bills = [PeakLines() for _ in meter.calendar.periods]
    for charge in tariff.coincident:
        named = [event for event in case.events if event.charge == charge.name]
        hours = meter.calendar.hours_of(tariff.schedules.get(charge.schedule), charge.period)
        per_kw = units_per_kw(charge.unit, case.power_factor)
        writer = TierWriter(name=charge.name, unit=charge.unit, cent=cent_of(tariff.currency))
        for index, period in enumerate(meter.calendar.periods):
            tiers = [
                (tier_limit(tier), exact(tier.rate_per_kw))
                for season in charge.seasons
                if period.month in season.months
                for tier in season.tiers
            ]
            counts = index == 0 and not (charge.peaks and named)
            so_far = case.state.peaks_kw.get(charge.name, 0.0) if counts else 0.0
            found = _coincident_kw(charge, meter, named, hours, index)
            demands = [quantity(max(kw, so_far)) * per_kw for kw, _ in found]
            weights = [exact(weight) for _, weight in found]
            bills[index].lines.extend(writer.lines("coincident", tiers, demands, weights))
    return bills


def _coincident_kw(
    charge: CoincidentPeakCharge,
    meter: MeterSeries,
    events: Sequence[CoincidentEvent],
    hours: IndexArray,
    index: int,
) -> list[tuple[float, float]]:
    """Demand and weight of the billed events of one period: all together, each one, or the charge's hours."""
    period = meter.calendar.period
    if not events:
        inside = hours[period[hours] == index]
        return [(_highest(meter, inside), charge.share_without_events)] if len(inside) else []
    demands = []
    for event in events:
        during = intervals_within(meter.calendar.horizon, event.interval)
        during = during[period[during] == index]
        if len(during):
            demands.append((_highest(meter, during), event.probability))
    if charge.peaks:
        return [(kw, probability / charge.peaks) for kw, probability in demands]
    happened = [kw for kw, probability in demands if probability == 1]
    if charge.combine == "mean":
        return [(kw, probability / max(1, len(happened))) for kw, probability in demands]
    possible = [(kw, probability) for kw, probability in demands if probability < 1]
    return [(max(happened), 1.0), *possible] if happened else possible


def _highest(meter: MeterSeries, intervals: IndexArray) -> float:
    return max(0.0, float(meter.kw[intervals].max()))
