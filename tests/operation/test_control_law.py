"""The control law: it follows the plan and the meter, and nothing that a plan says makes it touch the reserve."""

import dataclasses
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from random_sites import random_problem
from sites import START, site, ups_system

from ridethrough.domain import Horizon, Site, UnableToAccept
from ridethrough.domain.conditions import ConditionKind, ReserveCondition
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.operation.control.control_law import ControlOutcome, apply_control_law
from ridethrough.operation.control.measured_loads import MeasuredLoads, measured_loads, reserve_floor_kwh
from ridethrough.operation.control.orders import Orders, Response
from ridethrough.operation.control.sharing import share
from ridethrough.optimizer import DispatchProblem, certify
from ridethrough.optimizer.certificate.stated import StatedPlan
from ridethrough.optimizer.dispatch import evidence_in
from ridethrough.optimizer.problem.plan_basis import basis_of

LOAD_KW = 4300.0
ALONE_KW = 900 + LOAD_KW / 0.95 / 0.97
"""What the meter shows with every battery at rest."""


def horizon(intervals: int) -> Horizon:
    return Horizon(start=START, interval_minutes=15, intervals=intervals)


def loads(premises: Site, load_kw: Any = LOAD_KW, intervals: int = 1, unprotected_kw: float = 900.0) -> MeasuredLoads:  # noqa: ANN401
    carried = np.broadcast_to(np.asarray(load_kw, dtype=float), (len(premises.ups), intervals)).copy()
    return measured_loads(premises, horizon(intervals), carried, np.full(intervals, unprotected_kw))


def orders(charge: Any = 0.0, discharge: Any = 0.0, target: float = np.inf, **more: Any) -> Orders:  # noqa: ANN401
    """The orders of one interval, or of as many as `intervals` says; one value or one a system."""
    intervals = more.pop("intervals", 1)
    rows = [
        np.repeat(np.atleast_1d(np.asarray(each, dtype=float))[:, None], intervals, axis=1)
        for each in (charge, discharge)
    ]
    systems = max(len(row) for row in rows)
    full = [np.broadcast_to(row, (systems, intervals)).copy() for row in rows]
    return Orders(charge_kw=full[0], discharge_kw=full[1], grid_target_kw=np.full(intervals, target), **more)


def met(premises: Site, asked: Orders, stored_kwh: float | list[float] | None = None, **given_: Any) -> ControlOutcome:  # noqa: ANN401
    if stored_kwh is None:
        stored_kwh = [ups.max_stored_kwh for ups in premises.ups]
    stored = stored_kwh if isinstance(stored_kwh, list) else [stored_kwh]
    here = loads(premises, intervals=asked.charge_kw.shape[1], **given_)
    return apply_control_law(premises, 0.25, here, asked, stored)


def reserve_kwh(premises: Site) -> float:
    return float(reserve_floor_kwh(premises.ups[0], np.zeros(1))[0])


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


@given(
    st.floats(0, 1000),
    st.lists(st.tuples(st.floats(0, 10), st.floats(0, 500)), min_size=1, max_size=5),
)
def test_what_is_shared_is_all_there_is_and_no_more_than_each_can_take(
    total: float, systems: list[tuple[float, float]]
) -> None:
    weights, most = [each for each, _ in systems], [each for _, each in systems]
    parts = share(total, weights, most)
    able = sum(each for weight, each in systems if weight > 0 or len(systems) == 1)
    assert all(0 <= part <= limit * (1 + 1e-9) for part, limit in zip(parts, most, strict=True))
    assert sum(parts) == pytest.approx(min(total, able), abs=1e-6)


def protected(asked: DispatchProblem) -> DispatchProblem:
    """The same problem on a site whose contracts cover its loads."""
    systems = tuple(
        dataclasses.replace(ups, protected_load_kw=max(ups.protected_load_kw, *asked.load_kw[ups.id]))
        for ups in asked.site.ups
    )
    return dataclasses.replace(asked, site=dataclasses.replace(asked.site, ups=systems))


def loads_of(asked: DispatchProblem) -> MeasuredLoads:
    carried = np.array([asked.load_kw[ups.id] for ups in asked.site.ups])
    return measured_loads(asked.site, asked.horizon, carried, np.array(asked.unprotected_load_kw))


def malicious(rng: np.random.Generator, asked: DispatchProblem) -> Orders:
    """Orders that no planner would give: too much, backwards, and no numbers at all."""
    systems, n = len(asked.site.ups), asked.horizon.intervals
    wild = np.array([np.nan, np.inf, -np.inf, -1e6, 1e9, 0.0])

    def some(*shape: int) -> np.ndarray:
        usual = rng.uniform(0, 3 * max(ups.protected_load_kw for ups in asked.site.ups), shape)
        return np.where(rng.random(shape) < 0.3, rng.choice(wild, shape), usual)

    responses: tuple[Response | None, ...] = ()
    if rng.random() < 0.5:
        knots = np.sort(rng.uniform(0, 2e4, 3))
        response = Response(net_load_kw=tuple(knots), grid_kw=tuple(rng.uniform(-1e4, 3e4, 3)))
        responses = tuple(response if rng.random() < 0.7 else None for _ in range(n))
    return Orders(
        charge_kw=some(systems, n),
        discharge_kw=some(systems, n),
        grid_target_kw=some(n),
        spare_below_kw=some(n) if rng.random() < 0.5 else None,
        floor_kwh=some(systems, n + 1) if rng.random() < 0.3 else None,
        responses=responses,
    )


