"""What a bill says beside its lines: what is not priced, and what a reader should know."""

from collections.abc import Sequence
from datetime import date

from ridethrough.domain import PriceSeries, SiteState
from ridethrough.tariffs.billing.bill import PeriodBill
from ridethrough.tariffs.calendar.local_calendar import LocalCalendar
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.charges.not_priced import NotPriced
from ridethrough.tariffs.tariff import Tariff


def not_priced(tariff: Tariff, prices: PriceSeries | None, unsettled_years: Sequence[str]) -> tuple[NotPriced, ...]:
    """The tariff's own list, market energy without prices, and annual minimum charges of years not fully covered."""
    entries = list(tariff.not_priced)
    if tariff.energy is not None and tariff.energy.market is not None and prices is None:
        reason = "energy follows a market price, and no prices were given"
        entries.append(NotPriced(field="energy.market", reason=reason))
    entries += [
        NotPriced(field="minimum", reason=f"the annual minimum charge: the meter series does not cover all of {year}")
        for year in unsettled_years
    ]
    return tuple(entries)


def bill_warnings(
    tariff: Tariff,
    calendar: LocalCalendar,
    periods: Sequence[PeriodBill],
    *,
    state: SiteState,
    events: Sequence[CoincidentEvent],
    power_factor: float | None,
) -> tuple[str, ...]:
    """Say what was assumed, and where the load or the dates lie outside of what the tariff is for."""
    return (
        *_validity(tariff, calendar),
        *_applicability(tariff, periods),
        *_power_factor(tariff, power_factor),
        *_memory(tariff, state),
        *_events(tariff, events),
        *_windows(tariff, calendar),
    )


def _validity(tariff: Tariff, calendar: LocalCalendar) -> list[str]:
    start, end = calendar.first_day, calendar.periods[-1].end
    early = tariff.effective_from or date.min
    late = tariff.effective_until or date.max
    if early <= start < late:
        return []
    shown = f"{tariff.effective_from or 'the beginning'} to {tariff.effective_until or 'today'}"
    return [f"the meter series, {start} to {end}, is priced by a tariff that holds from {shown}"]


def _applicability(tariff: Tariff, periods: Sequence[PeriodBill]) -> tuple[str, ...]:
    peaks = [kw for period in periods for kw in period.peaks_kw.values()]
    if not peaks:
        return ()
    return tariff.applicability.warnings(max(peaks), max(period.energy_kwh for period in periods))


def _power_factor(tariff: Tariff, power_factor: float | None) -> list[str]:
    units = {charge.unit for charge in tariff.demand} | {charge.unit for charge in tariff.coincident}
    if power_factor is None and "kVA" in units:
        return ["demand is billed in kVA and no power factor was given: 1.0 is assumed"]
    return []


def _memory(tariff: Tariff, state: SiteState) -> list[str]:
    return [
        f"{charge.name}: no peaks of earlier months were given, so its ratchet knows only those of this meter series"
        for charge in tariff.demand
        if charge.ratchet is not None and charge.name not in state.past_peaks_kw
    ]


def _events(tariff: Tariff, events: Sequence[CoincidentEvent]) -> list[str]:
    known = {event.charge for event in events}
    return [
        f"{charge.name}: no events were given, so the highest demand in its hours is billed, the most that it can be"
        for charge in tariff.coincident
        if charge.name not in known
    ]


def _windows(tariff: Tariff, calendar: LocalCalendar) -> list[str]:
    interval = calendar.horizon.interval_minutes
    return [
        f"{charge.name}: demand is the mean of {charge.window_minutes} minutes, but the series has {interval}"
        for charge in tariff.demand
        if 0 < charge.window_minutes < interval
    ]
