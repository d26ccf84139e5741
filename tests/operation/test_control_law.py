"""The control law: it follows the plan and the meter, and nothing that a plan says makes it touch the reserve."""

import dataclasses
from datetime import timedelta

import numpy as np
import pytest
from control_orders import ALONE_KW, LOAD_KW, horizon, loads, met, orders, reserve_kwh
from sites import START, site, ups_system

from ridethrough.domain.conditions import ConditionKind, ReserveCondition
from ridethrough.operation.control.control_law import apply_control_law
from ridethrough.operation.control.measured_loads import measured_loads, reserve_floor_kwh
from ridethrough.operation.control.orders import Orders, Response


def test_the_plan_is_followed_where_the_load_is_as_it_was_planned() -> None:
    pod = site()
    discharging = met(pod, orders(discharge=300))
    assert discharging.discharge_kw.item() == 300
    assert discharging.grid_kw.item() == pytest.approx(ALONE_KW - 300 / 0.97)
    assert discharging.stored_kwh[0].tolist() == [920, pytest.approx(920 - 300 / 0.98 / 4)]
    charging = met(pod, orders(charge=200), 800)
    assert charging.charge_kw.item() == 200
    assert charging.stored_kwh[0, 1] == pytest.approx(800 + 200 * 0.97 / 4)


def test_a_full_battery_is_not_charged() -> None:
    assert met(site(), orders(charge=500)).charge_kw.item() == 0


def test_the_meter_is_held_at_the_target_first_by_charging_less() -> None:
    over = met(site(), orders(charge=400, target=ALONE_KW + 100), 800)
    assert over.grid_kw.item() == pytest.approx(ALONE_KW + 100)
    assert (over.charge_kw.item(), over.discharge_kw.item()) == (pytest.approx(97), 0)


def test_the_meter_is_held_at_the_target_then_by_energy_above_the_reserve() -> None:
    over = met(site(), orders(charge=400, target=ALONE_KW - 100), 800)
    assert over.grid_kw.item() == pytest.approx(ALONE_KW - 100)
    assert (over.charge_kw.item(), over.discharge_kw.item()) == (0, pytest.approx(97))


def test_no_target_takes_a_battery_below_its_reserve() -> None:
    pod = site()
    floor_kwh = reserve_kwh(pod)
    low = met(pod, orders(target=0), floor_kwh + 10)
    assert low.stored_kwh[0, 1] == pytest.approx(floor_kwh)
    assert low.discharge_kw.item() == pytest.approx(10 * 0.98 * 4)
    assert met(pod, orders(discharge=1e9), floor_kwh).discharge_kw.item() == 0


def test_systems_share_a_peak_by_what_each_has_to_trade() -> None:
    pods = site(ups_system(id="a"), ups_system(id="b"), import_limit_kw=20_000)
    floor_kwh = reserve_kwh(pods)
    both = met(pods, orders([0, 0], target=2 * ALONE_KW - 900 - 400), [floor_kwh + 30, floor_kwh + 90])
    assert both.discharge_kw[:, 0].tolist() == pytest.approx([97, 291])
    scarce = met(pods, orders([0, 0], target=0), [floor_kwh + 3, floor_kwh + 9])
    assert scarce.stored_kwh[:, 1].tolist() == pytest.approx([floor_kwh] * 2)


def test_where_the_load_comes_in_lower_a_battery_need_not_discharge() -> None:
    lower = orders(discharge=300, target=6000, spare_below_kw=np.array([ALONE_KW - 100]))
    assert met(site(), lower).grid_kw.item() == pytest.approx(ALONE_KW - 100)
    much_lower = orders(discharge=300, target=6000, spare_below_kw=np.array([6000.0]))
    assert met(site(), much_lower).discharge_kw.item() == 0


def test_a_battery_below_its_reserve_charges_whatever_the_plan_says() -> None:
    pod = site()
    floor_kwh = reserve_kwh(pod)
    for asked in (orders(discharge=500, target=0), orders(responses=(Response(net_load_kw=(0,), grid_kw=(0,)),))):
        short = met(pod, asked, floor_kwh - 40)
        assert short.charge_kw.item() == pytest.approx(40 / 0.97 * 4)
        assert short.discharge_kw.item() == 0
    deep = met(pod, orders(), floor_kwh - 400, load_kw=1000.0)
    assert deep.charge_kw.item() == pytest.approx(1200), "no more than the chargers give"


def test_nothing_is_charged_beyond_the_import_limit_not_even_for_the_reserve() -> None:
    tight = site(import_limit_kw=ALONE_KW + 50)
    short = met(tight, orders(charge=1000), reserve_kwh(tight) - 100)
    assert short.grid_kw.item() == pytest.approx(ALONE_KW + 50)
    assert short.charge_kw.item() == pytest.approx(50 * 0.97)
    full = met(site(import_limit_kw=ALONE_KW - 50), orders())
    assert full.discharge_kw.item() == pytest.approx(50 * 0.97), "above the reserve, a battery helps the limit"


