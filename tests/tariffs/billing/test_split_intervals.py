"""Readings that are coarser than, or lie across, the hours and the demand windows of a tariff."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest
from simple_tariffs import demand

from ridethrough.domain import Horizon, SiteState
from ridethrough.optimizer.pricing.price import price
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.charges.minimum import MinimumCharge
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.not_priced import UnableToPrice
from ridethrough.tariffs.tariff import Tariff

DAY = Horizon(start=datetime(2026, 3, 3, tzinfo=UTC), interval_minutes=60, intervals=24)
EVENING = RateSchedule(rules=(ScheduleRule(period="peak", hours=((990, 1230),)), ScheduleRule(period="off")))


def minutes(step: int) -> Horizon:
    return replace(DAY, interval_minutes=step, intervals=1440 // step)


def periods(peak: object, off: object) -> EnergyCharge:
    def tiers(rate: object) -> tuple[EnergyTier, ...]:
        return rate if isinstance(rate, tuple) else (EnergyTier(rate_per_kwh=rate),)  # type: ignore[arg-type]

    return EnergyCharge(
        schedule="hours",
        periods=(EnergyPeriod(name="peak", tiers=tiers(peak)), EnergyPeriod(name="off", tiers=tiers(off))),
    )


def test_a_window_that_readings_lie_across_is_the_mean_over_time() -> None:
    """20 minutes of 600 kW and 10 of 300: half an hour of 10:00 - 10:30 is (20 x 600 + 10 x 300) / 30 = 500 kW."""
    kw = np.full(72, 300.0)
    kw[30] = 600.0
    billed = bill(Tariff(name="x", demand=(demand(window_minutes=30),)), minutes(20), kw)
    assert billed.periods[0].peaks_kw == {"facility": 500.0}
    assert billed.total == 5000
    assert "intervals of 20 minutes: each is split into parts of 10 minutes" in billed.warnings[0]


def test_an_hour_that_a_price_begins_inside_is_shared_by_time() -> None:
    """Peak from 16:30: half of the 800 kWh of 16 - 17 h, and the four hours less a half after it."""
    kw = np.full(24, 100.0)
    kw[16] = 800.0
    tariff = Tariff(name="x", schedules={"hours": EVENING}, energy=periods(0.5, 0.1))
    billed = bill(tariff, DAY, kw)
    assert [(line.name, line.quantity) for line in billed.lines] == [
        ("peak", Decimal("750.0")),
        ("off", Decimal("2350.0")),
    ]
    charge = demand(schedule="hours", period="peak")
    assert bill(replace(tariff, energy=None, demand=(charge,)), DAY, kw).total == 8000
    prices = charges_over(tariff, DAY).energy_per_kwh
    assert prices[15:22] == pytest.approx([0.1, 0.3, 0.5, 0.5, 0.5, 0.3, 0.1])


def test_readings_that_fit_are_left_as_they_are() -> None:
    tariff = Tariff(
        name="x", schedules={"hours": EVENING}, energy=periods(0.5, 0.1), demand=(demand(window_minutes=60),)
    )
    assert bill(tariff, minutes(30), np.ones(48)).warnings == ()
    assert charges_over(tariff, minutes(30)).warnings == ()


def test_tiers_that_change_inside_an_interval_cannot_be_planned() -> None:
    rising = (EnergyTier(rate_per_kwh=0.1, up_to=500), EnergyTier(rate_per_kwh=0.2))
    tariff = Tariff(name="x", schedules={"hours": EVENING}, energy=periods(rising, 0.05))
    with pytest.raises(UnableToPrice, match="peak changes inside an interval of 60 minutes: plan in 30 minutes"):
        charges_over(tariff, DAY)
    assert charges_over(tariff, minutes(30)).tiers


def test_a_plan_coarser_than_a_window_says_so_as_a_bill_does() -> None:
    tariff = Tariff(name="x", demand=(demand(window_minutes=15),))
    assert charges_over(tariff, DAY).warnings == ("facility: demand is the mean of 15 minutes, but the plan has 60",)
    assert bill(tariff, DAY, np.ones(24)).warnings == (
        "facility: demand is the mean of 15 minutes, but the series has 60",
    )


def test_windows_that_the_ends_of_a_series_cut_are_named() -> None:
    tariff = Tariff(name="x", demand=(demand(window_minutes=30),))
    cut = replace(minutes(10), start=datetime(2026, 3, 3, 0, 10, tzinfo=UTC), intervals=13)
    billed = bill(tariff, cut, np.ones(13))
    assert [warning.split(" only")[0] for warning in billed.warnings] == [
        "facility: of the first window of 30 minutes",
        "facility: of the last window of 30 minutes",
    ]
    whole = replace(cut, start=DAY.start, intervals=12)
    assert bill(tariff, whole, np.ones(12)).warnings == ()
    night = Tariff(
        name="x", schedules={"hours": EVENING}, demand=(demand(window_minutes=30, schedule="hours", period="peak"),)
    )
    assert bill(night, cut, np.ones(13)).warnings == ()


@pytest.mark.parametrize(("until", "outside"), [(date(2026, 3, 2), 62), (date(2026, 4, 30), 3), (date(2026, 5, 3), 0)])
def test_validity_is_looked_at_over_the_whole_series(until: date, outside: int) -> None:
    series = replace(DAY, intervals=24 * 62, start=datetime(2026, 3, 2, tzinfo=UTC))
    tariff = Tariff(name="x", effective_from=date(2026, 1, 1), effective_until=until)
    warnings = bill(tariff, series, np.zeros(24 * 62)).warnings
    assert [f"{outside} of its 62 days are outside" in warning for warning in warnings] == (
        [outside < 62] if outside else []
    )
    early = Tariff(name="x", effective_from=date(2026, 3, 12))
    assert "10 of its 62 days are outside" in bill(early, series, np.zeros(24 * 62)).warnings[0]


def test_blocks_may_count_the_energy_of_their_own_period() -> None:
    """900 kWh peak: 600 x 0.30 + 300 x 0.20 = 240; 2,000 kWh off-peak are all in the first block of 5,000: 0.08."""
    own = (EnergyTier(rate_per_kwh=0.3, up_to=600, count="period"), EnergyTier(rate_per_kwh=0.2))
    shared = (EnergyTier(rate_per_kwh=0.08, up_to=5000), EnergyTier(rate_per_kwh=0.07))
    tariff = Tariff(name="x", schedules={"hours": EVENING}, energy=periods(own, shared))
    kw = np.full(48, 100.0)
    kw[33:41] = 225.0
    billed = bill(tariff, minutes(30), kw)
    assert [(line.name, line.amount) for line in billed.lines] == [
        ("peak, tier 1", Decimal("180.00")),
        ("peak, tier 2", Decimal("60.00")),
        ("off, tier 1", Decimal("160.00")),
    ]
    begun = SiteState(energy_kwh=4000.0, period_energy_kwh={"peak": 500.0})
    later = bill(tariff, minutes(30), kw, state=begun)
    assert [line.amount for line in later.lines] == [
        Decimal("30.00"),  # 100 of 600 kWh are left
        Decimal("160.00"),
        Decimal("55.17"),  # of 2,900 kWh at all 1,000 are left: 2,000 x 1,000 / 2,900 = 689.655172 x 0.08
        Decimal("91.72"),
    ]


def test_tiers_with_one_premium_are_planned_in_any_interval() -> None:
    """Both periods rise by 0.05 after 1,000 kWh: 2,400 kWh at 0.10 or 0.02, and 1,400 of them dearer."""

    def tiers(rate: float) -> tuple[EnergyTier, ...]:
        return EnergyTier(rate_per_kwh=rate, up_to=1000), EnergyTier(rate_per_kwh=rate + 0.05)

    tariff = Tariff(name="x", schedules={"hours": EVENING}, energy=periods(tiers(0.1), tiers(0.02)))
    kw = np.full(24, 100.0)
    charges = charges_over(tariff, DAY)
    assert all(term.separable for term in charges.tiers)
    expected = 400 * 0.1 + 2000 * 0.02 + 1400 * 0.05
    assert price(charges, kw).total == pytest.approx(expected)
    assert float(bill(tariff, DAY, kw).exact_total) == pytest.approx(expected)


def test_a_minimum_charge_is_planned_where_days_begin_with_an_interval() -> None:
    tariff = Tariff(
        name="x",
        schedules={"hours": EVENING},
        energy=periods(0.5, 0.1),
        minimum=(MinimumCharge(amount=31_000),),
    )
    kw = np.full(24, 100.0)
    assert price(charges_over(tariff, DAY), kw).total == pytest.approx(1000)
    across = replace(DAY, start=datetime(2026, 3, 31, 0, 30, tzinfo=UTC))
    with pytest.raises(
        UnableToPrice, match="the billing period, which has a minimum charge, changes inside an interval"
    ):
        charges_over(tariff, across)
