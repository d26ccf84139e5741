from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from simple_tariffs import JANUARY, YEAR, amounts, demand, flat, january

from ridethrough.domain import Horizon, Interval, PriceSeries, SiteState
from ridethrough.tariffs.billing.exact_bill import bill, monthly_peaks
from ridethrough.tariffs.calendar.billing_cycle import BillingCycle
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.charges.coincident import CoincidentEvent, CoincidentPeakCharge
from ridethrough.tariffs.charges.demand import ContractDemand, DemandSeason, DemandTier
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier, MarketPrice
from ridethrough.tariffs.charges.fixed import FixedCharge
from ridethrough.tariffs.charges.minimum import MinimumCharge
from ridethrough.tariffs.charges.ratchet import DemandRatchet
from ridethrough.tariffs.charges.rider import Rider
from ridethrough.tariffs.tariff import Tariff


def test_a_flat_rate_costs_energy_times_rate_to_the_cent() -> None:
    billed = january(Tariff(name="flat", energy=flat(0.1234)), 1.115)
    assert amounts(billed, "energy") == [
        ("energy", Decimal("829.56"), "kWh", Decimal("0.1234"), Decimal("102.37")),
    ]
    assert billed.exact_total == Decimal("102.367704")


def test_cents_are_rounded_half_up_and_only_in_lines() -> None:
    fixed = (FixedCharge(name="a", amount=0.125), FixedCharge(name="b", amount=0.125))
    billed = january(Tariff(name="x", fixed=fixed))
    assert [line.amount for line in billed.lines] == [Decimal("0.13"), Decimal("0.13")]
    assert billed.exact_total == Decimal("0.250")
    yen = january(Tariff(name="x", currency="JPY", fixed=(FixedCharge(name="a", amount=1801.5),)))
    assert yen.total == Decimal(1802)


def test_fixed_charges_count_days_and_share_a_month_by_days() -> None:
    fixed = (
        FixedCharge(name="daily", amount=2),
        FixedCharge(name="day", amount=2, per="day"),
        FixedCharge(name="year", amount=1200, per="year"),
        FixedCharge(name="nothing", amount=0),
    )
    spring = Horizon(
        start=datetime(2026, 3, 1, 5, tzinfo=UTC),
        interval_minutes=60,
        intervals=24 * 30 - 1,
        timezone="America/New_York",
    )
    billed = bill(Tariff(name="x", fixed=fixed), spring, np.zeros(719))
    quantities = [line.quantity for line in billed.lines]
    assert [period.period.label for period in billed.periods] == ["2026-03"]
    assert quantities == [Decimal("30.0") / 31, Decimal("30.0"), Decimal("30.0") / 31 / 12]
    assert billed.periods[0].start.isoformat() == "2026-03-01T00:00:00-05:00"
    assert billed.periods[0].end.isoformat() == "2026-03-31T00:00:00-04:00"


def test_demand_tiers_are_lines_of_their_own() -> None:
    seasons = (DemandSeason(tiers=(DemandTier(rate_per_kw=5, up_to_kw=60), DemandTier(rate_per_kw=4))),)
    billed = january(Tariff(name="x", demand=(demand(seasons=seasons),)))
    assert amounts(billed, "demand") == [
        ("facility, tier 1", Decimal(60), "kW", Decimal("5.0"), Decimal("300.00")),
        ("facility, tier 2", Decimal(40), "kW", Decimal("4.0"), Decimal("160.00")),
    ]


def test_demand_in_kva_and_hp_is_billed_in_that_unit() -> None:
    tariff = Tariff(name="x", demand=(demand(unit="kVA"), demand(name="motors", unit="hp")))
    billed = january(tariff, 80.0, power_factor=0.8)
    assert [(line.unit, round(line.quantity, 4)) for line in billed.lines] == [
        ("kVA", Decimal("100.0000")),
        ("hp", Decimal("107.2817")),
    ]
    assert "no power factor" in january(tariff).warnings[0]


