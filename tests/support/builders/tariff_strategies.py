"""Generated tariffs with every feature, small horizons and loads; and a plan's cost by the terms that planners read."""

from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from ridethrough.domain import Horizon
from ridethrough.tariffs.calendar.billing_cycle import BillingCycle
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.charges.capacity import CapacityObligation
from ridethrough.tariffs.charges.coincident import CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import ContractDemand, DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.charges.fixed import FixedCharge
from ridethrough.tariffs.charges.market import EnergyAdder, IndexedPrice, MarketPrice
from ridethrough.tariffs.charges.minimum import MinimumCharge
from ridethrough.tariffs.charges.peak_rule import PeakRule
from ridethrough.tariffs.charges.ratchet import DemandRatchet
from ridethrough.tariffs.charges.reactive import ReactiveCharge
from ridethrough.tariffs.charges.rider import Rider
from ridethrough.tariffs.horizon.terms import DemandTerm, EnergyTierTerm, HorizonCharges, TierStep
from ridethrough.tariffs.tariff import Tariff

Loads = NDArray[np.float64]

SCHEDULE = RateSchedule(
    rules=(
        ScheduleRule(period="peak", months=(6, 7, 8), days=("weekday",), hours=((840, 1200),)),
        ScheduleRule(period="shoulder", days=("weekday", "saturday"), hours=((450, 840),)),
        ScheduleRule(period="base"),
    )
)

CYCLES = (
    BillingCycle(),
    BillingCycle(day_of_month=24),
    BillingCycle(read_dates=(date(2026, 6, 1), date(2026, 6, 25), date(2026, 7, 2), date(2026, 7, 30))),
)

OBLIGATION = CapacityObligation(
    name="obligation", kw=300.0, rate_per_kw_day=0.27, start=date(2026, 6, 24), end=date(2026, 7, 3)
)

INDEXED = MarketPrice(
    floor_per_kwh=0.0,
    cap_per_kwh=0.08,
    adders=(
        EnergyAdder(name="peak adder", per_kwh=0.02, schedule="hours", period="peak"),
        EnergyAdder(name="all", per_kwh=0.003),
    ),
    export=IndexedPrice(loss_factor=0.95, adder_per_kwh=-0.004, floor_per_kwh=0.0),
)

rates = st.integers(0, 3000).map(lambda n: n / 10000)
kw_rates = st.integers(0, 3000).map(lambda n: n / 100)


@st.composite
def energy_tiers(draw: st.DrawFn) -> tuple[EnergyTier, ...]:
    unit = draw(st.sampled_from(["kWh", "kWh daily", "kWh/kW", "kWh/kW daily"]))
    scale = {"kWh": 2000, "kWh daily": 60, "kWh/kW": 20, "kWh/kW daily": 1}[unit]
    limits = sorted(draw(st.sets(st.integers(1, 50), max_size=2)))
    tiers = [
        EnergyTier(rate_per_kwh=draw(rates), adjustment_per_kwh=draw(rates), up_to=n * scale, unit=unit) for n in limits
    ]
    tiers.append(EnergyTier(rate_per_kwh=draw(rates), sell_per_kwh=draw(rates), unit=unit))
    count = draw(st.sampled_from(["all", "all", "period"]))
    return tuple(replace(tier, count=count) for tier in tiers)


@st.composite
def demand_charges(draw: st.DrawFn, name: str) -> DemandCharge:
    limits = sorted(draw(st.sets(st.integers(20, 900), max_size=2)))
    tiers = (
        *(DemandTier(rate_per_kw=draw(kw_rates), up_to_kw=n) for n in limits),
        DemandTier(rate_per_kw=draw(kw_rates)),
    )
    hours = draw(st.sampled_from(["", "peak", "shoulder", "base"]))
    by = draw(st.sampled_from(["period", "period", "daily", "weekly", "yearly", "highest", "weeks", "periods"]))
    if by in {"yearly", "highest", "weeks", "periods"}:
        tiers = tiers[-1:] if by == "yearly" else tuple(sorted(tiers, key=lambda tier: tier.up_to_kw or np.inf))
    rules = {
        "highest": PeakRule(mean_of_highest=3),
        "weeks": PeakRule(mean_of_highest=2, apart="week"),
        "periods": PeakRule(mean_of_periods=12),
    }
    ratchet = (
        None
        if by != "period"
        else draw(
            st.none()
            | st.just(
                DemandRatchet(fractions=(0.75,) * 12, counted_fractions=(1.0, 0.9) * 6, own_fractions=(0.9,) * 12)
            )
        )
    )
    contract = draw(st.none() | st.just(ContractDemand(contract_kw=400, billed_fraction=0.5, overrun_rate_per_kw=30.0)))
    return DemandCharge(
        name=name,
        seasons=(DemandSeason(tiers=tiers, months=tuple(range(1, 13))),),
        schedule="hours" if hours else "",
        period=hours,
        unit=draw(st.sampled_from(["kW", "kVA", "hp"])),
        daily=by == "daily",
        weekly=by == "weekly",
        yearly=by == "yearly",
        peak=rules.get(by),
        window_minutes=draw(st.sampled_from([0, 30, 60])),
        minimum_kw=draw(st.sampled_from([0.0, 50.0])),
        ratchet=ratchet,
        contract=contract,
    )


