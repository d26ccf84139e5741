"""What a longer ride-through takes from the saving, and what it would take to have both."""

from dataclasses import replace

import pytest
from sites import NOW, problem, ups_system

from ridethrough.domain import Binding, ReservePolicy, reserve_requirement
from ridethrough.optimizer.reserve_price import price_reserve


def test_each_extra_minute_costs_some_saving_until_nothing_is_left_to_trade() -> None:
    made = problem(price=[0.05] * 4 + [0.6] * 4 + [0.05] * 12)

    prices = price_reserve(made, issued_at=NOW, extra_minutes=(0, 1, 2, 3, 5))

    assert prices[0].saving_lost == 0
    assert prices[0].add_kwh == 0
    assert [price.feasible for price in prices] == [True, True, True, True, False]
    lost = [price.saving_lost for price in prices]
    assert lost == sorted(lost)
    assert prices[1].saving_lost > 0
    assert prices[-1].saving == 0
    assert prices[-1].binding is Binding.CAPACITY


def test_the_energy_to_add_leaves_as_much_to_trade_as_before() -> None:
    made = problem(price=[0.05, 0.6, 0.05, 0.05])
    ups = made.site.ups[0]

    added = price_reserve(made, issued_at=NOW, extra_minutes=(2,))[0].add_kwh

    larger = replace(ups.battery, nominal_kwh=ups.battery.nominal_kwh + added / ups.units)
    longer = replace(ups, battery=larger, reserve=ReservePolicy(ride_through_s=420))
    assert reserve_requirement(longer).tradable_kwh == pytest.approx(reserve_requirement(ups).tradable_kwh, rel=1e-6)


def test_a_reserve_that_nothing_is_traded_above_costs_nothing() -> None:
    weak = problem(ups_system(nominal_kwh=110.0, state_of_health=0.9), price=[0.05, 0.6])

    assert price_reserve(weak, issued_at=NOW, extra_minutes=(1,))[0].saving_lost == 0