def test_daily_demand_sums_the_peaks_of_days() -> None:
    kw = np.zeros(744)
    kw[[5, 30, 31]] = [10.0, 20.0, 15.0]
    billed = january(
        Tariff(name="x", demand=(demand(1.0, daily=True),)), kw, state=SiteState(peaks_kw={"facility": 12.0})
    )
    assert amounts(billed, "demand")[0][1:3] == (Decimal("32.0"), "kW-day")


def test_a_demand_window_is_the_mean_of_its_intervals() -> None:
    kw = np.zeros(744)
    kw[1:3] = 100.0
    tariff = Tariff(name="x", demand=(demand(1.0, window_minutes=120),))
    assert january(tariff, kw).total == Decimal("50.00")
    short = Tariff(name="x", demand=(demand(1.0, window_minutes=15),))
    assert january(short, kw).total == Decimal("100.00")
    assert "mean of 15 minutes" in january(short, kw).warnings[0]


def test_contract_demand_is_billed_at_least_and_overruns_cost_more() -> None:
    contract = ContractDemand(contract_kw=80, billed_fraction=0.9, overrun_rate_per_kw=15)
    tariff = Tariff(name="x", demand=(demand(10.0, contract=contract),))
    assert january(tariff, 100.0).total == Decimal("1100.00")
    assert january(tariff, 10.0).total == Decimal("720.00")
    plain = Tariff(name="x", demand=(demand(10.0, contract=ContractDemand(contract_kw=80)),))
    assert january(plain, 100.0).total == Decimal("1000.00")


def test_a_ratchet_remembers_peaks_of_the_state_and_of_the_series() -> None:
    ratchet = DemandRatchet(fractions=(0.5,) * 12, months_back=2)
    tariff = Tariff(name="x", demand=(demand(1.0, ratchet=ratchet),))
    kw = np.full(8760, 10.0)
    kw[24 * 31] = 100.0  # February 1
    past = {"facility": {"2025-12": 60.0, "2025-10": 900.0, "2026-01": 900.0}}
    billed = bill(tariff, YEAR, kw, state=SiteState(past_peaks_kw=past))
    assert [period.billed_kw["facility"] for period in billed.periods[:6]] == [30, 100, 50, 50, 10, 10]
    assert not billed.warnings
    assert "ratchet knows only" in bill(tariff, YEAR, kw).warnings[0]
    assert monthly_peaks(billed, -1)["facility"]["2025-02"] == 100.0


def test_energy_tiers_start_from_what_was_used_before() -> None:
    tiers = (EnergyTier(rate_per_kwh=0.2, up_to=1000), EnergyTier(rate_per_kwh=0.1))
    tariff = Tariff(name="x", energy=EnergyCharge(periods=(EnergyPeriod(name="energy", tiers=tiers),)))
    assert january(tariff, 1.0).total == Decimal("148.80")
    assert january(tariff, 1.0, state=SiteState(energy_kwh=900)).total == Decimal("84.40")
    assert january(tariff, 0.0).total == 0


def test_riders_ride_on_charges_and_taxes_on_both() -> None:
    riders = (
        Rider(name="surcharge", fraction=0.1, applies_to=("energy", "export")),
        Rider(name="tax", fraction=0.05, tax=True),
    )
    billed = january(Tariff(name="x", energy=flat(), riders=riders), 10.0)
    assert amounts(billed, "energy") == [
        ("energy", Decimal("7440.0"), "kWh", Decimal("0.1"), Decimal("744.00")),
        ("surcharge on energy", Decimal("744.000"), "USD", Decimal("0.1"), Decimal("74.40")),
        ("tax on energy", Decimal("818.40000"), "USD", Decimal("0.05"), Decimal("40.92")),
    ]


def test_export_earns_the_sell_rate_and_is_not_netted() -> None:
    kw = np.full(744, 10.0)
    kw[:100] = -20.0
    billed = january(Tariff(name="x", energy=flat()), kw)
    assert amounts(billed, "export") == [
        ("export, energy", Decimal("2000.0"), "kWh", Decimal("-0.03"), Decimal("-60.00")),
    ]
    assert billed.exact_of("energy") == Decimal("644.0")