def trajectories(asked: DispatchProblem, here: MeasuredLoads, done: ControlOutcome) -> tuple[UpsTrajectory, ...]:
    return tuple(
        UpsTrajectory(
            ups_id=ups.id,
            load_kw=asked.load_kw[ups.id],
            charge_kw=tuple(done.charge_kw[row].tolist()),
            discharge_kw=tuple(done.discharge_kw[row].tolist()),
            stored_kwh=tuple(done.stored_kwh[row].tolist()),
            reserve_kwh=(*here.floor_kwh[row].tolist(), float(here.floor_kwh[row, -1])),
        )
        for row, ups in enumerate(asked.site.ups)
    )


@given(st.integers(0, 2**32))
def test_the_reserve_is_never_touched_whatever_plan_load_or_state_comes_in(seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked = random_problem(rng)
    here = loads_of(asked)
    stored = [ups.max_stored_kwh * rng.uniform(0, 1) for ups in asked.site.ups]
    done = apply_control_law(asked.site, asked.horizon.interval_h, here, malicious(rng, asked), stored)
    capacity = np.array([[ups.capacity_kwh] for ups in asked.site.ups])
    traded = done.discharge_kw > here.discharge_floor_kw + 1e-9
    slack = 1e-9 * capacity
    assert np.all(done.stored_kwh[:, 1:][traded] >= (here.floor_kwh - slack)[traded])
    assert np.all(done.stored_kwh[:, :-1][traded] >= (here.floor_kwh * (1 - 1e-9) - slack)[traded])
    assert np.all(done.stored_kwh[:, 1:] <= np.maximum(done.stored_kwh[:, :-1], capacity) + slack)
    assert np.all((done.charge_kw >= 0) & (done.charge_kw <= here.charge_ceiling_kw))
    assert np.all(done.discharge_kw >= here.discharge_floor_kw)
    assert np.all(done.discharge_kw <= np.maximum(here.discharge_ceiling_kw, here.discharge_floor_kw))
    assert not np.any((done.charge_kw > 0) & (done.discharge_kw > 0))
    charging = done.charge_kw.sum(axis=0) > 1e-6
    assert np.all(done.grid_kw[charging] <= asked.site.interconnection.import_limit_kw + 2e-6)


@given(st.integers(0, 2**32))
def test_what_the_law_does_passes_the_certificate(seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked = protected(random_problem(rng))
    here = loads_of(asked)
    floor_kwh = here.floor_kwh[:, 0]
    full_kwh = np.array([ups.max_stored_kwh for ups in asked.site.ups])
    assume(all(each.feasible for each in basis_of(asked).reserves.requirement.values()))
    assume(not here.discharge_floor_kw.any())
    standby_kw = sum(ups.standby_charge_kw / ups.rectifier_efficiency for ups in asked.site.ups)
    limits = asked.site.interconnection
    assume(here.net_load_kw.max() + standby_kw <= limits.import_limit_kw)
    ceilings = here.charge_ceiling_kw.min(axis=1)
    assume(all(most >= ups.standby_charge_kw for most, ups in zip(ceilings, asked.site.ups, strict=True)))
    stored = (floor_kwh + rng.uniform(0, 1) * (full_kwh - floor_kwh)).tolist()
    done = apply_control_law(asked.site, asked.horizon.interval_h, here, malicious(rng, asked), stored)
    handed_in = StatedPlan(
        horizon=asked.horizon, ups=trajectories(asked, here, done), grid_kw=tuple(done.grid_kw.tolist())
    )
    certificate = certify(dataclasses.replace(evidence_in(asked), state=None), handed_in)
    assert certificate.certified, (certificate.failures, certificate.violations)


@given(st.integers(0, 2**32))
def test_the_law_remembers_nothing_between_intervals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    asked = random_problem(rng)
    here, wild = loads_of(asked), malicious(rng, asked)
    stored = [ups.max_stored_kwh for ups in asked.site.ups]
    whole = apply_control_law(asked.site, asked.horizon.interval_h, here, wild, stored)
    for t in range(asked.horizon.intervals):
        one = Orders(
            charge_kw=wild.charge_kw[:, t : t + 1],
            discharge_kw=wild.discharge_kw[:, t : t + 1],
            grid_target_kw=wild.grid_target_kw[t : t + 1],
            spare_below_kw=None if wild.spare_below_kw is None else wild.spare_below_kw[t : t + 1],
            floor_kwh=None if wild.floor_kwh is None else wild.floor_kwh[:, t : t + 2],
            responses=wild.responses[t : t + 1],
        )
        done = apply_control_law(asked.site, asked.horizon.interval_h, here.part(t, t + 1), one, stored)
        stored = done.stored_kwh[:, 1].tolist()
        assert stored == whole.stored_kwh[:, t + 1].tolist()
        assert done.grid_kw.item() == whole.grid_kw[t]
