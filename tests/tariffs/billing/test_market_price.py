"""Energy at a market price with caps, floors and adders by hour, and exports at a market price, by hand."""

from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from ridethrough.domain import Horizon, PriceSeries, UnableToAccept
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.charges.market import EnergyAdder, IndexedPrice, MarketPrice
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.native import tariff_from_yaml, tariff_to_yaml
from ridethrough.tariffs.tariff import Tariff

HOURS = Horizon(start=datetime(2026, 5, 6, 6, tzinfo=UTC), interval_minutes=60, intervals=4)
PRICES = PriceSeries(horizon=HOURS, price_per_kwh=(-0.05, 0.04, 0.10, 0.30))
MORNING = RateSchedule(rules=(ScheduleRule(period="peak", hours=((480, 1200),)), ScheduleRule(period="off")))


def tariff(market: MarketPrice, sell: float = 0.0) -> Tariff:
    period = EnergyPeriod(name="energy", tiers=(EnergyTier(sell_per_kwh=sell),))
    return Tariff(name="x", schedules={"hours": MORNING}, energy=EnergyCharge(periods=(period,), market=market))


def billed(market: MarketPrice, kw: list[float], sell: float = 0.0) -> Bill:
    return bill(tariff(market, sell), HOURS, np.array(kw), prices=PRICES)


def lines(found: Bill) -> list[tuple[str, Decimal]]:
    return [(line.name, line.amount) for line in found.lines if line.amount]


def test_the_market_price_is_held_between_floor_and_cap_before_losses() -> None:
    """100 kWh each at 0.00, 0.04, 0.10 and 0.20 (in place of -0.05 and 0.30), times 1.1: 37.40."""
    market = MarketPrice(floor_per_kwh=0.0, cap_per_kwh=0.2, loss_factor=1.1)
    assert lines(billed(market, [100.0] * 4)) == [("market energy", Decimal("37.40"))]
    assert charges_over(tariff(market), HOURS, prices=PRICES).energy_per_kwh == pytest.approx([0, 0.044, 0.11, 0.22])


def test_adders_count_the_hours_that_they_name() -> None:
    """Peak from 8:00: two of four hours. 100 x (-0.05 + 0.04 + 0.10 + 0.30) = 39; 200 x 0.02 = 4; 400 x 0.005 = 2."""
    market = MarketPrice(
        adders=(
            EnergyAdder(name="capacity", per_kwh=0.02, schedule="hours", period="peak"),
            EnergyAdder(name="ancillary", per_kwh=0.005),
        )
    )
    assert lines(billed(market, [100.0] * 4)) == [
        ("market energy", Decimal("39.00")),
        ("capacity", Decimal("4.00")),
        ("ancillary", Decimal("2.00")),
    ]
    prices = charges_over(tariff(market), HOURS, prices=PRICES).energy_per_kwh
    assert prices == pytest.approx([-0.045, 0.045, 0.125, 0.325])


def test_exports_earn_the_market_price_less_a_fee() -> None:
    """100 kWh sold at 0.10 and 50 at 0.30 earn 25.00, less 150 x 0.01; what is bought pays the market."""
    market = MarketPrice(export=IndexedPrice(adder_per_kwh=-0.01))
    found = billed(market, [0.0, 20.0, -100.0, -50.0])
    assert lines(found) == [
        ("market energy", Decimal("0.80")),
        ("export at the market price", Decimal("-25.00")),
        ("export adder", Decimal("1.50")),
    ]
    earned = charges_over(tariff(market), HOURS, prices=PRICES).export_per_kwh
    assert earned == pytest.approx([-0.06, 0.03, 0.09, 0.29])


def test_an_export_floor_keeps_negative_prices_away_and_sell_rates_add_up() -> None:
    """At -0.05 nothing is paid for the 100 kWh but the tariff's own 0.03: -3.00."""
    market = MarketPrice(export=IndexedPrice(floor_per_kwh=0.0))
    assert billed(market, [-100.0, 0.0, 0.0, 0.0], sell=0.03).total == -3
    assert billed(MarketPrice(export=IndexedPrice()), [-100.0, 0.0, 0.0, 0.0]).total == 5


def test_it_is_written_in_yaml_and_checked_with_every_fault() -> None:
    text = """
name: x
schedules: {hours: [{period: peak, hours: 8-20}, {period: off}]}
energy:
  periods: {energy: 0.01}
  market:
    cap_per_kwh: 0.25
    adders: [{name: capacity, per_kwh: 0.02, schedule: hours, period: peak}]
    export: {loss_factor: 0.97}
"""
    read = tariff_from_yaml(text)
    assert tariff_from_yaml(tariff_to_yaml(read)) == read
    with pytest.raises(UnableToAccept, match="at least the floor"):
        IndexedPrice(floor_per_kwh=0.2, cap_per_kwh=0.1)
    with pytest.raises(UnableToAccept, match=r"energy.market.adders.0.period is 'night', must be one of peak, off"):
        tariff(MarketPrice(adders=(EnergyAdder(name="x", per_kwh=1, schedule="hours", period="night"),)))
    with pytest.raises(UnableToAccept):
        EnergyAdder(name="", per_kwh=float("nan"), schedule="hours")