def test_market_energy_is_priced_by_its_interval_with_losses_and_adder() -> None:
    market = flat(0.01, market=MarketPrice(loss_factor=1.1, adder_per_kwh=0.002))
    tariff = Tariff(name="x", energy=market)
    kw = np.arange(744.0)
    prices = PriceSeries(horizon=JANUARY, price_per_kwh=tuple(0.0001 * n for n in range(744)))
    billed = january(tariff, kw, prices=prices)
    expected = kw.sum() * 0.012 + 1.1 * 0.0001 * (kw**2).sum()
    assert float(billed.exact_total) == pytest.approx(expected, rel=1e-12)
    assert [line.name for line in billed.lines] == ["energy", "market energy", "market adder"]
    assert january(tariff, kw).not_priced[0].field == "energy.market"
    plain = january(Tariff(name="x"), kw, prices=prices)
    assert [line.name for line in plain.lines] == ["market energy"]
    assert january(Tariff(name="x"), 0.0, prices=prices).lines == ()


def test_fuel_adjustments_follow_the_month_of_each_kwh() -> None:
    cycle = BillingCycle(day_of_month=16)
    adjusted = flat(0.1, fuel_adjustment_per_kwh=tuple(month / 100 for month in range(1, 13)))
    billed = bill(Tariff(name="x", energy=adjusted, cycle=cycle), YEAR.first(59 * 24), np.ones(59 * 24))
    assert [line.name for line in billed.periods[1].lines] == [
        "energy", "fuel adjustment, January", "fuel adjustment, February",
    ]  # fmt: skip


def test_a_minimum_charge_is_a_line_with_what_is_missing() -> None:
    tariff = Tariff(name="x", energy=flat(), minimum=(MinimumCharge(amount=100), MinimumCharge(amount=4, per="day")))
    assert january(tariff, 1.0).total == Decimal("124.00")
    assert amounts(january(tariff, 1.0), "minimum")[0][-1] == Decimal("49.60")
    assert january(tariff, 10.0).total == Decimal("744.00")


def test_an_annual_minimum_is_settled_with_the_last_bill_of_a_full_year() -> None:
    tariff = Tariff(name="x", energy=flat(), minimum=(MinimumCharge(amount=1000, per="year"),))
    billed = bill(tariff, YEAR, np.full(8760, 1.0))
    assert amounts(billed, "minimum")[0][-1] == Decimal("124.00")
    assert billed.periods[-1].lines[-1].charge == "minimum"
    assert bill(tariff, YEAR, np.full(8760, 2.0)).total == Decimal("1752.00")
    assert "all of 2026" in january(tariff, 1.0).not_priced[0].reason


def test_coincident_demand_is_billed_by_events_or_by_its_hours() -> None:
    evening = RateSchedule(rules=(ScheduleRule(period="evening", hours=((1080, 1260),)), ScheduleRule(period="other")))
    season = DemandSeason(tiers=(DemandTier(rate_per_kw=10),))

    def charge(**fields: Any) -> Tariff:  # noqa: ANN401
        named = CoincidentPeakCharge(
            name="system peak", seasons=(season,), schedule="hours", period="evening", **fields
        )
        return Tariff(name="x", schedules={"hours": evening}, coincident=(named,))

    def event(hour: int, probability: float = 1.0) -> CoincidentEvent:
        start = JANUARY.start + timedelta(hours=hour)
        interval = Interval(start=start, end=start + timedelta(hours=1))
        return CoincidentEvent(charge="system peak", interval=interval, probability=probability)

    kw = np.arange(744.0)
    by_hours = january(charge(), kw)
    assert by_hours.total == Decimal("7400.00")  # the highest evening hour is 20:00 on January 31
    assert "no events were given" in by_hours.warnings[0]
    assert january(charge(), kw, events=[event(100), event(300)]).total == Decimal("3000.00")
    assert january(charge(combine="mean"), kw, events=[event(100), event(300)]).total == Decimal("2000.00")
    assert january(charge(), kw, events=[event(100), event(300, 0.5)]).total == Decimal("2500.00")
    assert january(charge(), kw, events=[event(300, 0.5)]).total == Decimal("1500.00")
    assert january(charge(), kw, events=[event(9000)]).total == 0
    assert january(charge(), kw, events=[event(100)], state=SiteState(peaks_kw={"system peak": 700.0})).total == 7000
