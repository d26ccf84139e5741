"""Bills: a tariff applied to a meter series, to the cent.

Nothing here uses `tariffs.horizon`: a plan's cost and its bill are two implementations, and a test compares them.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from ridethrough.domain import Horizon, PriceSeries, SiteState
from ridethrough.domain.horizon import zone
from ridethrough.tariffs.billing.bill import Bill, LineItem, PeriodBill, cent_of, exact_sum
from ridethrough.tariffs.billing.case import BillingCase, PeakLines
from ridethrough.tariffs.billing.energy_lines import EnergyBilling
from ridethrough.tariffs.billing.metered import MeterSeries, exact, quantity
from ridethrough.tariffs.billing.metered_kinds import peak_lines
from ridethrough.tariffs.billing.notes import bill_warnings, not_priced
from ridethrough.tariffs.calendar.local_calendar import FloatArray, LocalCalendar, local_calendar
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.charges.kind import KIND_NAMES
from ridethrough.tariffs.charges.rider import Rider
from ridethrough.tariffs.inputs import check_inputs
from ridethrough.tariffs.resolution import assumed, parts_of_an_interval, split_note
from ridethrough.tariffs.tariff import Tariff

_MONTHS_A_YEAR = 12


def bill(
    tariff: Tariff,
    horizon: Horizon,
    kw: Sequence[float] | FloatArray,
    *,
    prices: PriceSeries | None = None,
    state: SiteState | None = None,
    events: Sequence[CoincidentEvent] = (),
    power_factor: float | None = None,
) -> Bill:
    """Bill a meter series: mean kW of every interval of `horizon`, negative where energy is exported.

    `prices` are market prices on the same horizon. `state` gives peaks and energy from before the horizon: of the
    billing period in which it starts (`peaks_kw`, `energy_kwh`), and of earlier ones for ratchets (`past_peaks_kw`).
    `events` are coincident peaks. Without a `power_factor` the tariff's counts. If the horizon covers a part of a
    billing period, only monthly charges are divided by days.

    Raises `UnableToAccept` for a series that does not fit its horizon, or for inputs that do not belong to the tariff.
    """
    check_inputs(tariff, horizon, prices=prices, state=state, events=events, power_factor=power_factor)
    power_factor = tariff.power_factor if power_factor is None else power_factor
    meter, prices, split = _in_parts(tariff, horizon, np.asarray(kw, dtype=np.float64), prices)
    calendar, known = meter.calendar, state or SiteState()
    energy = EnergyBilling(tariff, meter, prices)
    case = BillingCase(
        tariff=tariff, meter=meter, state=known, prices=prices, events=events, power_factor=power_factor or 1.0
    )
    demands = peak_lines(case)
    drafts = _drafts(case, energy, demands)
    unsettled = _settle_years(tariff, calendar, drafts)
    periods = [
        _period_bill(calendar, index, _with_taxes(tariff, drafts[index]), demand, energy)
        for index, demand in enumerate(demands)
    ]
    return Bill(
        currency=tariff.currency,
        periods=tuple(periods),
        not_priced=not_priced(tariff, prices, unsettled),
        warnings=(
            *bill_warnings(tariff, calendar, periods, state=known, events=events),
            *assumed(tariff, horizon, power_factor, "the series"),
            *split,
        ),
    )


def _drafts(case: BillingCase, energy: EnergyBilling, demands: list[PeakLines]) -> list[list[LineItem]]:
    """The lines of every billing period before taxes and annual minimum charges."""
    drafts = []
    for index, demand in enumerate(demands):
        begun = case.state if index == 0 else SiteState()
        lines = energy.lines(index, _tier_kw(case.tariff, demand), begun)
        drafts.append(_with_riders_and_minimum(case.tariff, case.meter.calendar, index, lines + demand.lines))
    return drafts


def _in_parts(
    tariff: Tariff, horizon: Horizon, kw: FloatArray, prices: PriceSeries | None
) -> tuple[MeterSeries, PriceSeries | None, list[str]]:
    """The meter series and prices, split where hours or windows of the tariff begin inside intervals; and a note."""
    calendar = local_calendar(horizon, tariff.cycle, tariff.holidays)
    meter = MeterSeries.of(horizon, kw, calendar)
    parts = parts_of_an_interval(tariff, calendar)
    if parts == 1:
        return meter, prices, []
    fine = horizon.split(parts)
    finer = MeterSeries(calendar=local_calendar(fine, tariff.cycle, tariff.holidays), kw=np.repeat(kw, parts))
    if prices is not None:
        prices = PriceSeries(horizon=fine, price_per_kwh=tuple(np.repeat(prices.price_per_kwh, parts).tolist()))
    return finer, prices, split_note(parts, calendar)


def monthly_peaks(bill_: Bill, years_later: int = 0) -> dict[str, dict[str, float]]:
    """The metered peaks of a bill by charge and month, in the shape of `SiteState.past_peaks_kw`.

    `years_later=-1` dates them a year back. If every year is assumed to be the same (REopt's cyclic year), a year is
    billed with its own peaks as the peaks of the year before.
    """
    peaks: dict[str, dict[str, float]] = {}
    for period in bill_.periods:
        year, rest = period.period.label.split("-", 1)
        label = f"{int(year) + years_later:04d}-{rest}"
        for charge, kw in period.peaks_kw.items():
            peaks.setdefault(charge, {})[label] = kw
    return peaks


def _tier_kw(tariff: Tariff, demand: PeakLines) -> float:
    return demand.billed_kw.get(tariff.energy.demand, 0.0) if tariff.energy is not None else 0.0


def _with_riders_and_minimum(
    tariff: Tariff, calendar: LocalCalendar, index: int, charges: list[LineItem]
) -> list[LineItem]:
    """The lines of a billing period before taxes and annual minimum charges."""
    lines = charges + _fixed_lines(tariff, calendar, index)
    lines += _rider_lines(tariff, [rider for rider in tariff.riders if not rider.tax], lines)
    return lines + _minimum_lines(tariff, calendar, index, lines)


def _with_taxes(tariff: Tariff, lines: list[LineItem]) -> list[LineItem]:
    return lines + _rider_lines(tariff, [rider for rider in tariff.riders if rider.tax], lines)


def _fixed_lines(tariff: Tariff, calendar: LocalCalendar, index: int) -> list[LineItem]:
    days = quantity(calendar.covered_days(index))
    months = days / calendar.periods[index].days
    quantities = {"day": days, "month": months, "year": months / _MONTHS_A_YEAR}
    lines: list[tuple[str, Decimal, str, float]] = [
        (each.name, quantities[each.per], each.per, each.amount) for each in tariff.fixed if each.amount
    ]
    shares = calendar.covered_shares(index).tolist()
    for due in tariff.capacity:
        kw_days = exact(due.kw) * quantity(due.days(calendar.first_day, shares))
        lines += [(due.name, kw_days, "kW-day", due.rate_per_kw_day)] if kw_days else []
    return [
        LineItem(charge="fixed", name=name, quantity=amount, unit=unit, rate=exact(rate), cent=cent_of(tariff.currency))
        for name, amount, unit, rate in lines
    ]


def _rider_lines(tariff: Tariff, riders: list[Rider], lines: list[LineItem]) -> list[LineItem]:
    """One line for every rider and each kind of charge that it applies to."""
    bases = {kind: exact_sum(line for line in lines if line.charge == kind) for kind in KIND_NAMES}
    return [
        LineItem(
            charge=kind,
            name=f"{rider.name} on {kind}",
            quantity=bases[kind],
            unit=tariff.currency,
            rate=exact(rider.fraction),
            cent=cent_of(tariff.currency),
        )
        for rider in riders
        for kind in rider.applies_to
        if bases[kind]
    ]


def _minimum_lines(tariff: Tariff, calendar: LocalCalendar, index: int, lines: list[LineItem]) -> list[LineItem]:
    days = quantity(calendar.covered_days(index))
    quantities = {"day": days, "month": days / calendar.periods[index].days}
    least = max(
        (exact(charge.amount) * quantities[charge.per] for charge in tariff.minimum if charge.per in quantities),
        default=Decimal(),
    )
    return _shortfall("minimum charge", least - exact_sum(lines), tariff.currency) if least else []


def _shortfall(name: str, missing: Decimal, currency: str) -> list[LineItem]:
    if missing <= 0:
        return []
    return [
        LineItem(charge="minimum", name=name, quantity=Decimal(1), unit="bill", rate=missing, cent=cent_of(currency))
    ]


def _settle_years(tariff: Tariff, calendar: LocalCalendar, drafts: list[list[LineItem]]) -> tuple[str, ...]:
    """Add the shortfall below the annual minimum to the last bill of each full year; return the other years."""
    least = max((exact(charge.amount) for charge in tariff.minimum if charge.per == "year"), default=Decimal())
    unsettled = []
    for year in sorted({period.year for period in calendar.periods}) if least else ():
        indices = [index for index, period in enumerate(calendar.periods) if period.year == year]
        covered = sum(calendar.covered_days(index) for index in indices)
        if len(indices) < _MONTHS_A_YEAR or covered < sum(calendar.periods[index].days for index in indices):
            unsettled.append(str(year))
            continue
        charged = sum((exact_sum(drafts[index]) for index in indices), Decimal())
        drafts[indices[-1]] += _shortfall(f"annual minimum charge, {year}", least - charged, tariff.currency)
    return tuple(unsettled)


def _period_bill(
    calendar: LocalCalendar, index: int, lines: list[LineItem], demand: PeakLines, energy: EnergyBilling
) -> PeriodBill:
    horizon, period = calendar.horizon, calendar.periods[index]
    start = max(_midnight(period.start, horizon), horizon.start_of(0))
    end = min(_midnight(period.end, horizon), horizon.start_of(horizon.intervals))
    return PeriodBill(
        period=period,
        start=start,
        end=end,
        lines=tuple(lines),
        energy_kwh=energy.kwh(index),
        period_energy_kwh=energy.kwh_by_period(index),
        day_peaks_kw=demand.day_peaks_kw,
        peaks_kw=demand.peaks_kw,
        billed_kw=demand.billed_kw,
    )


def _midnight(day: date, horizon: Horizon) -> datetime:
    return datetime.combine(day, datetime.min.time(), zone(horizon.timezone))
