"""Lay a tariff over a horizon, for the optimizer. `tariffs.horizon.terms` describes the result."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import numpy as np

from ridethrough.domain import Horizon, PriceSeries, SiteState
from ridethrough.tariffs.calendar.billing_cycle import BillingCycle
from ridethrough.tariffs.calendar.local_calendar import FloatArray, IndexArray, LocalCalendar
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.charges.kind import COUNTED_BY_MINIMUMS
from ridethrough.tariffs.charges.rider import multiplier
from ridethrough.tariffs.horizon.case import HorizonCase
from ridethrough.tariffs.horizon.energy import energy_prices, export_prices, tier_terms
from ridethrough.tariffs.horizon.folding import folded
from ridethrough.tariffs.horizon.metered_kinds import peak_terms
from ridethrough.tariffs.horizon.terms import (
    DemandStep,
    DemandTerm,
    EnergyTierTerm,
    HorizonCharges,
    MinimumTerm,
    PeaksApart,
    RatchetLink,
    TieredPeriod,
    TierStep,
)
from ridethrough.tariffs.horizon.yearly import billed_before
from ridethrough.tariffs.inputs import check_inputs
from ridethrough.tariffs.resolution import assumed, calendar_of_plans, parts_of_an_interval, split_note
from ridethrough.tariffs.tariff import Tariff

__all__ = [
    "DemandStep",
    "DemandTerm",
    "EnergyTierTerm",
    "FloatArray",
    "HorizonCharges",
    "IndexArray",
    "MinimumTerm",
    "PeaksApart",
    "RatchetLink",
    "TierStep",
    "TieredPeriod",
    "charges_over",
]


def charges_over(
    tariff: Tariff,
    horizon: Horizon,
    *,
    prices: PriceSeries | None = None,
    state: SiteState | None = None,
    events: Sequence[CoincidentEvent] = (),
    power_factor: float | None = None,
) -> HorizonCharges:
    """Resolve every charge of `tariff` over `horizon` to plain numbers.

    `prices` are market prices on the same horizon, priced by the tariff's `market` (or as they are, where it has none).
    `state` brings the peaks and the energy of the billing period so far, and past peaks for ratchets. `events` are
    coincident peaks, known or possible. `power_factor` turns kW into kVA; without it the tariff's counts.

    Raises `UnableToPrice` for an indexed tariff without prices, `UnableToAccept` for prices on another horizon, events
    or state of a charge that the tariff does not have, or a horizon before the first read date.
    """
    check_inputs(tariff, horizon, prices=prices, state=state, events=events, power_factor=power_factor)
    calendar = calendar_of_plans(tariff, horizon)
    power_factor = tariff.power_factor if power_factor is None else power_factor
    notes = [*assumed(tariff, horizon, power_factor, "the plan"), *_assumed_readings(tariff, calendar.cycle)]
    parts = parts_of_an_interval(tariff, calendar)
    if parts > 1:
        notes += split_note(parts, calendar)
        calendar = calendar_of_plans(tariff, horizon.split(parts))
        prices = None if prices is None else _split(prices, parts)
    case = HorizonCase(
        tariff=tariff,
        calendar=calendar,
        state=state or SiteState(),
        prices=prices,
        events=events,
        power_factor=power_factor or 1.0,
    )
    charges = _charges(case, (*_warnings(tariff, events), *notes))
    return folded(charges, horizon, parts) if parts > 1 else charges


def _split(prices: PriceSeries, parts: int) -> PriceSeries:
    values = np.repeat(prices.price_per_kwh, parts).tolist()
    return PriceSeries(horizon=prices.horizon.split(parts), price_per_kwh=tuple(values))


def _charges(case: HorizonCase, warnings: tuple[str, ...]) -> HorizonCharges:
    tariff, calendar = case.tariff, case.calendar
    return HorizonCharges(
        horizon=calendar.horizon,
        energy_per_kwh=energy_prices(tariff, calendar, case.prices),
        export_per_kwh=export_prices(tariff, calendar, case.prices),
        tiers=tier_terms(tariff, calendar, case.state),
        demand=peak_terms(case),
        minimum=_minimum_terms(tariff, calendar),
        fixed=sum(_fixed(tariff, calendar, index) for index in range(len(calendar.periods)))
        * multiplier(tariff.riders, "fixed", tax=True)
        - billed_before(case),
        warnings=warnings,
    )


def _fixed(tariff: Tariff, calendar: LocalCalendar, period: int) -> float:
    """Fixed charges of the covered part of a billing period, riders included, before taxes."""
    days = calendar.covered_days(period)
    months = days / calendar.periods[period].days
    quantity = {"day": days, "month": months, "year": months / 12}
    amount = sum(charge.amount * quantity[charge.per] for charge in tariff.fixed)
    for due in tariff.capacity:
        for number, share in enumerate(calendar.covered_shares(period).tolist()):
            if due.holds_on(calendar.first_day + timedelta(days=number)):
                amount += share * due.kw * due.rate_per_kw_day
    return amount * multiplier(tariff.riders, "fixed", tax=False)


def _minimum_terms(tariff: Tariff, calendar: LocalCalendar) -> tuple[MinimumTerm, ...]:
    before_tax = {kind: 1 / multiplier(tariff.riders, kind, tax=True) for kind in COUNTED_BY_MINIMUMS}
    terms = []
    for index, period in enumerate(calendar.periods):
        days = calendar.covered_days(index)
        quantity = {"day": days, "month": days / period.days}
        amounts = [charge.amount * quantity[charge.per] for charge in tariff.minimum if charge.per in quantity]
        if any(amounts):
            terms.append(
                MinimumTerm(
                    billing_period=period.label,
                    amount=max(amounts),
                    fixed_amount=_fixed(tariff, calendar, index),
                    intervals=np.flatnonzero(calendar.period == index),
                    before_tax=before_tax,
                    multiplier=multiplier(tariff.riders, "minimum", tax=True),
                )
            )
    return tuple(terms)


def _assumed_readings(tariff: Tariff, cycle: BillingCycle) -> Iterator[str]:
    if cycle != tariff.cycle:
        before, known = tariff.cycle.read_dates[-2:]
        days = (known - before).days
        yield f"no reading after {known} is known: billing periods of {days} days, as the last, are assumed from there"


def _warnings(tariff: Tariff, events: Sequence[CoincidentEvent]) -> tuple[str, ...]:
    notes = [f"not priced: {entry}" for entry in tariff.not_priced]
    known = {event.charge for event in events}
    notes += [
        f"{charge.name}: no events are given, so the highest demand in its hours is priced, the most that it can be"
        for charge in tariff.coincident
        if charge.name not in known
    ]
    notes += [
        f"{charge.name}: a peak also counts in the {charge.periods - 1} bills after this one, which no plan prices"
        for charge in tariff.demand
        if charge.periods > 1
    ]
    if any(charge.per == "year" for charge in tariff.minimum):
        notes.append("the annual minimum charge is settled on the bill of a year and is not in a plan")
    return tuple(notes)
