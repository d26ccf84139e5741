"""What every plan must keep, whatever the site, the prices and the loads."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import NOW, problem, ups_system

from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.problem.plan_basis import basis_of

ROUNDING_KWH = 1e-6


@st.composite
def problems(draw: st.DrawFn) -> DispatchProblem:
    """One or two systems, up to 24 intervals, prices of either sign, with or without a demand charge."""
    n = draw(st.integers(2, 24))
    systems = [
        ups_system(
            id=name,
            state_of_health=draw(st.floats(0.75, 1.0)),
            charge_efficiency=draw(st.floats(0.8, 1.0)),
            discharge_efficiency=draw(st.floats(0.9, 1.0)),
            rectifier_efficiency=draw(st.floats(0.9, 1.0)),
            charge_limit_kw=draw(st.floats(20, 400)),
            wear_cost_per_kwh=draw(st.sampled_from([0.0, 0.02])),
            standby_loss_per_h=draw(st.sampled_from([0.0, 0.001])),
            bidirectional=draw(st.booleans()),
            tolerated_failures=draw(st.integers(0, 1)),
            usable_fraction_by_c_rate=draw(st.sampled_from([{}, {1: 1.0, 4: 0.98, 9: 0.95}])),
            ride_through_s=draw(st.floats(60, 280)),
        )
        for name in ("pod-1", "pod-2")[: draw(st.integers(1, 2))]
    ]
    return problem(
        *systems,
        price=draw(st.lists(st.floats(-0.5, 0.5), min_size=n, max_size=n)),
        load_kw=draw(st.lists(st.floats(1500, 4700), min_size=n, max_size=n)),
        demand_rate=draw(st.sampled_from([0.0, 0.5, 15.0])),
        interval_minutes=draw(st.sampled_from([15, 60])),
        import_limit_kw=14000.0,
        export_limit_kw=draw(st.sampled_from([0.0, 500.0])),
    )


@settings(max_examples=60, deadline=None)
@given(made=problems())
def test_a_plan_is_certified_keeps_its_laws_and_is_never_dearer_than_doing_nothing(made: DispatchProblem) -> None:
    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.certificate.certified, plan.certificate
    assert plan.status is PlanStatus.OPTIMAL
    _keeps_the_reserve(plan)
    _conserves_energy(made, plan)
    _never_feeds_back_unasked(made, plan)
    assert plan.cost.total <= plan.baseline_cost.total + 1e-6 * max(1.0, abs(plan.baseline_cost.total))


def _keeps_the_reserve(plan: DispatchPlan) -> None:
    for ups in plan.ups:
        assert np.all(np.array(ups.stored_kwh) >= np.array(ups.reserve_kwh) - ROUNDING_KWH)


def _conserves_energy(made: DispatchProblem, plan: DispatchPlan) -> None:
    h = plan.horizon.interval_h
    for each in plan.ups:
        battery = made.site.ups_system(each.ups_id).battery
        stored = np.array(each.stored_kwh)
        gained = np.array(each.charge_kw) * battery.charge_efficiency * h
        drawn = np.array(each.discharge_kw) / battery.discharge_efficiency * h
        kept = stored[:-1] * (1 - battery.standby_loss_per_h) ** h
        assert stored[1:] == pytest.approx(kept + gained - drawn, abs=1e-5)
        assert np.all(np.minimum(each.charge_kw, each.discharge_kw) <= 1e-5)
        assert stored[-1] >= stored[0] - ROUNDING_KWH


def _never_feeds_back_unasked(made: DispatchProblem, plan: DispatchPlan) -> None:
    limits = made.site.interconnection
    assert min(plan.grid_kw) >= -limits.export_limit_kw - 1e-6
    assert max(plan.grid_kw) <= limits.import_limit_kw + 1e-6
    for each in plan.ups:
        ups = made.site.ups_system(each.ups_id)
        if not ups.bidirectional:
            load_dc = np.array(each.load_kw) / ups.inverter_efficiency
            assert np.all(np.array(each.discharge_kw) <= load_dc + np.array(each.charge_kw) + 1e-6)


@settings(max_examples=25, deadline=None)
@given(made=problems(), share=st.floats(0, 0.999))
def test_below_the_reserve_a_system_charges_at_the_safe_maximum_until_it_is_restored(
    made: DispatchProblem, share: float
) -> None:
    ups = made.site.ups[0]
    low = share * basis_of(made).reserves.usual_kwh[ups.id][0]
    short = DispatchProblem(
        site=made.site,
        horizon=made.horizon,
        charges=made.charges,
        load_kw=made.load_kw,
        unprotected_load_kw=made.unprotected_load_kw,
        state=type(made.state)(stored_kwh={ups.id: low}),
    )

    plan = plan_dispatch(short, issued_at=NOW)

    assert plan.status is PlanStatus.RECOVERY
    assert not plan.certificate.certified
    assert any("below the reserve" in warning and "kWh and" in warning for warning in plan.warnings)
    first = next(each for each in plan.ups if each.ups_id == ups.id)
    lacking = [
        kwh < least - 1e-5 * ups.capacity_kwh for kwh, least in zip(first.stored_kwh, first.reserve_kwh, strict=True)
    ]
    assert all(kw <= 1e-6 for kw, lacks in zip(first.discharge_kw, lacking[1:], strict=True) if lacks)
    assert sorted(lacking, reverse=True) == lacking, "once it is restored, the reserve is kept"
    rectifier_kw = ups.input_limit_kw * ups.rectifier_efficiency - ups.dc_load_kw(first.load_kw[0])
    expected = min(ups.charge_limit_kw, rectifier_kw)
    assert first.charge_kw[0] == pytest.approx(expected) or first.stored_kwh[1] >= first.reserve_kwh[1] - ROUNDING_KWH


def test_an_infeasible_reserve_is_an_alarm_and_charges_to_full() -> None:
    weak = ups_system(nominal_kwh=110.0, state_of_health=0.9)
    made = problem(weak, price=[0.1] * 8, stored_kwh={"pod-1": 300.0})

    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.RECOVERY
    assert "reserve is infeasible (capacity)" in plan.warnings[0]
    assert "not restored" in plan.warnings[1]
    assert plan.ups[0].stored_kwh[-1] == pytest.approx(weak.max_stored_kwh)


def test_saving_money_never_spends_the_reserve() -> None:
    """The dearest hour in the world does not move the floor."""
    calm = problem(price=[0.05] * 8)
    dear = problem(price=[0.05] * 2 + [1e6] * 2 + [0.05] * 4)

    reserve = basis_of(calm).floors.floor_kwh[calm.site.ups[0].id][0]
    plan = plan_dispatch(dear, issued_at=NOW)

    assert plan.certificate.certified
    assert min(plan.ups[0].stored_kwh) >= reserve - ROUNDING_KWH
    assert plan.savings > 0


def test_a_load_above_the_protected_load_raises_the_floor_where_an_outage_may_meet_it() -> None:
    """The boundaries of the interval, and that before which an outage of 300 s ends before it begins."""
    above = problem(price=[0.1] * 5, load_kw=[4300.0, 4790.0, 4800.0 + 50, 4300.0, 4300.0], import_limit_kw=8000.0)

    floor_kwh = basis_of(above).floors.floor_kwh["pod-1"]

    assert floor_kwh[0] == floor_kwh[1] == floor_kwh[4] == floor_kwh[5]
    assert floor_kwh[2] == floor_kwh[3] == pytest.approx(46 + (floor_kwh[0] - 46) * 4850 / 4800)


def test_an_import_limit_that_loads_alone_exceed_is_broken_as_little_as_the_reserve_allows() -> None:
    plan = plan_dispatch(problem(price=[0.1] * 8, import_limit_kw=5000.0), issued_at=NOW)

    (ups,), excess_kwh = plan.ups, sum(max(0.0, kw - 5000.0) for kw in plan.grid_kw) * 0.25
    given_kwh = (ups.stored_kwh[0] - ups.stored_kwh[-1]) * 0.98 / 0.97

    assert plan.status is PlanStatus.OPTIMAL
    assert any(
        "loads alone are up to" in each and "above the import limit of 5000 kW" in each for each in plan.warnings
    )
    assert ups.stored_kwh[-1] == pytest.approx(ups.reserve_kwh[-1], abs=1e-3)
    assert excess_kwh == pytest.approx((plan.baseline_grid_kw[0] - 5000) * 2 - given_kwh)


def test_a_peak_above_the_import_limit_is_held_down_by_the_battery() -> None:
    loads = [4300.0] * 6 + [4700.0] + [4300.0] * 6
    limit = 900 + (4700 / 0.95) / 0.97 - 300
    plan = plan_dispatch(problem(price=[0.1] * 13, load_kw=loads, import_limit_kw=limit), issued_at=NOW)

    assert plan.certificate.certified
    assert max(plan.grid_kw) <= limit + 1e-6
    assert plan.ups[0].discharge_kw[6] > 0


def test_a_time_limit_without_an_answer_holds() -> None:
    rng = np.random.default_rng(1)
    price = rng.uniform(-0.5, 0.1, 400).tolist()

    plan = plan_dispatch(problem(price=price, load_kw=4300.0, demand_rate=5.0), issued_at=NOW, time_limit_s=1e-9)

    assert plan.status in {PlanStatus.HOLD, PlanStatus.TIME_LIMIT}
    assert plan.certificate.certified
    assert plan.cost.total <= plan.baseline_cost.total + 1e-6


def test_the_same_problem_gives_the_same_plan() -> None:
    made = problem(price=[0.1, 0.1, 0.2, 0.2, 0.1, 0.1], demand_rate=3.0)

    first, second = (plan_dispatch(made, issued_at=NOW) for _ in range(2))

    assert first.ups == second.ups


def test_where_nothing_is_gained_every_battery_rests() -> None:
    """Free wear and a flat price leave many schedules of one cost; the plan is the one that does nothing."""
    made = problem(ups_system(wear_cost_per_kwh=0.0, charge_efficiency=1.0, discharge_efficiency=1.0), price=[0.1] * 24)

    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.savings == 0
    assert not any((*plan.ups[0].charge_kw, *plan.ups[0].discharge_kw))


def test_below_the_reserve_a_battery_still_gives_what_the_rectifiers_cannot_carry() -> None:
    """Rectifiers that carry 4,365 kW DC of the 4,526 kW that the load draws."""
    narrow = ups_system(unit_input_limit_kw=900.0, charge_limit_kw=240.0)
    made = problem(narrow, price=[0.1] * 2, load_kw=[4300.0, 4000.0], stored_kwh={"pod-1": 300.0})

    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.RECOVERY
    assert plan.ups[0].discharge_kw[0] == pytest.approx(4300 / 0.95 - 5 * 900 * 0.97)
    assert plan.ups[0].discharge_kw[1] == 0
    assert not plan.certificate.violations
