"""Plans of days on which a strict law, a tie or one missing kWh would leave people without a sensible plan."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import NOW, START, problem, ups_system

from ridethrough.domain import ConditionKind, ReserveCondition, SiteState
from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.problem.plan_basis import basis_of

CHEAP, DEAR = 0.05, 0.5
DAY = [CHEAP] * 8 + [DEAR] * 4 + [CHEAP] * 12


def day(*systems: object, **changes: object) -> DispatchProblem:
    """Hours of one day with four dear ones; a pod that draws 4,000 kW with 900 kW beside it."""
    given = {"price": DAY, "load_kw": 4000.0, "interval_minutes": 60, "import_limit_kw": 9000.0, **changes}
    return problem(*systems, **given)


def planned(made: DispatchProblem) -> DispatchPlan:
    return plan_dispatch(made, issued_at=NOW)


def lossless(**changes: object) -> object:
    """A pod that loses nothing and wears nothing: many of its plans cost the same."""
    whole = dict.fromkeys(
        ("charge_efficiency", "discharge_efficiency", "rectifier_efficiency", "inverter_efficiency"), 1.0
    )
    return ups_system(wear_cost_per_kwh=0.0, **{**whole, **changes})


# --- a battery just below its reserve


@pytest.mark.parametrize("missing_kwh", [0.1, 5.0])
def test_a_battery_just_below_its_reserve_restores_it_and_then_trades(missing_kwh: float) -> None:
    reserve_kwh = basis_of(day()).reserves.usual_kwh["pod-1"][0]
    short, enough = (planned(day(stored_kwh={"pod-1": reserve_kwh + extra})) for extra in (-missing_kwh, 0.0))
    restoring = missing_kwh / 0.97 / 0.97 * CHEAP

    assert short.status is PlanStatus.RECOVERY
    assert enough.status is PlanStatus.OPTIMAL
    assert short.ups[0].stored_kwh[1] >= reserve_kwh - 1e-3
    assert short.savings == pytest.approx(enough.savings - restoring, abs=0.02)
    assert short.savings > 10
    assert "reserve restored at 2026-07-01T01:00" in str(short.warnings)


@given(off=st.floats(-0.9e-6, 0.9e-6))
@settings(max_examples=20, deadline=None)
def test_a_battery_within_a_millionth_of_its_floor_is_on_it(off: float) -> None:
    reserve_kwh = basis_of(day()).reserves.usual_kwh["pod-1"][0]
    plan = planned(day(stored_kwh={"pod-1": reserve_kwh + off * 920}))

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.savings > 10


def test_one_system_below_its_reserve_stops_no_other() -> None:
    pods = [ups_system(), ups_system(id="pod-2")]
    both = day(*pods, import_limit_kw=20_000.0)
    plan = planned(replace(both, state=SiteState(stored_kwh={"pod-1": 200.0, "pod-2": 920.0})))
    short, whole = plan.ups
    reserve_kwh = basis_of(both).reserves.usual_kwh["pod-1"][0]

    assert plan.status is PlanStatus.RECOVERY
    assert short.stored_kwh[1] >= reserve_kwh
    assert max(whole.discharge_kw[8:12]) > 100
    assert max(short.discharge_kw[8:12]) > 100, "restored by then, it trades too"


def test_an_infeasible_reserve_locks_its_system_alone() -> None:
    weak, whole = ups_system(nominal_kwh=110.0, state_of_health=0.9), ups_system(id="pod-2")
    plan = planned(day(weak, whole, import_limit_kw=20_000.0))

    assert plan.status is PlanStatus.RECOVERY
    assert max(plan.ups[0].discharge_kw) == 0
    assert max(plan.ups[1].discharge_kw) > 100
    assert "pod-1: reserve is infeasible" in str(plan.warnings)


# --- the end of the horizon


def test_the_last_hour_may_take_what_the_meter_asks_of_it() -> None:
    loads = [4000.0] * 23 + [4100.0]
    limit_kw = 900 + 4050 / 0.95 / 0.97
    plan = planned(day(load_kw=loads, import_limit_kw=limit_kw))
    given_kwh = 50 / 0.95 / 0.98

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    assert max(plan.grid_kw) <= limit_kw + 1e-6
    assert plan.ups[0].stored_kwh[-1] == pytest.approx(920 - given_kwh, abs=0.01)
    assert sum(plan.ups[0].discharge_kw[8:12]) > 100


def test_a_last_hour_of_standing_by_that_cannot_be_made_up_for_costs_no_days_saving() -> None:
    loses = ups_system(standby_loss_per_h=0.001)
    loads = [4000.0] * 23 + [4100.0]
    plan = planned(day(loses, load_kw=loads, import_limit_kw=900 + 4100 / 0.95 / 0.97))

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    assert plan.ups[0].stored_kwh[-1] == pytest.approx(920 * 0.999, abs=0.01)
    assert plan.savings > 100


def test_full_batteries_that_cannot_be_held_full_still_trade() -> None:
    taper = {0.9: 1.0, 1.0: 0.0001}
    from_full, from_less = (
        planned(day(ups_system(standby_loss_per_h=0.0005, charge_taper_by_fraction=taper), stored_kwh={"pod-1": kwh}))
        for kwh in (920.0, 918.5)
    )

    assert from_full.status is PlanStatus.OPTIMAL
    assert from_full.savings == pytest.approx(from_less.savings, rel=0.01)
    assert from_full.savings > 100


# --- plans of the same cost


def test_a_plan_moves_no_energy_for_nothing() -> None:
    made = day(lossless(), stored_kwh={"pod-1": 700.0})
    (ups,) = planned(made).ups
    reserve_kwh = basis_of(made).reserves.usual_kwh["pod-1"][0]

    assert sum(ups.discharge_kw) == pytest.approx(920 - reserve_kwh, abs=0.01), "once full to the reserve, in the peak"
    assert sum(ups.discharge_kw[:8]) == 0


def test_at_a_flat_price_under_a_demand_charge_only_the_peak_is_shaved() -> None:
    loads = [4000.0] * 14 + [4150.0, 4100.0] + [4000.0] * 8
    made = day(lossless(), price=[0.0] * 24, load_kw=loads, demand_rate=20.0)
    plan = planned(made)
    (ups,) = plan.ups

    assert plan.savings == pytest.approx(20 * 125, abs=0.1), "25 kW for 8 hours put back what 125 and 75 kW took"
    assert sum(ups.discharge_kw) == pytest.approx(200, abs=0.1)
    assert min(ups.stored_kwh) == pytest.approx(920 - 200, abs=0.1)
    assert np.flatnonzero(ups.discharge_kw).tolist() == [14, 15]


def test_what_settles_a_tie_is_in_no_cost() -> None:
    made = day(lossless(), stored_kwh={"pod-1": 700.0})
    plan = planned(made)

    assert plan.cost.total == pytest.approx(float(np.array(DAY) @ np.array(plan.grid_kw)), abs=1e-6)


# --- limits that cannot be kept


def test_batteries_take_off_what_they_can_of_a_load_above_the_meters_limit() -> None:
    loads = [4000.0] * 10 + [4400.0] * 2 + [4000.0] * 12
    made = day(lossless(unit_input_limit_kw=2000.0), load_kw=loads, import_limit_kw=900 + 4050.0)
    plan = planned(made)
    reserve_kwh = basis_of(made).reserves.usual_kwh["pod-1"][0]
    beyond_kwh = sum(max(0.0, kw - 4950) for kw in plan.grid_kw)

    assert plan.status is PlanStatus.OPTIMAL
    assert beyond_kwh == pytest.approx(2 * 350 - (920 - reserve_kwh), abs=0.1)
    assert min(plan.ups[0].stored_kwh) >= reserve_kwh - 1e-6
    assert any("loads alone are up to 350 kW above the import limit" in each for each in plan.warnings)


# --- ramps and swings on a day with a storm


@pytest.mark.parametrize("stored_kwh", [919.5, 800.0, 600.0])
def test_a_storm_frees_no_more_of_the_ramp_than_the_charge_that_is_needed_for_it(stored_kwh: float) -> None:
    storm = ReserveCondition(
        start=START + timedelta(hours=22), end=START + timedelta(hours=24), kind=ConditionKind.STORM
    )
    made = day(stored_kwh={"pod-1": stored_kwh})
    limits = replace(made.site.interconnection, ramp_limit_kw_per_min=0.2)
    made = replace(made, site=replace(made.site, interconnection=limits, conditions=(storm,)))
    plan = planned(made)
    needed_kw = np.array(basis_of(made).powers.need["pod-1"].charge_kw) / 0.97
    steps_kw = np.diff(np.array(plan.grid_kw), prepend=plan.grid_kw[0])

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    assert plan.ups[0].stored_kwh[22] == pytest.approx(920, abs=0.01)
    assert (steps_kw <= 12 + needed_kw + 1e-3).all()
    assert (-steps_kw <= 12 + np.concatenate([[0.0], needed_kw[:-1]]) + 1e-3).all()
    assert needed_kw[:20].sum() == 0, "what can wait is not needed yet"
