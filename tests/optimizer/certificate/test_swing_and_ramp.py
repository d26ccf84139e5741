"""Plans leave load swings their power, ramp no faster than the meter may, and are caught where they do not."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from certificates import judged
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import NOW, START, problem, ups_system

from ridethrough.domain import Capacitor, LoadSwing, ReserveCondition, UpsSystem
from ridethrough.domain.conditions import ConditionKind
from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.problem.plan_basis import basis_of

EDGE = [0.05] * 8 + [0.6] * 8 + [0.05] * 8
SWING = LoadSwing(amplitude_kw=2400, frequency_hz=1)
PART = Capacitor(energy_kwh=0.1, power_kw=1500)


def ramped(made: DispatchProblem, per_min: float | None) -> DispatchProblem:
    limits = replace(made.site.interconnection, ramp_limit_kw_per_min=per_min)
    return replace(made, site=replace(made.site, interconnection=limits))


def resting_kw(made: DispatchProblem) -> np.ndarray:
    """The meter with every battery at rest, by hand."""
    total = np.array(made.unprotected_load_kw)
    for ups in made.site.ups:
        total = total + np.array(made.load_kw[ups.id]) / ups.inverter_efficiency / ups.rectifier_efficiency
    return total


def keeps_the_ramp(made: DispatchProblem, plan: DispatchPlan) -> None:
    per_min = made.site.interconnection.ramp_limit_kw_per_min
    if per_min is not None:
        allowed = np.maximum(per_min * made.horizon.interval_minutes, np.abs(np.diff(resting_kw(made))))
        assert np.all(np.abs(np.diff(plan.grid_kw)) <= allowed + 1e-4)
        assert abs(plan.grid_kw[0] - plan.baseline_grid_kw[0]) <= per_min * made.horizon.interval_minutes + 1e-4


def keeps_headroom(made: DispatchProblem, plan: DispatchPlan) -> None:
    for each in plan.ups:
        ups = made.site.ups_system(each.ups_id)
        headroom = ups.swing_headroom_kw
        standby = ups.standby_charge_kw
        assert max(each.charge_kw) <= max(standby, ups.charge_limit_kw - headroom) + 1e-5
        assert max(each.discharge_kw) <= max(0, ups.discharge_limit_kw - headroom) + 1e-5
        if not ups.bidirectional:
            lowest = np.array(each.load_kw) / ups.inverter_efficiency - headroom
            assert np.all(np.array(each.discharge_kw) <= np.maximum(0, lowest) + 1e-5)


@st.composite
def problems(draw: st.DrawFn) -> DispatchProblem:
    n = draw(st.integers(2, 16))
    numbers: dict[str, Any] = {"energy_kwh": st.floats(0.001, 0.5), "power_kw": st.floats(50, 1500)}
    systems = [
        ups_system(
            id=name,
            bidirectional=draw(st.booleans()),
            wear_cost_per_kwh=draw(st.sampled_from([0.0, 0.02])),
            standby_loss_per_h=draw(st.sampled_from([0.0, 0.001])),
            swing=draw(
                st.none() | st.builds(LoadSwing, amplitude_kw=st.floats(1, 3000), frequency_hz=st.floats(0.1, 3))
            ),
            capacitor=draw(st.none() | st.builds(Capacitor, healthy=st.booleans(), **numbers)),
        )
        for name in ("pod-1", "pod-2")[: draw(st.integers(1, 2))]
    ]
    made = problem(
        *systems,
        price=draw(st.lists(st.floats(-0.2, 0.5), min_size=n, max_size=n)),
        load_kw=draw(st.lists(st.floats(1500, 4700), min_size=n, max_size=n)),
        demand_rate=draw(st.sampled_from([0.0, 15.0])),
        interval_minutes=draw(st.sampled_from([15, 60])),
        import_limit_kw=14000.0,
        export_limit_kw=draw(st.sampled_from([0.0, 500.0])),
    )
    return ramped(made, draw(st.none() | st.floats(0, 60)))


@settings(max_examples=60, deadline=None)
@given(made=problems())
def test_plans_keep_headroom_and_ramp_and_are_never_dearer_than_doing_nothing(made: DispatchProblem) -> None:
    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified, plan.certificate
    keeps_the_ramp(made, plan)
    keeps_headroom(made, plan)
    assert plan.cost.total <= plan.baseline_cost.total + 1e-6 * max(1.0, abs(plan.baseline_cost.total))


def test_a_swing_costs_the_plan_the_power_it_keeps() -> None:
    calm, part, whole = (
        plan_dispatch(problem(ups_system(swing=swing, capacitor=PART), price=EDGE), issued_at=NOW)
        for swing in (None, SWING, LoadSwing(amplitude_kw=4800, frequency_hz=1))
    )

    assert max(calm.ups[0].charge_kw) > 1200 - 480 / 0.95
    assert max(part.ups[0].charge_kw) <= 1200 - 480 / 0.95 + 1e-6
    assert part.savings > 0
    assert whole.savings == 0, "1200 kW of charge are less than the swing: nothing can be put back"


def test_a_swing_never_feeds_back_through_a_light_load() -> None:
    light = [1500.0] * 24
    calm, swinging = (
        plan_dispatch(problem(ups_system(swing=swing, nominal_kwh=2000.0), price=EDGE, load_kw=light), issued_at=NOW)
        for swing in (None, LoadSwing(amplitude_kw=800, frequency_hz=1))
    )

    assert max(calm.ups[0].discharge_kw) == pytest.approx(1500 / 0.95)
    assert max(swinging.ups[0].discharge_kw) == pytest.approx((1500 - 400) / 0.95)


def test_a_load_that_the_rectifiers_cannot_carry_comes_before_the_swing() -> None:
    """Above 5 x 900 kW the batteries must give; with their whole power kept for the swing they do so all the same."""
    ups = ups_system(unit_input_limit_kw=900.0, swing=LoadSwing(amplitude_kw=9600, frequency_hz=1))
    made = problem(ups, price=[0.1] * 4, load_kw=[4000.0, 4000.0, 4300.0, 4000.0])

    bounds = basis_of(made).powers.bounds[ups.id]

    assert bounds.discharge_floor_kw[2] == pytest.approx(4300 / 0.95 - 4500 * 0.97)
    assert bounds.discharge_ceiling_kw[2] >= bounds.discharge_floor_kw[2]


def test_two_systems_do_not_start_together_where_the_limit_forbids_it() -> None:
    pods = [ups_system(nominal_kwh=400.0), ups_system(id="pod-2", nominal_kwh=400.0)]
    made = problem(*pods, price=EDGE, import_limit_kw=14000.0)
    freely, staggered = (plan_dispatch(ramped(made, limit), issued_at=NOW) for limit in (None, 10.0))

    assert np.abs(np.diff(freely.grid_kw)).max() > 1500
    assert np.abs(np.diff(staggered.grid_kw)).max() <= 10 * 15 + 1e-4
    assert 0 < staggered.savings < freely.savings
    both = [each.charge_kw[0] + each.discharge_kw[0] for each in staggered.ups]
    assert sum(both) <= 10 * 15 * 0.97 + 1e-4


def test_loads_that_ramp_faster_are_no_fault_of_the_batteries() -> None:
    made = ramped(problem(price=EDGE, load_kw=[4300.0] * 8 + [2000.0] * 8 + [4300.0] * 8), 1.0)
    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.certificate.certified
    keeps_the_ramp(made, plan)


def test_what_the_rectifiers_cannot_carry_is_no_ramp_of_the_batteries() -> None:
    """The batteries must give 166 kW at the meter for an hour, and the ramp limit is 15 kW an interval."""
    ups = ups_system(unit_input_limit_kw=900.0, protected_load_kw=4300.0)
    made = ramped(problem(ups, price=EDGE, load_kw=[4300.0] * 4 + [4000.0] * 20), 1.0)
    must_kw = 4300 / 0.95 - 4500 * 0.97

    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified, plan.certificate
    assert all(kw == pytest.approx(must_kw, abs=15 * 0.97 + 1e-3) for kw in plan.ups[0].discharge_kw[:4])
    assert all(kw >= 4500 - 15 - 1e-3 for kw in plan.grid_kw[:1])


def test_the_certificate_refuses_more_than_the_ramp_beyond_what_batteries_must_give() -> None:
    ups = ups_system(unit_input_limit_kw=900.0, protected_load_kw=4300.0)
    made = ramped(problem(ups, price=EDGE, load_kw=[4300.0] * 24), 1.0)
    plan = plan_dispatch(made, issued_at=NOW)
    (each,) = plan.ups
    must_kw = 4300 / 0.95 - 4500 * 0.97
    more = (must_kw + 16 * 0.97, *(must_kw,) * 23)

    found = judged(made, replace(plan, ups=(replace(each, discharge_kw=more, charge_kw=(0.0,) * 24),)))

    assert any("ramps faster" in violation for violation in found.violations)


def with_setpoints(plan: DispatchPlan, ups: UpsSystem, made: DispatchProblem, charge: list[float]) -> Any:  # noqa: ANN401
    """Certify a plan of these battery powers (discharge negative), consistent in energy and at the meter."""
    battery, h = ups.battery, made.horizon.interval_h
    charge_kw = tuple(max(0.0, each) for each in charge)
    discharge_kw = tuple(max(0.0, -each) for each in charge)
    stored = [plan.ups[0].stored_kwh[0]]
    for up, down in zip(charge_kw, discharge_kw, strict=True):
        stored.append(stored[-1] + (up * battery.charge_efficiency - down / battery.discharge_efficiency) * h)
    grid = resting_kw(made) + np.array(charge) / ups.rectifier_efficiency
    tampered = replace(plan.ups[0], charge_kw=charge_kw, discharge_kw=discharge_kw, stored_kwh=tuple(stored))
    return judged(made, plan, (tampered,), grid.tolist())


@pytest.mark.parametrize(
    ("charge", "what"),
    [
        ([-100.0, 0.0, 700.0, 0.0], "charge leaves less than 1263.2 kW for load swings"),
        ([-100.0, 0.0, 30.0, 0.0], "charge leaves less than 1263.2 kW for load swings"),
        ([0.0, -800.0, 0.0, 0.0], "discharge leaves less than 1263.2 kW for load swings"),
    ],
)
def test_the_certificate_refuses_a_plan_that_takes_the_headroom(charge: list[float], what: str) -> None:
    ups = ups_system(swing=SWING, discharge_limit_kw=400.0, protected_load_kw=1200.0, nominal_kwh=400.0)
    made = problem(ups, price=[0.1] * 4, load_kw=1100.0)
    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.certificate.certified
    certificate = with_setpoints(plan, ups, made, charge)

    assert not certificate.certified
    assert any(what in violation for violation in certificate.violations), certificate.violations
    sound = replace(ups, capacitor=Capacitor(energy_kwh=0.2, power_kw=1200))
    assert not [
        each for each in with_setpoints(plan, sound, _with_ups(made, sound), charge).violations if "swing" in each
    ]


def _with_ups(made: DispatchProblem, ups: UpsSystem) -> DispatchProblem:
    return replace(made, site=replace(made.site, ups=(ups,)))


def test_the_headroom_is_of_the_power_that_is_left_as_the_battery_empties() -> None:
    """Full, the battery has 2,000 kW and 1,263 of them wait for swings; at half of its energy it has 1,620 kW."""
    ups = ups_system(
        swing=SWING,
        discharge_limit_kw=400.0,
        power_by_fraction={0.5: 0.81, 1.0: 1.0},
        bidirectional=True,
        protected_load_kw=1200.0,
        nominal_kwh=400.0,
        ride_through_s=60.0,
    )
    made = problem(ups, price=[0.1] * 4, load_kw=1100.0, stored_kwh={"pod-1": 920.0})
    plan = plan_dispatch(made, issued_at=NOW)

    refused = with_setpoints(plan, ups, made, [-400.0, 0.0, 0.0, 0.0])
    always = replace(ups, battery=replace(ups.battery, power_by_fraction={}))

    assert any("discharge leaves less than 1263.2 kW" in each for each in refused.violations)
    assert with_setpoints(plan, always, _with_ups(made, always), [-400.0, 0.0, 0.0, 0.0]).certified


def test_the_certificate_refuses_a_downward_swing_that_feeds_back() -> None:
    ups = ups_system(swing=SWING, nominal_kwh=1000.0)
    made = problem(ups, price=[0.1] * 4, load_kw=1300.0)
    plan = plan_dispatch(made, issued_at=NOW)
    charge = [-300.0, 0.0, 0.0, 0.0]

    assert "a downward load swing would feed back" in str(with_setpoints(plan, ups, made, charge).violations)
    both_ways = replace(ups, bidirectional=True)
    assert "feed back" not in str(with_setpoints(plan, both_ways, _with_ups(made, both_ways), charge).violations)


def test_the_certificate_refuses_a_plan_that_ramps_too_fast() -> None:
    made = ramped(problem(price=[0.1] * 4), 10.0)
    plan = plan_dispatch(made, issued_at=NOW)
    gentle, steep = ([0.0, -140.0, 0.0, 0.0], [0.0, 0.0, -150.0, 0.0])

    assert with_setpoints(plan, made.site.ups[0], made, gentle).certified
    violations = with_setpoints(plan, made.site.ups[0], made, steep).violations
    (violation,) = violations
    assert violation.startswith("meter: ramps faster than 10 kW/min, and than its loads alone, at 2026-07-01T00:30")


def test_a_meter_that_lies_is_worked_out() -> None:
    """A plan whose own word on the meter is smooth is refused for what its setpoints do."""
    made = ramped(problem(price=[0.1] * 4), 10.0)
    plan = plan_dispatch(made, issued_at=NOW)
    steep = replace(plan.ups[0], discharge_kw=(0.0, 0.0, 150.0, 0.0))

    certificate = judged(made, plan, (steep,))

    assert any("loads and setpoints make" in each for each in certificate.violations)
    assert any("meter: ramps" in each for each in certificate.violations)


def test_the_reserve_comes_before_swings_and_ramps() -> None:
    """Below the reserve, batteries charge at the safe maximum; the swing and the ramp wait."""
    ups = ups_system(swing=SWING)
    made = ramped(problem(ups, price=[0.1] * 8, load_kw=3000.0, stored_kwh={"pod-1": 400.0}), 1.0)
    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.RECOVERY
    lacking_kwh = basis_of(made).reserves.usual_kwh[ups.id][0] - 400
    assert plan.ups[0].charge_kw[0] == pytest.approx(lacking_kwh / 0.97 * 4)
    assert plan.certificate.violations == ()


@pytest.mark.parametrize("look_ahead", [True])
def test_a_storm_fills_the_batteries_whatever_swings_and_ramps_ask(look_ahead: bool) -> None:  # noqa: FBT001
    start = START + timedelta(hours=2)
    storm = ReserveCondition(start=start, end=start + timedelta(hours=1), kind=ConditionKind.STORM)
    made = ramped(problem(ups_system(swing=SWING), price=[0.1] * 16, load_kw=3000.0, stored_kwh={"pod-1": 650.0}), 1.0)
    made = replace(made, site=replace(made.site, conditions=(storm,)), plan_intervals=4 if look_ahead else None)

    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.violations == ()
    if not look_ahead:
        assert plan.ups[0].stored_kwh[8] == pytest.approx(920, rel=1e-6)


def test_without_a_limit_the_model_has_no_ramp() -> None:
    with_limit, without = (ramped(problem(price=EDGE), limit) for limit in (1e6, None))

    assert plan_dispatch(with_limit, issued_at=NOW).cost.total == pytest.approx(
        plan_dispatch(without, issued_at=NOW).cost.total
    )


def test_a_storm_right_after_the_planned_interval_does_not_make_the_ramp_infeasible() -> None:
    start = START + timedelta(minutes=30)
    storm = ReserveCondition(start=start, end=start + timedelta(minutes=45), kind=ConditionKind.STORM)
    made = ramped(problem(price=[0.1] * 6, load_kw=3000.0, stored_kwh={"pod-1": 600.0}), 0.0)
    made = replace(made, site=replace(made.site, conditions=(storm,)), plan_intervals=1)

    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