def test_a_plan_raises_the_reserve_and_never_lowers_it() -> None:
    pod = site()
    raised = met(pod, orders(discharge=1000, floor_kwh=np.array([[0.0, 900.0]])))
    assert raised.stored_kwh[0, 1] == pytest.approx(900)
    locked = met(pod, orders(discharge=1000, floor_kwh=np.array([[910.0, 0.0]])), 905)
    assert locked.discharge_kw.item() == 0, "the reserve holds at both ends of an interval"
    lowered = met(pod, orders(discharge=1e9, floor_kwh=np.zeros((1, 2))), reserve_kwh(pod) + 1)
    assert lowered.stored_kwh[0, 1] == pytest.approx(reserve_kwh(pod))
    beyond = met(pod, orders(floor_kwh=np.full((1, 2), 1e9)), 919)
    assert beyond.stored_kwh[0, 1] == pytest.approx(920), "no battery is charged beyond full"


def test_a_load_above_the_protected_load_raises_the_reserve_at_once() -> None:
    pod = site(import_limit_kw=9000)
    usual = reserve_kwh(pod)
    high = met(pod, orders(discharge=1e9), load_kw=4850.0)
    assert high.stored_kwh[0, 1] == pytest.approx(usual + (usual - 46) * 50 / 4800, rel=1e-3)
    assert high.stored_kwh[0, 1] > usual


def test_the_reserve_of_a_load_that_nothing_carries_is_full_batteries() -> None:
    ups = ups_system()
    assert reserve_floor_kwh(ups, np.array([40_000.0])).tolist() == [ups.max_stored_kwh]


def test_nothing_is_discharged_while_a_condition_holds() -> None:
    storm = ReserveCondition(start=START, end=START + timedelta(minutes=15), kind=ConditionKind.STORM)
    for premises, called in ((dataclasses.replace(site(), conditions=(storm,)), ()), (site(), (storm,))):
        here = measured_loads(premises, horizon(2), np.full((1, 2), LOAD_KW), np.full(2, 900.0), called)
        done = apply_control_law(premises, 0.25, here, orders(discharge=100, target=0, intervals=2), [920.0])
        assert done.discharge_kw[0, 0] == 0
        assert done.discharge_kw[0, 1] > 0


def test_a_rectifier_that_cannot_carry_the_load_is_helped_and_the_battery_not_charged() -> None:
    weak = site(ups_system(unit_input_limit_kw=900.0))
    helped = met(weak, orders(charge=500), reserve_kwh(weak) - 10)
    assert helped.discharge_kw.item() == pytest.approx(LOAD_KW / 0.95 - 4500 * 0.97)
    assert helped.charge_kw.item() == 0


def test_a_charge_tapers_near_full() -> None:
    taper = {0.8: 1.0, 1.0: 0.1}
    pod = site(ups_system(charge_taper_by_fraction=taper))
    done = met(pod, orders(charge=1200), 880, load_kw=1000.0)
    most = pod.ups[0].charge_below_taper_kw(880, 0.25)
    assert done.charge_kw.item() == pytest.approx(most) != pytest.approx(1200)


def test_an_inverter_is_as_efficient_as_its_load_lets_it_be() -> None:
    curved = site(ups_system(inverter_efficiency_by_load_fraction={0.2: 0.9, 0.8: 0.96}))
    at_2400 = 2400 / (0.9 + (2400 / 6000 - 0.2) / 0.6 * 0.06)
    assert loads(curved, 2400.0).dc_load_kw.item() == pytest.approx(at_2400)


def test_only_a_bidirectional_system_feeds_back_and_no_further_than_the_limit() -> None:
    one_way = met(site(), orders(discharge=1e9), load_kw=100.0, unprotected_kw=0.0)
    assert one_way.grid_kw.item() == pytest.approx(0, abs=1e-9)
    both_ways = site(ups_system(bidirectional=True), export_limit_kw=200)
    fed = met(both_ways, orders(discharge=1e9), load_kw=100.0, unprotected_kw=0.0)
    assert fed.grid_kw.item() == pytest.approx(-200)
    assert fed.discharge_kw.item() == pytest.approx(100 / 0.95 + 200 / 0.97)
    behind_more = met(both_ways, orders(discharge=1e9), load_kw=100.0, unprotected_kw=-100.0)
    assert behind_more.grid_kw.item() == pytest.approx(-200), "one limit for what all feed back"


def test_charge_and_discharge_at_once_are_their_difference() -> None:
    pod = site()
    assert met(pod, orders(charge=300, discharge=100), 800).charge_kw.item() == 200
    less = met(pod, orders(charge=100, discharge=300), 800)
    assert (less.charge_kw.item(), less.discharge_kw.item()) == (0, 200)


def test_floating_keeps_a_battery_full_against_what_it_loses() -> None:
    pod = site(ups_system(standby_loss_per_h=0.001))
    floating = met(pod, Orders.float_at_full(1, 8), load_kw=1000.0)
    assert floating.stored_kwh[0] == pytest.approx(np.full(9, 920.0))
    assert floating.charge_kw[0] == pytest.approx(np.full(8, 920 * (1 - 0.999**0.25) / 0.97 * 4))