@st.composite
def tariffs(draw: st.DrawFn) -> Tariff:
    names = ("peak", "shoulder", "base")
    measured = DemandCharge(name="facility", seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=draw(kw_rates)),)),))
    energy = EnergyCharge(
        periods=tuple(EnergyPeriod(name=name, tiers=draw(energy_tiers())) for name in names),
        schedule="hours",
        demand="facility",
        fuel_adjustment_per_kwh=draw(st.just(()) | st.just(tuple(n / 1000 for n in range(12)))),
        market=draw(st.none() | st.just(MarketPrice(loss_factor=1.05, adder_per_kwh=0.01)) | st.just(INDEXED)),
    )
    coincident = CoincidentPeakCharge(
        name="coincident",
        seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=draw(kw_rates)),)),),
        combine=draw(st.sampled_from(["highest", "mean"])),
        peaks=draw(st.sampled_from([0, 0, 3])),
    )
    per = st.sampled_from(["day", "month", "year"])
    charges = (draw(demand_charges("one")), draw(demand_charges("two")))
    least = draw(st.just(()) | st.just((MinimumCharge(amount=20_000.0),)))
    return Tariff(
        name="generated",
        cycle=draw(st.sampled_from(CYCLES)),
        schedules={"hours": SCHEDULE},
        energy=energy,
        demand=(measured, *charges),
        coincident=draw(st.just(()) | st.just((coincident,))),
        reactive=draw(
            st.just(())
            | st.just(
                (ReactiveCharge(name="kvar", rate_per_kvar=1.3, free_kvar_per_kw=0.3, window_minutes=60, months=(6,)),)
            )
        ),
        capacity=draw(st.just(()) | st.just((OBLIGATION,))),
        fixed=(FixedCharge(name="meter", amount=draw(kw_rates), per=draw(per)),),
        minimum=() if any(charge.yearly for charge in charges) else least,
        riders=draw(
            st.just(())
            | st.just(
                (
                    Rider(name="surcharge", fraction=0.03, applies_to=("energy", "demand")),
                    Rider(
                        name="sales tax",
                        fraction=0.0725,
                        applies_to=("energy", "demand", "coincident", "fixed", "minimum"),
                        tax=True,
                    ),
                )
            )
        ),
    )


def untiered(tariff: Tariff) -> Tariff:
    """The tariff with the last tier of each energy period for all of its energy."""
    assert tariff.energy is not None
    periods = tuple(EnergyPeriod(name=each.name, tiers=each.tiers[-1:]) for each in tariff.energy.periods)
    return replace(tariff, energy=replace(tariff.energy, periods=periods))


