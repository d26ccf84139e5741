"""Energy prices over a horizon: the price of each interval's kWh, and the tiers, which depend on all intervals."""

import numpy as np

from ridethrough.domain import PriceSeries, SiteState
from ridethrough.tariffs.calendar.local_calendar import FloatArray, IndexArray, LocalCalendar
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod
from ridethrough.tariffs.charges.market import IndexedPrice
from ridethrough.tariffs.charges.rider import ridden
from ridethrough.tariffs.horizon.terms import EnergyTierTerm, TieredPeriod, TierStep
from ridethrough.tariffs.not_priced import NotPriced, UnableToPrice
from ridethrough.tariffs.tariff import Tariff

_DIGITS = 12  # prices whose difference is below this have the same premium


def energy_prices(tariff: Tariff, calendar: LocalCalendar, prices: PriceSeries | None) -> FloatArray:
    """Price per imported kWh of every interval, with riders and taxes, without tiers.

    Raises `UnableToPrice` if the tariff follows a market and no prices are given.
    """
    price = np.zeros(calendar.horizon.intervals)
    energy = tariff.energy
    if energy is not None:
        flat = np.array([0.0 if period.is_tiered else period.tiers[0].price_per_kwh for period in energy.periods])
        price += flat[_held(tariff, energy, calendar)]
        if energy.fuel_adjustment_per_kwh:
            price += np.array(energy.fuel_adjustment_per_kwh)[calendar.month]
    market = energy.market if energy is not None else None
    if prices is not None:
        price += _indexed(prices, market)
        for adder in market.adders if market is not None else ():
            price[calendar.hours_of(tariff.schedules.get(adder.schedule), adder.period)] += adder.per_kwh
    elif market is not None:
        reason = "energy follows a market price; give prices for the horizon"
        raise UnableToPrice([NotPriced(field="energy.market", reason=reason)])
    return price * ridden(tariff.riders, "energy")


def _indexed(prices: PriceSeries, indexed: IndexedPrice | None) -> FloatArray:
    """The price of every interval that follows the market: as it is, or by the rules of the tariff."""
    market = np.array(prices.price_per_kwh)
    if indexed is None:
        return market
    low, high = indexed.limits
    return np.asarray(np.minimum(np.maximum(market, low), high) * indexed.loss_factor + indexed.adder_per_kwh)


def export_prices(tariff: Tariff, calendar: LocalCalendar, prices: PriceSeries | None) -> FloatArray:
    """The earnings of an exported kWh in every interval: the sell rate of the first tier, and a market price."""
    if tariff.energy is None:
        return np.zeros(calendar.horizon.intervals)
    sell = np.array([period.tiers[0].sell_per_kwh for period in tariff.energy.periods])
    price = sell[_held(tariff, tariff.energy, calendar)]
    market = tariff.energy.market
    if prices is not None and market is not None and market.export is not None:
        price = price + _indexed(prices, market.export)
    return np.asarray(price * ridden(tariff.riders, "export"))


def tier_terms(tariff: Tariff, calendar: LocalCalendar, state: SiteState) -> tuple[EnergyTierTerm, ...]:
    """One term per billing period in which a tiered price holds, and one for each period that counts its own energy."""
    energy = tariff.energy
    if energy is None or not any(period.is_tiered for period in energy.periods):
        return ()
    held = _held(tariff, energy, calendar)
    terms = []
    for index, period in enumerate(calendar.periods):
        within = np.flatnonzero(calendar.period == index)
        found = [energy.periods[number] for number in np.unique(held[within])]
        tiered = [
            TieredPeriod(
                name=one.name,
                intervals=within[held[within] == energy.periods.index(one)],
                steps=_steps(one, period.days, ridden(tariff.riders, "energy")),
            )
            for one in found
            if one.is_tiered
        ]
        so_far = state if index == 0 else SiteState()
        own = {one.name for one in found if one.counts_its_own}
        shared = tuple(one for one in tiered if one.name not in own)
        if shared:
            terms.append(_term(period.label, within, shared, so_far.energy_kwh, energy.demand))
        terms += [
            _term(period.label, one.intervals, (one,), so_far.period_energy_kwh.get(one.name, 0.0), energy.demand)
            for one in tiered
            if one.name in own
        ]
    return tuple(terms)


def _held(tariff: Tariff, energy: EnergyCharge, calendar: LocalCalendar) -> IndexArray:
    return calendar.schedule_period(tariff.schedules.get(energy.schedule), [period.name for period in energy.periods])


def _steps(period: EnergyPeriod, days: int, scale: float) -> tuple[TierStep, ...]:
    return tuple(
        TierStep(
            price_per_kwh=step.tier.price_per_kwh * scale,
            kwh=step.kwh,
            kwh_per_kw=step.kwh_per_kw,
            cap_kwh_per_kw=step.cap_kwh_per_kw,
        )
        for step in period.steps(days)
    )


def _term(
    label: str, intervals: IndexArray, tiered: tuple[TieredPeriod, ...], so_far_kwh: float, demand: str
) -> EnergyTierTerm:
    """Combine the periods, and separate a common premium over tiers if there is one."""
    premiums = {
        tuple(
            (round(s.price_per_kwh - p.steps[0].price_per_kwh, _DIGITS), s.kwh, s.kwh_per_kw, s.cap_kwh_per_kw)
            for s in p.steps
        )
        for p in tiered
    }
    covered = sum(len(period.intervals) for period in tiered) == len(intervals)
    separable = covered and len(premiums) == 1
    base = np.zeros(len(intervals) if separable else 0)
    premium_steps: tuple[TierStep, ...] = ()
    if separable:
        for period in tiered:
            base[np.searchsorted(intervals, period.intervals)] = period.steps[0].price_per_kwh
        premium_steps = tuple(
            TierStep(price_per_kwh=price, kwh=kwh, kwh_per_kw=per_kw, cap_kwh_per_kw=cap)
            for price, kwh, per_kw, cap in next(iter(premiums))
        )
    return EnergyTierTerm(
        billing_period=label,
        intervals=intervals,
        periods=tiered,
        energy_so_far_kwh=so_far_kwh,
        demand=demand
        if any(step.kwh_per_kw or np.isfinite(step.cap_kwh_per_kw) for p in tiered for step in p.steps)
        else "",
        separable=separable,
        base_per_kwh=base,
        premium_steps=premium_steps,
    )
