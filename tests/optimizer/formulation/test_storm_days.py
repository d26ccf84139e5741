"""The time about a storm: nothing discharged in the hold-off before it, no large step of the meter after it."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest
from certificates import judged
from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_features import random_featured_problem
from rule_campaign import broken_rules, certified_again
from sites import NOW, START, problem, ups_system

from ridethrough.domain import ConditionKind, ReserveCondition, SiteState
from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.optimizer import DispatchProblem, plan_dispatch

DEAR_ALL_DAY = [0.02] * 24 + [0.3] * 56 + [0.02] * 16
RESTS_KW = 4300 / 0.95 / 0.97 + 900


def storm(start_h: float, end_h: float, **changes: Any) -> ReserveCondition:  # noqa: ANN401
    given: dict[str, Any] = {"start": at(start_h), "end": at(end_h), "kind": ConditionKind.STORM}
    return ReserveCondition(**(given | changes))


def at(hour: float) -> datetime:
    return START + timedelta(hours=hour)


def during(*conditions: ReserveCondition, stored_kwh: float = 920.0, **changes: Any) -> DispatchProblem:  # noqa: ANN401
    systems = changes.pop("systems", (ups_system(),))
    made = problem(*systems, price=changes.pop("price", DEAR_ALL_DAY), **changes)
    return replace(made, state=SiteState(stored_kwh={ups.id: stored_kwh for ups in systems}, conditions=conditions))


def planned(made: DispatchProblem) -> DispatchPlan:
    plan = plan_dispatch(made, issued_at=NOW)
    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    return plan


def steps_kw(plan: DispatchPlan) -> np.ndarray:
    """The step of the meter into each interval; batteries rest before the plan."""
    return np.abs(np.diff(plan.grid_kw, prepend=RESTS_KW))


def test_nothing_is_discharged_in_the_two_hours_before_a_storm() -> None:
    """Dearest from 10:30 to 11:30, and a storm from 12:00 to 14:00: without the hold-off, batteries give then."""
    dearest_late = [0.02] * 24 + [0.3] * 12 + [0.02] * 6 + [0.4] * 4 + [0.02] * 50
    held, free = (
        planned(during(storm(12, 14, hold_off_minutes=minutes), price=dearest_late)).ups[0] for minutes in (None, 0)
    )

    assert max(held.discharge_kw[40:56]) == 0
    assert max(held.discharge_kw[24:40]) > 0
    assert max(free.discharge_kw[42:46]) > 0
    assert [held.stored_kwh[48], free.stored_kwh[48]] == pytest.approx([920, 920])


def test_an_alert_of_one_system_holds_off_only_that_one() -> None:
    pods = (ups_system(id="warned"), ups_system(id="calm"))
    alert = storm(12, 14, kind=ConditionKind.GRID_ALERT, ups="warned", hold_off_minutes=360)
    dear = [0.02] * 24 + [0.3] * 16 + [0.02] * 56
    warned, calm = planned(during(alert, systems=pods, import_limit_kw=13000.0, price=dear)).ups

    assert max(warned.discharge_kw[24:56]) == 0
    assert max(calm.discharge_kw[24:56]) > 0


def test_what_charges_for_a_storm_is_free_in_the_hold_off() -> None:
    (ups,) = planned(during(storm(4, 6, hold_off_minutes=240), stored_kwh=800)).ups

    assert max(ups.charge_kw[:16]) > 0
    assert ups.stored_kwh[16] == pytest.approx(920)


@pytest.mark.parametrize(("minutes", "most_kw"), [(None, 812.5), (120, 812.5), (480, 203.125)])
def test_after_a_storm_the_meter_takes_no_larger_step_than_its_batteries_may(
    minutes: float | None, most_kw: float
) -> None:
    """6,500 kW in 120 minutes are 812.5 kW in a quarter of an hour; without the ramp the first step is larger."""
    dear_after = [0.02] * 48 + [0.5] + [0.02] * 47
    ramped, free = (planned(during(storm(6, 12, ramp_minutes=takes), price=dear_after)) for takes in (minutes, 0))

    assert steps_kw(free)[48] > 820
    assert ramped.ups[0].discharge_kw[48] > 0
    returning = slice(48, 48 + 8)
    assert steps_kw(ramped)[returning].max() <= most_kw + 1e-3


def test_a_site_with_a_ramp_limit_returns_by_that_alone() -> None:
    dear_after = [0.02] * 48 + [0.5] + [0.02] * 47
    stormy = during(storm(6, 12), price=dear_after)
    limits = replace(stormy.site.interconnection, ramp_limit_kw_per_min=100.0)
    stormy = replace(stormy, site=replace(stormy.site, interconnection=limits))
    slower = replace(stormy, state=replace(stormy.state, conditions=(storm(6, 12, ramp_minutes=480),)))

    assert 820 < steps_kw(planned(stormy))[48] <= 1500 + 1e-3
    assert steps_kw(planned(slower))[48] <= 203.125 + 1e-3


def test_the_load_may_step_after_a_storm_and_batteries_do_not_add_to_it() -> None:
    loads = [4000.0] * 50 + [4500.0] * 46
    made = during(storm(6, 12, ramp_minutes=960), load_kw=loads)
    plan = planned(made)

    steps = np.abs(np.diff(np.array(plan.grid_kw)))
    assert steps[49] == pytest.approx(500 / 0.95 / 0.97, abs=102)
    assert steps[50:55].max() <= 6500 / 960 * 15 + 1e-3


def test_a_second_storm_soon_after_the_first_frees_the_charge_that_it_needs_and_no_more() -> None:
    """An outage took the charge: 700 kWh at the start, in the return from a storm, and the next one in two hours."""
    conditions = (storm(-3, 0, ramp_minutes=960), storm(2, 4))
    made = during(*conditions, stored_kwh=700, price=[0.2] * 96)
    plan = planned(made)
    (ups,) = plan.ups
    assert ups.stored_kwh[8] == pytest.approx(920, abs=1e-3)

    sooner = [1200.0] * 3 + [0.0] * 93
    sooner[3] = (920 - 700 - 3 * 1200 * 0.97 / 4) / 0.97 * 4 if 3 * 1200 * 0.97 / 4 < 220 else 0.0
    sooner[0] = min(1200.0, 220 / 0.97 * 4)
    sooner[1:4] = [0.0] * 3
    stored = np.concatenate([[700.0], 700 + np.cumsum(np.array(sooner) * 0.97 / 4)])
    changed = replace(ups, charge_kw=tuple(sooner), discharge_kw=(0.0,) * 96, stored_kwh=tuple(stored.tolist()))
    grid = [RESTS_KW + kw / 0.97 for kw in sooner]
    refused = judged(made, plan, ups=[changed], grid_kw=grid)
    assert any("in the return from a storm" in each for each in refused.violations), refused.violations


def test_before_a_storm_batteries_still_keep_the_meter_within_its_limit() -> None:
    """100 kW above the limit for half an hour, one hour before a storm; two systems share in it, and trade no more."""
    pods = (ups_system(id="one", protected_load_kw=4500), ups_system(id="two", protected_load_kw=4500))
    loads = [4000.0] * 44 + [4300.0] * 2 + [4000.0] * 50
    rests_kw = 2 * 4300 / 0.95 / 0.97 + 900
    made = during(storm(12, 14), systems=pods, load_kw=loads, import_limit_kw=rests_kw - 100, price=[0.1] * 96)
    plan = planned(made)

    given_kw = sum(np.array(each.discharge_kw) for each in plan.ups) / 0.97
    assert given_kw[44:46] == pytest.approx([100, 100], abs=1e-3)
    assert given_kw[40:44].max() == given_kw[46:56].max() == 0
    assert all(each.stored_kwh[48] == pytest.approx(920, abs=1e-3) for each in plan.ups)

    lower = replace(made.site.interconnection, import_limit_kw=rests_kw)
    roomy = replace(made, site=replace(made.site, interconnection=lower))
    refused = judged(roomy, plan)
    assert any(": discharges in the 120 minutes held off before storm" in each for each in refused.violations)


def test_a_plan_that_trades_before_a_storm_or_steps_after_it_is_refused() -> None:
    calm = during(price=[0.02] * 44 + [0.5] + [0.02] * 51)
    plan = planned(calm)
    early, late = (
        replace(calm, state=replace(calm.state, conditions=(each,)))
        for each in (storm(12, 14), storm(10, 11, ramp_minutes=960))
    )

    held_off, stepped = judged(early, plan), judged(late, plan)

    assert "pod-1: discharges in the 120 minutes held off before storm at 2026-07-01T11:00:00+00:00" in (
        held_off.violations
    )
    assert "meter: a step beyond 101.6 kW in the return from a storm or an alert at 2026-07-01T11:00:00+00:00" in (
        stepped.violations
    )


def _stormy(seed: int) -> DispatchProblem:
    """A random problem, with one or two storms or alerts about its horizon."""
    rng = np.random.default_rng([7, seed])
    made = random_featured_problem(rng)
    hours = made.horizon.intervals * made.horizon.interval_h
    conditions = []
    for _ in range(int(rng.integers(1, 3))):
        start = made.horizon.start + timedelta(hours=float(rng.uniform(-2, hours)))
        conditions.append(
            ReserveCondition(
                start=start,
                end=start + timedelta(hours=float(rng.uniform(0.1, 3))),
                kind=ConditionKind.STORM if rng.random() < 0.5 else ConditionKind.GRID_ALERT,
                ups=made.site.ups[0].id if rng.random() < 0.3 else None,
                hold_off_minutes=float(rng.uniform(0, 300)) if rng.random() < 0.5 else None,
                ramp_minutes=float(rng.uniform(0, 900)) if rng.random() < 0.5 else None,
            )
        )
    return replace(made, state=replace(made.state, conditions=tuple(conditions)))


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_certified_plans_about_storms_trade_neither_before_nor_with_a_step_after(seed: int) -> None:
    made = _stormy(seed)
    plan = plan_dispatch(made, issued_at=NOW)

    assert certified_again(made, plan).certified == plan.certificate.certified
    if plan.certificate.certified:
        assert [each for each in broken_rules(made, plan) if "swings" not in each] == []


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 10**6))
@example(seed=2838)
@example(seed=2254)
def test_no_day_that_had_a_plan_has_none_because_of_hold_off_and_ramp(seed: int) -> None:
    made = _stormy(seed)
    bare = tuple(replace(each, hold_off_minutes=0.0, ramp_minutes=0.0) for each in made.state.conditions)
    without = replace(made, state=replace(made.state, conditions=bare))

    plan, before = (plan_dispatch(each, issued_at=NOW) for each in (made, without))

    assert plan.certificate.certified >= before.certificate.certified
    assert plan.status is PlanStatus.OPTIMAL or before.status is not PlanStatus.OPTIMAL
