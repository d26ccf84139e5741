"""Lay a tariff over a horizon, for the optimizer. What comes out is described in `tariffs.horizon.terms`."""

from collections.abc import Sequence

import numpy as np

from ridethrough.domain import Horizon, PriceSeries, SiteState
from ridethrough.tariffs.calendar.local_calendar import FloatArray, IndexArray, LocalCalendar, local_calendar
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.charges.kind import COUNTED_BY_MINIMUMS
from ridethrough.tariffs.charges.rider import multiplier
from ridethrough.tariffs.horizon.case import HorizonCase
from ridethrough.tariffs.horizon.energy import energy_prices, export_prices, tier_terms
from ridethrough.tariffs.horizon.metered_kinds import peak_terms
from ridethrough.tariffs.horizon.terms import (
    DemandStep,
    DemandTerm,
    EnergyTierTerm,
    HorizonCharges,
    MinimumTerm,
    RatchetLink,
    TieredPeriod,
    TierStep,
)
from ridethrough.tariffs.inputs import check_inputs
from ridethrough.tariffs.tariff import Tariff

__all__ = [
    "DemandStep",
    "DemandTerm",
    "EnergyTierTerm",
    "FloatArray",
    "HorizonCharges",
    "IndexArray",
    "MinimumTerm",
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
    power_factor: float = 1.0,
) -> HorizonCharges:
    """Resolve every charge of `tariff` over `horizon` to plain numbers.

    `prices` are market prices on the same horizon, priced by the tariff's `market` (or as they are, where it has none).
    `state` brings the peaks and the energy of the billing period so far, and past peaks for ratchets. `events` are
    coincident peaks, known or possible. `power_factor` turns kW into kVA.

    Raises `UnableToPrice` for an indexed tariff without prices, `UnableToAccept` for prices on another horizon, events
    or state of a charge that the tariff does not have, or read dates that do not cover the horizon.
    """
    check_inputs(tariff, horizon, prices=prices, state=state, events=events, power_factor=power_factor)
    calendar = local_calendar(horizon, tariff.cycle, tariff.holidays)
    state = state or SiteState()
    case = HorizonCase(
        tariff=tariff, calendar=calendar, state=state, prices=prices, events=events, power_factor=power_factor
    )
    return HorizonCharges(
        horizon=horizon,
        energy_per_kwh=energy_prices(tariff, calendar, prices),
        export_per_kwh=export_prices(tariff, calendar),
        tiers=tier_terms(tariff, calendar, state),
        demand=peak_terms(case),
        minimum=_minimum_terms(tariff, calendar),
        fixed=sum(_fixed(tariff, calendar, index) for index in range(len(calendar.periods)))
        * multiplier(tariff.riders, "fixed", tax=True),
        warnings=_warnings(tariff, events),
    )


def _fixed(tariff: Tariff, calendar: LocalCalendar, period: int) -> float:
    """Fixed charges of the covered part of a billing period, riders included, before taxes."""
    days = calendar.covered_days(period)
    months = days / calendar.periods[period].days
    quantity = {"day": days, "month": months, "year": months / 12}
    amount = sum(charge.amount * quantity[charge.per] for charge in tariff.fixed)
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


def _warnings(tariff: Tariff, events: Sequence[CoincidentEvent]) -> tuple[str, ...]:
    notes = [f"not priced: {entry}" for entry in tariff.not_priced]
    known = {event.charge for event in events}
    notes += [
        f"{charge.name}: no events are given, so the highest demand in its hours is priced, the most that it can be"
        for charge in tariff.coincident
        if charge.name not in known
    ]
    if any(charge.per == "year" for charge in tariff.minimum):
        notes.append("the annual minimum charge is settled on the bill of a year and is not in a plan")
    return tuple(notes)
