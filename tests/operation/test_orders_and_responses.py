"""Orders of a plan: a response in the place of setpoints, and orders or measurements that are refused or held."""

import dataclasses

import numpy as np
import pytest
from control_orders import ALONE_KW, loads, met, orders
from sites import site, ups_system

from ridethrough.domain import UnableToAccept
from ridethrough.operation.control.control_law import apply_control_law
from ridethrough.operation.control.orders import Orders, Response

RESPONSE = Response(net_load_kw=(5000.0, 5500.0, 6000.0), grid_kw=(5100.0, 5500.0, 5700.0))


@pytest.mark.parametrize(
    ("net_kw", "wanted_kw"),
    [(4000, 4100), (5000, 5100), (5250, 5300), (5500, 5500), (5750, 5600), (6000, 5700), (9000, 5700)],
)
def test_a_response_is_straight_between_knots_and_holds_the_meter_above_them(net_kw: float, wanted_kw: float) -> None:
    assert RESPONSE.wanted_kw(net_kw) == pytest.approx(wanted_kw)


def test_a_response_stands_in_the_place_of_setpoints() -> None:
    pod = site()
    above = Response(net_load_kw=(ALONE_KW,), grid_kw=(ALONE_KW - 200,))
    assert met(pod, orders(charge=500, responses=(above,))).grid_kw.item() == pytest.approx(ALONE_KW - 200)
    below = Response(net_load_kw=(ALONE_KW + 1,), grid_kw=(ALONE_KW + 201,))
    charged = met(pod, orders(discharge=500, target=0, responses=(below,)), 800)
    assert charged.grid_kw.item() == pytest.approx(ALONE_KW + 200)


def test_a_response_charges_each_system_by_its_room() -> None:
    pods = site(ups_system(id="a"), ups_system(id="b"), import_limit_kw=20_000)
    rest_kw = 2 * ALONE_KW - 900
    wish = Response(net_load_kw=(rest_kw,), grid_kw=(rest_kw + 100,))
    charged = met(pods, orders([0, 0], responses=(wish,)), [900, 880])
    assert charged.charge_kw.sum() == pytest.approx(97)
    assert charged.charge_kw[1, 0] == pytest.approx(2 * charged.charge_kw[0, 0])


def test_what_is_no_number_in_a_plan_is_held() -> None:
    class Lost:
        def wanted_kw(self, _net_load_kw: float) -> float:
            return float("nan")

    nothing = np.array([[np.nan]])
    lost = Orders(
        charge_kw=nothing,
        discharge_kw=nothing,
        grid_target_kw=nothing[0],
        spare_below_kw=nothing[0],
        floor_kwh=np.array([[np.nan, np.nan]]),
    )
    for asked in (lost, dataclasses.replace(lost, responses=(Lost(),))):
        done = met(site(), asked, 800)
        assert (done.charge_kw.item(), done.discharge_kw.item()) == (0, 0)


def test_measurements_that_are_no_numbers_are_refused() -> None:
    with pytest.raises(UnableToAccept) as refused:
        met(site(), orders(), float("nan"), load_kw=float("inf"))
    assert [fault.field for fault in refused.value.faults] == ["stored_kwh", "load", "load_kw"]


def test_orders_of_other_systems_or_intervals_are_refused() -> None:
    pod = site()
    with pytest.raises(UnableToAccept) as refused:
        apply_control_law(pod, 0.25, loads(pod, intervals=2), orders([0, 0]), [900.0, 900.0])
    assert [fault.field for fault in refused.value.faults] == ["charge_kw", "stored_kwh"]
    with pytest.raises(UnableToAccept) as refused:
        Orders(
            charge_kw=np.zeros((1, 2)),
            discharge_kw=np.zeros((1, 3)),
            grid_target_kw=np.zeros(3),
            responses=(RESPONSE,),
        )
    assert [fault.field for fault in refused.value.faults] == ["discharge_kw", "grid_target_kw", "responses"]


def test_a_response_that_cannot_be_read_is_refused() -> None:
    with pytest.raises(UnableToAccept) as refused:
        Response(net_load_kw=(2, 1), grid_kw=(float("nan"),))
    assert [fault.field for fault in refused.value.faults] == ["grid_kw", "net_load_kw", "grid_kw"]
    with pytest.raises(UnableToAccept):
        Response(net_load_kw=(), grid_kw=())
