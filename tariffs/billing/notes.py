"""The notes of a bill: charges that are not priced, and warnings."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

from ridethrough.domain import PriceSeries, SiteState
from ridethrough.tariffs.billing.bill import PeriodBill
from ridethrough.tariffs.calendar.local_calendar import LocalCalendar
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.not_priced import NotPriced
from ridethrough.tariffs.tariff import Tariff


def not_priced(tariff: Tariff, prices: PriceSeries | None, unsettled_years: Sequence[str]) -> tuple[NotPriced, ...]:
    """The tariff's own list, market energy without prices, and annual minimum charges of incomplete years."""
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
) -> tuple[str, ...]:
    """Warn about assumptions, and about load or dates outside the tariff's limits."""
    return (
        *_validity(tariff, calendar),
        *_applicability(tariff, periods),
        *_memory(tariff, state),
        *_events(tariff, events),
        *_cut_windows(tariff, calendar),
    )


def _validity(tariff: Tariff, calendar: LocalCalendar) -> list[str]:
    start, days = calendar.first_day, len(calendar.day_share)
    outside = tariff.days_outside(start, days)
    if not outside:
        return []
    end = start + timedelta(days=days)
    series = f"the meter series, {start} to {end}, is priced by a tariff that holds {tariff.validity}"
    return [f"{series}: {outside} of its {days} days are outside" if outside < days else series]


def _applicability(tariff: Tariff, periods: Sequence[PeriodBill]) -> tuple[str, ...]:
    peaks = [kw for period in periods for kw in period.peaks_kw.values()]
    if not peaks:
        return ()
    return tariff.applicability.warnings(max(peaks), max(period.energy_kwh for period in periods))


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


def _cut_windows(tariff: Tariff, calendar: LocalCalendar) -> Iterator[str]:
    """Warn about demand windows that the ends of the series cut; the meter's mean of such a window is not known."""
    step = calendar.horizon.interval_minutes
    ends = {"first": (0, int(calendar.minute[0])), "last": (len(calendar.minute) - 1, int(calendar.minute[-1]) + step)}
    for charge in tariff.windowed:
        hours = calendar.hours_of(tariff.schedules.get(charge.schedule), charge.period)
        for name, (interval, minute) in ends.items():
            if charge.window_minutes > step and minute % charge.window_minutes and interval in hours:
                yield (
                    f"{charge.name}: of the {name} window of {charge.window_minutes} minutes only a part is in the "
                    "series; its demand is taken as the mean of that part"
                )
