"""Bills: a tariff applied to a meter series, to the cent.

Nothing here uses `horizon_charges`: a plan's cost and its bill are two implementations that meet in one test.
"""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal

import numpy as np

from domain import Horizon, PriceSeries, SiteState
from domain.horizon import zone
from tariffs.bill import Bill, LineItem, PeriodBill, cent_of, exact_sum
from tariffs.billing_demand import BilledDemand, billed_demand, coincident_lines
from tariffs.billing_energy import EnergyBilling
from tariffs.billing_notes import bill_warnings, not_priced
from tariffs.calendar import FloatArray, LocalCalendar, local_calendar
from tariffs.coincident import CoincidentEvent
from tariffs.inputs import check_inputs
from tariffs.metered import MeterSeries, exact, quantity
from tariffs.rider import Rider
from tariffs.tariff import Tariff

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

    `prices` are market prices on the same horizon. `state` brings peaks and energy from before the horizon: of the billing
    period it starts in (`peaks_kw`, `energy_kwh`), and of earlier ones for ratchets (`past_peaks_kw`). `events` are
    coincident peaks. Where the horizon covers a part of a billing period, charges per month are shared by days; tier
    limits are not.

    Raises `UnableToAccept` for a series that does not fit its horizon, or prices, events or peaks that belong elsewhere.
    """
    check_inputs(tariff, horizon, prices, state, events, power_factor)
    calendar = local_calendar(horizon, tariff.cycle, tariff.holidays)
    meter = MeterSeries.of(horizon, np.asarray(kw, dtype=np.float64), calendar)
    known = state or SiteState()
    cent = cent_of(tariff.currency)
    energy = EnergyBilling(tariff, meter, prices, cent)
    demands = billed_demand(tariff, meter, known, power_factor or 1.0, cent)
    coincident = coincident_lines(tariff, meter, known, events, power_factor or 1.0, cent)
    drafts: list[list[LineItem]] = []
    for index, demand in enumerate(demands):
        so_far_kwh = known.energy_kwh if index == 0 else 0.0
        lines = energy.lines(index, _tier_kw(tariff, demand), so_far_kwh) + demand.lines + coincident[index]
        lines += _fixed_lines(tariff, calendar, index, cent)
        lines += _rider_lines([rider for rider in tariff.riders if not rider.tax], lines, tariff.currency, cent)
        drafts.append(lines + _minimum_lines(tariff, calendar, index, lines, cent))
    unsettled = _settle_years(tariff, calendar, drafts, cent)
    taxes = [rider for rider in tariff.riders if rider.tax]
    drafts = [lines + _rider_lines(taxes, lines, tariff.currency, cent) for lines in drafts]
    kwh = energy.bought_kwh.sum(axis=1)
    periods = [
        _period_bill(calendar, index, drafts[index], demand, float(kwh[index])) for index, demand in enumerate(demands)
    ]
    return Bill(
        currency=tariff.currency,
        periods=tuple(periods),
        not_priced=not_priced(tariff, prices, unsettled),
        warnings=bill_warnings(tariff, calendar, periods, known, events, power_factor),
    )


def monthly_peaks(bill_: Bill, years_later: int = 0) -> dict[str, dict[str, float]]:
    """The metered peaks of a bill by charge and month, in the shape of `SiteState.past_peaks_kw`.

    `years_later=-1` dates them a year back: a bill of a year in which every year is like it (REopt's cyclic year) is
    billed with its own peaks as those of the year before.
    """
    peaks: dict[str, dict[str, float]] = {}
    for period in bill_.periods:
        year, rest = period.period.label.split("-", 1)
        label = f"{int(year) + years_later:04d}-{rest}"
        for charge, kw in period.peaks_kw.items():
            peaks.setdefault(charge, {})[label] = kw
    return peaks


def _tier_kw(tariff: Tariff, demand: BilledDemand) -> float:
    return demand.billed_kw.get(tariff.energy.demand, 0.0) if tariff.energy is not None else 0.0


def _fixed_lines(tariff: Tariff, calendar: LocalCalendar, index: int, cent: Decimal) -> list[LineItem]:
    days = quantity(calendar.covered_days(index))
    months = days / calendar.periods[index].days
    quantities = {"day": days, "month": months, "year": months / _MONTHS_A_YEAR}
    return [
        LineItem(
            charge="fixed",
            name=charge.name,
            quantity=quantities[charge.per],
            unit=charge.per,
            rate=exact(charge.amount),
            cent=cent,
        )
        for charge in tariff.fixed
        if charge.amount
    ]


def _rider_lines(riders: list[Rider], lines: list[LineItem], currency: str, cent: Decimal) -> list[LineItem]:
    """One line for every rider and kind of charge that it rides on."""
    added = []
    for rider in riders:
        for kind in rider.on:
            base = exact_sum(line for line in lines if line.charge == kind)
            if base:
                name = f"{rider.name} on {kind}"
                rate = exact(rider.fraction)
                added.append(LineItem(charge=kind, name=name, quantity=base, unit=currency, rate=rate, cent=cent))
    return added


def _minimum_lines(
    tariff: Tariff, calendar: LocalCalendar, index: int, lines: list[LineItem], cent: Decimal
) -> list[LineItem]:
    days = quantity(calendar.covered_days(index))
    quantities = {"day": days, "month": days / calendar.periods[index].days}
    least = max(
        (exact(charge.amount) * quantities[charge.per] for charge in tariff.minimum if charge.per in quantities),
        default=Decimal(),
    )
    return _shortfall("minimum charge", least - exact_sum(lines), cent) if least else []


def _shortfall(name: str, missing: Decimal, cent: Decimal) -> list[LineItem]:
    if missing <= 0:
        return []
    return [LineItem(charge="minimum", name=name, quantity=Decimal(1), unit="bill", rate=missing, cent=cent)]


def _settle_years(
    tariff: Tariff, calendar: LocalCalendar, drafts: list[list[LineItem]], cent: Decimal
) -> tuple[str, ...]:
    """Add what is missing to the annual minimum to the last bill of each full year; return the years not covered."""
    least = max((exact(charge.amount) for charge in tariff.minimum if charge.per == "year"), default=Decimal())
    unsettled = []
    for year in sorted({period.label[:4] for period in calendar.periods}) if least else ():
        indices = [index for index, period in enumerate(calendar.periods) if period.label[:4] == year]
        covered = sum(calendar.covered_days(index) for index in indices)
        if len(indices) < _MONTHS_A_YEAR or covered < sum(calendar.periods[index].days for index in indices):
            unsettled.append(year)
            continue
        charged = sum((exact_sum(drafts[index]) for index in indices), Decimal())
        drafts[indices[-1]] += _shortfall(f"annual minimum charge, {year}", least - charged, cent)
    return tuple(unsettled)


def _period_bill(
    calendar: LocalCalendar, index: int, lines: list[LineItem], demand: BilledDemand, energy_kwh: float
) -> PeriodBill:
    horizon, period = calendar.horizon, calendar.periods[index]
    start = max(_midnight(period.start, horizon), horizon.start_of(0))
    end = min(_midnight(period.end, horizon), horizon.start_of(horizon.intervals))
    return PeriodBill(
        period=period,
        start=start,
        end=end,
        lines=tuple(lines),
        energy_kwh=energy_kwh,
        peaks_kw=demand.peaks_kw,
        billed_kw=demand.billed_kw,
    )


def _midnight(day: date, horizon: Horizon) -> datetime:
    return datetime.combine(day, datetime.min.time(), zone(horizon.timezone))