uneven_horizons = st.builds(
    lambda day, quarter, days, minutes, zone: Horizon(
        start=datetime(2026, 6, day, quarter // 4, quarter % 4 * 15, tzinfo=UTC),
        interval_minutes=minutes,
        intervals=24 * 60 // minutes * days,
        timezone=zone,
    ),
    day=st.integers(20, 30),
    quarter=st.integers(0, 95),
    days=st.integers(1, 9),
    minutes=st.sampled_from([10, 20, 45, 60]),
    zone=st.sampled_from(["America/New_York", "Europe/Berlin"]),
)
"""Horizons whose intervals have borders of days, hours and windows of generated tariffs inside."""

horizons = st.builds(
    lambda day, hour, days, zone: Horizon(
        start=datetime(2026, 6, day, hour, tzinfo=UTC), interval_minutes=30, intervals=48 * days, timezone=zone
    ),
    day=st.integers(20, 30),
    hour=st.integers(0, 23),
    days=st.integers(1, 14),
    zone=st.sampled_from(["America/New_York", "Europe/Berlin", "UTC"]),
)


def load_of(horizon: Horizon, seed: int) -> Loads:
    return np.random.default_rng(seed).uniform(-50, 800, horizon.intervals)


def cost_of(charges: HorizonCharges, kw: Loads) -> float:
    """What a plan with this meter series costs, by the terms alone: the arithmetic that a model writes down."""
    kwh = np.maximum(kw, 0) * charges.horizon.interval_h
    sold = np.maximum(-kw, 0) * charges.horizon.interval_h
    billed = billed_kw(charges, kw)
    by_period: dict[str, dict[str, float]] = {}

    def add(period: str, kind: str, amount: float) -> None:
        kinds = by_period.setdefault(period, {})
        kinds[kind] = kinds.get(kind, 0.0) + amount

    for term, demand in zip(charges.demand, billed, strict=True):
        add(term.billing_period, term.kind, priced([(s.up_to_kw, s.rate_per_kw) for s in term.steps], 0.0, demand))
    for tier in charges.tiers:
        scale = next(
            (
                d
                for t, d in zip(charges.demand, billed, strict=True)
                if (t.charge, t.billing_period) == (tier.demand, tier.billing_period)
            ),
            0.0,
        )
        add(tier.billing_period, "energy", tiered(tier, kwh, scale))
    total = charges.fixed + float(charges.energy_per_kwh @ kwh) - float(charges.export_per_kwh @ sold)
    total += sum(amount for kinds in by_period.values() for amount in kinds.values())
    for least in charges.minimum:
        inside = least.intervals
        kinds = dict(by_period.get(least.billing_period, {}))
        kinds["energy"] = kinds.get("energy", 0.0) + float(charges.energy_per_kwh[inside] @ kwh[inside])
        kinds["export"] = -float(charges.export_per_kwh[inside] @ sold[inside])
        charged = least.fixed_amount + sum(least.before_tax[kind] * amount for kind, amount in kinds.items())
        total += least.multiplier * max(0.0, least.amount - charged)
    return total


def billed_kw(charges: HorizonCharges, kw: Loads) -> list[float]:
    metered = [metered_kw(term, kw) for term in charges.demand]
    return [
        max(
            term.own_fraction * peak
            + term.added_kw
            + sum(link.fraction * metered[link.index] for link in term.links if link.adds),
            term.floor_kw,
            *(link.fraction * metered[link.index] for link in term.links if not link.adds),
        )
        for term, peak in zip(charges.demand, metered, strict=True)
    ]


def metered_kw(term: DemandTerm, kw: Loads) -> float:
    if term.apart is not None:
        days = dict(enumerate(term.apart.so_far_kw.tolist()))
        for day, window in zip(term.apart.day.tolist(), term.windows, strict=True):
            days[day] = max(days[day], float(kw[window].mean()))
        return sum(sorted(days.values(), reverse=True)[: term.apart.number]) / term.apart.number
    demands = [float(kw[window].mean()) for window in term.windows] or [*kw[term.intervals]]
    return max([0.0, term.peak_so_far_kw, *demands])


def priced(steps: list[tuple[float, float]], start: float, end: float) -> float:
    """The cost of the stretch from `start` to `end` through steps of (upper limit, rate)."""
    cost, low = 0.0, start
    for limit, rate in steps:
        top = max(low, min(limit, end))
        cost += rate * (top - low)
        low = top
    return cost


def resolved(steps: tuple[TierStep, ...], demand_kw: float) -> list[tuple[float, float]]:
    def limit(step: TierStep) -> float:
        cap = step.cap_kwh_per_kw * demand_kw if np.isfinite(step.cap_kwh_per_kw) else np.inf
        grown = step.kwh_per_kw * demand_kw if step.kwh_per_kw else 0.0
        return min(step.kwh + grown, cap)

    return [(limit(step), step.price_per_kwh) for step in steps]


def tiered(term: EnergyTierTerm, kwh: Loads, demand_kw: float) -> float:
    start = term.energy_so_far_kwh
    used = float(kwh[term.intervals].sum())
    if used <= 0:
        return 0.0
    shared = sum(
        float(kwh[period.intervals].sum()) / used * priced(resolved(period.steps, demand_kw), start, start + used)
        for period in term.periods
    )
    if term.separable:
        premium = priced(resolved(term.premium_steps, demand_kw), start, start + used)
        separate = premium + float(term.base_per_kwh @ kwh[term.intervals])
        assert abs(separate - shared) <= 1e-9 * max(1.0, abs(shared))
    return shared
