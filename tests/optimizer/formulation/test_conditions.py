"""Plans in which a condition raises the reserve: full or longer, nothing discharged, and never "no solution"."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import NOW, START, problem, ups_system

from ridethrough.domain import ConditionKind, ReserveCondition, ReservePolicy, SiteState
from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.optimizer import DispatchProblem, dispatch, plan_dispatch
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.simplex import Answer

CHEAP_THEN_DEAR = [0.02] * 32 + [0.3] * 32 + [0.02] * 32


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def condition(start_h: float, end_h: float, **changes: Any) -> ReserveCondition:  # noqa: ANN401
    given: dict[str, Any] = {"start": at(start_h), "end": at(end_h), "kind": ConditionKind.STORM}
    return ReserveCondition(**(given | changes))


def during(*conditions: ReserveCondition, stored_kwh: float = 920.0, **changes: Any) -> DispatchProblem:  # noqa: ANN401
    systems = changes.pop("systems", (ups_system(),))
    stored = {ups.id: stored_kwh for ups in systems}
    made = problem(*systems, price=CHEAP_THEN_DEAR, **changes)
    return replace(made, state=SiteState(stored_kwh=stored, conditions=conditions))


def planned(made: DispatchProblem) -> DispatchPlan:
    plan = plan_dispatch(made, issued_at=NOW)
    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    return plan


def test_in_a_storm_the_batteries_are_full_and_nothing_is_discharged() -> None:
    plan = planned(during(condition(9, 13.1)))
    (ups,) = plan.ups
    assert plan.warnings == ()
    assert all(kwh == pytest.approx(920) for kwh in ups.stored_kwh[36:54])
    assert max(ups.discharge_kw[36:53]) == 0
    assert max(ups.discharge_kw[53:64]) > 0
    assert max(ups.reserve_kwh[:36]) < 920


def test_a_site_holds_its_own_conditions() -> None:
    made = during()
    with_storm = replace(made, site=replace(made.site, conditions=(condition(8, 16),)))
    assert max(planned(with_storm).ups[0].discharge_kw[32:64]) == 0


def test_a_longer_ride_through_leaves_the_rest_to_trade_before_it() -> None:
    test = condition(10, 12, kind=ConditionKind.GENERATOR_TEST, ride_through_s=400)
    made = during(test)
    usual_kwh = basis_of(made).reserves.requirement[made.site.ups[0].id].reserve_kwh
    longer = basis_of(made).floors.floor_kwh[made.site.ups[0].id]
    assert longer[40] == pytest.approx(46 + (usual_kwh - 46) * 400 / 300)
    assert (longer[39], longer[49]) == (usual_kwh, usual_kwh)
    (ups,) = planned(made).ups
    assert max(*ups.discharge_kw[32:40], *ups.discharge_kw[48:64]) > 0
    assert max(ups.discharge_kw[40:48]) == 0


def test_a_shorter_ride_through_than_the_policy_never_lowers_the_reserve() -> None:
    made = during(condition(10, 12, kind=ConditionKind.MAINTENANCE, ride_through_s=60))
    assert len(set(basis_of(made).floors.floor_kwh[made.site.ups[0].id])) == 1
    assert max(planned(made).ups[0].discharge_kw[40:48]) == 0


def test_a_second_outage_counts_in_a_condition_too() -> None:
    test = condition(10, 12, kind=ConditionKind.GENERATOR_TEST, ride_through_s=200)
    twice = ups_system(reserve=ReservePolicy(ride_through_s=100, outages_before_recharge=2))
    made = during(test, systems=(twice,))
    floor = basis_of(made).floors.floor_kwh[twice.id]
    assert floor[40] - 46 == pytest.approx(2 * (floor[0] - 46))


def test_a_given_reserve_profile_is_raised_too() -> None:
    made = replace(during(condition(10, 12)), reserve_profile_kwh={"pod-1": (700.0,) * 97})
    floor = basis_of(made).floors.floor_kwh[made.site.ups[0].id]
    assert (floor[0], floor[40]) == (700, pytest.approx(920))


def test_a_ride_through_beyond_full_batteries_keeps_them_full_and_says_so() -> None:
    made = during(condition(10, 12, kind=ConditionKind.GENERATOR_UNAVAILABLE, ride_through_s=900))
    plan = planned(made)
    assert plan.ups[0].stored_kwh[40] == pytest.approx(920)
    (warning,) = plan.warnings
    assert "generator_unavailable: full batteries are" in warning
    assert "of the 900 s asked for; kept full instead" in warning


def test_a_storm_that_comes_too_soon_is_met_by_charging_at_the_maximum_from_now_on() -> None:
    plan = planned(during(condition(0.2, 12), stored_kwh=620, unprotected_kw=900, import_limit_kw=5900))
    (ups,) = plan.ups
    (warning,) = plan.warnings
    assert "storm: 920.0 kWh cannot be stored by 2026-07-01T00:00:00+00:00, where 620.0 kWh are" in warning
    full_at = next(boundary for boundary, kwh in enumerate(ups.stored_kwh) if kwh > 919.99)
    assert f"there at {at(full_at / 4).isoformat()}" in warning
    assert all(kw == pytest.approx(5900, abs=1e-3) for kw in plan.grid_kw[: full_at - 1])


def test_a_storm_that_no_charger_is_ready_for_is_said() -> None:
    plan = planned(during(condition(1, 30), stored_kwh=620, import_limit_kw=5572))
    assert any("not within this plan" in warning for warning in plan.warnings)
    assert max(plan.ups[0].discharge_kw[4:]) == 0


def test_below_the_usual_reserve_the_recovery_goes_on_to_what_the_storm_asks_for() -> None:
    plan = plan_dispatch(during(condition(10, 12), stored_kwh=400), issued_at=NOW)
    assert plan.status is PlanStatus.RECOVERY
    assert max(plan.ups[0].stored_kwh) == pytest.approx(920)


def test_of_two_systems_the_one_whose_storm_comes_first_is_charged_first() -> None:
    pods = tuple(ups_system(id=name, protected_load_kw=4800) for name in ("late", "soon"))
    conditions = (condition(1, 3, ups="soon"), condition(4, 6, ups="late"))
    made = during(*conditions, systems=pods, stored_kwh=620, import_limit_kw=10_700)
    plan = planned(made)
    late, soon = plan.ups
    assert soon.stored_kwh[4] > late.stored_kwh[4] + 100


def with_ramp(made: DispatchProblem, per_min: float | None) -> DispatchProblem:
    limits = replace(made.site.interconnection, ramp_limit_kw_per_min=per_min)
    return replace(made, site=replace(made.site, interconnection=limits))


def test_of_two_systems_that_a_storm_finds_alike_the_emptier_is_charged_first() -> None:
    """The import limit leaves less than both lack; the plan and its certificate agree on who comes first."""
    pods = (ups_system(id="fuller", protected_load_kw=4300), ups_system(id="emptier", protected_load_kw=4300))
    made = during(condition(0.1, 3), systems=pods, load_kw=[4000.0] * 96, import_limit_kw=9840)
    made = replace(made, state=replace(made.state, stored_kwh={"fuller": 890.0, "emptier": 850.0}))

    plan = planned(made)

    fuller, emptier = plan.ups
    assert emptier.stored_kwh[1] > 850 + 50
    assert fuller.stored_kwh[1] < 890 + 1
    assert fuller.stored_kwh[2] == pytest.approx(920)


@pytest.mark.parametrize("left_kw", [(460.0, 2500.0), (2500.0, 460.0)], ids=["more later", "less later"])
def test_two_systems_leave_each_other_the_import_that_both_need_to_be_in_time(left_kw: tuple[float, float]) -> None:
    """One lacks little and charges fast, the other needs both quarters of an hour: there is a way to fill both."""
    fast = ups_system(id="fast", nominal_kwh=120.0, protected_load_kw=3000.0)
    slow = ups_system(id="slow", charge_limit_kw=80.0, protected_load_kw=4300.0)
    made = during(
        condition(0.5, 3), systems=(fast, slow), stored_kwh=430.0, load_kw=[2500.0] * 96, import_limit_kw=10_200
    )
    others_kw = [10_200 - basis_of(made).powers.resting_kw[0] + made.unprotected_load_kw[0] - left for left in left_kw]
    made = replace(
        made,
        unprotected_load_kw=(*others_kw, *made.unprotected_load_kw[2:]),
        state=replace(made.state, stored_kwh={"fast": 430.0, "slow": 736.0}),
    )

    plan = planned(made)

    assert [each.stored_kwh[2] for each in plan.ups] == pytest.approx([552, 920])


def test_two_systems_that_lack_little_count_on_the_import_that_they_leave_each_other() -> None:
    """Either charger alone takes more than the import limit leaves, but not to store the 30 kWh that are lacking."""
    pods = (ups_system(id="one", protected_load_kw=4300), ups_system(id="two", protected_load_kw=4300))
    made = during(condition(4, 6), systems=pods, stored_kwh=890, load_kw=[4000.0] * 96, import_limit_kw=9700)
    made = with_ramp(made, 5.0)
    left_kw = 9700 - sum(made.load_kw[ups.id][0] / ups.inverter_efficiency / ups.rectifier_efficiency for ups in pods)
    assert left_kw < pods[0].charge_limit_kw

    plan = planned(made)

    assert not any("cannot be stored" in warning for warning in plan.warnings)
    assert all(each.stored_kwh[16] == pytest.approx(920, abs=1e-3) for each in plan.ups)
    assert max(plan.grid_kw) <= 9700 + 1e-3


@pytest.mark.parametrize("per_min", [None, 1.0])
def test_where_batteries_at_rest_would_miss_a_storm_a_withheld_plan_is_followed_by_charging(
    monkeypatch: pytest.MonkeyPatch, per_min: float | None
) -> None:
    made = with_ramp(during(condition(4, 6), stored_kwh=800), per_min)
    resting = basis_of(made).baseline.trajectories
    monkeypatch.setattr(dispatch, "optimize", lambda *_: Answer(PlanStatus.OPTIMAL, resting))

    plan = plan_dispatch(made, issued_at=NOW)

    (ups,) = plan.ups
    assert plan.status is PlanStatus.RECOVERY
    assert plan.certificate.certified
    assert ups.stored_kwh[16] == pytest.approx(920, abs=1e-3)
    assert max(ups.discharge_kw) == 0
    assert plan.warnings[0].startswith("batteries at rest would miss a floor")
    assert "the plan failed its certificate and is withheld; no battery trades" in plan.warnings
    assert not any("holds" in warning for warning in plan.warnings)


def test_a_plan_that_must_not_trade_charges_for_a_storm_all_the_same() -> None:
    made = during(condition(4, 6), stored_kwh=800)
    calm = replace(made, state=replace(made.state, conditions=()))

    stormy, still = (plan_dispatch(each, issued_at=NOW, no_trading_because=["no prices"]) for each in (made, calm))

    assert stormy.status is PlanStatus.RECOVERY
    assert stormy.certificate.certified
    assert "no prices" in stormy.warnings
    assert still.status is PlanStatus.HOLD
    assert max(still.ups[0].charge_kw) == 0


def test_a_load_that_the_rectifiers_cannot_carry_is_still_helped_in_a_storm() -> None:
    weak = ups_system(unit_input_limit_kw=930.0, bidirectional=True)
    peak = [4270.0] * 40 + [4350.0] * 2 + [4270.0] * 54
    made = during(condition(9, 12), systems=(weak,), load_kw=peak, export_limit_kw=1000.0)
    bounds = basis_of(made).powers.bounds[weak.id]
    assert bounds.discharge_ceiling_kw[40] == bounds.discharge_floor_kw[40] > 0
    assert bounds.feed_back_ceiling_kw[40] == 0 < bounds.feed_back_ceiling_kw[60]
    (ups,) = planned(made).ups
    assert ups.stored_kwh[42] < 920


def test_a_recharge_that_takes_too_long_stops_trading_with_its_reason() -> None:
    slow = ups_system(reserve=ReservePolicy(ride_through_s=300, recharge_limit_h=0.1))
    plan = plan_dispatch(during(systems=(slow,)), issued_at=NOW)
    assert plan.status is PlanStatus.RECOVERY
    assert "reserve is infeasible (recharge): recharging takes" in plan.warnings[0]
    assert "of 0.1 h allowed; no trading" in plan.warnings[0]


@settings(max_examples=20, deadline=None)
@given(
    start_h=st.floats(0, 23),
    length_h=st.floats(0.05, 12),
    stored=st.floats(0.65, 1),
    import_kw=st.floats(5570, 6500),
    ride_through_s=st.none() | st.floats(60, 900),
    loss=st.sampled_from((0.0, 0.001)),
)
def test_whatever_comes_the_plan_is_solved_certified_and_locked(  # noqa: PLR0917
    start_h: float, length_h: float, stored: float, import_kw: float, ride_through_s: float | None, loss: float
) -> None:
    kind = ConditionKind.STORM if ride_through_s is None else ConditionKind.GENERATOR_UNAVAILABLE
    raised = condition(start_h, start_h + length_h, kind=kind, ride_through_s=ride_through_s)
    ups = ups_system(standby_loss_per_h=loss)
    made = during(raised, systems=(ups,), stored_kwh=stored * 920, import_limit_kw=import_kw)
    if import_kw < 5600 and loss:
        return  # nothing to make up for standing by with
    plan = planned(made)
    held = basis_of(made).reserves.conditions[ups.id]
    floor = basis_of(made).floors.floor_kwh[ups.id]
    (trajectory,) = plan.ups
    assert all(kw <= 1e-6 for kw, inside in zip(trajectory.discharge_kw, held.intervals, strict=True) if inside)
    assert all(kwh >= least - 1e-5 for kwh, least in zip(trajectory.stored_kwh, floor, strict=True))
