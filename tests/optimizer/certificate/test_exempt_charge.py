"""Forged by hand: plans that hide a trade or a delay behind the charge that another system needs for a storm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from moved_setpoints import run_moved, with_powers
from rule_campaign import broken_rules
from sites import NOW, START, problem, ups_system

from ridethrough.domain import ConditionKind, LoadSwing, ReserveCondition
from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.problem.plan_basis import basis_of

ONE, OTHER = (ups_system(id=name, nominal_kwh=400.0, charge_limit_kw=100.0) for name in ("one", "other"))
RESTING_KW = 2 * 3000 / 0.95 / 0.97 + 900
SHARED_KW = 400 * 0.97
"""What reaches the batteries of the 400 kW that the import limit leaves."""


def storm(start_h: float, end_h: float, ups: str) -> ReserveCondition:
    start, end = (START + timedelta(hours=hours) for hours in (start_h, end_h))
    return ReserveCondition(start=start, end=end, kind=ConditionKind.STORM, ups=ups)


def tight(*conditions: ReserveCondition, stored_kwh: Mapping[str, float]) -> DispatchProblem:
    made = problem(
        ONE, OTHER, price=[0.1] * 24, load_kw=3000.0, import_limit_kw=RESTING_KW + 400, stored_kwh=stored_kwh
    )
    return replace(made, site=replace(made.site, conditions=conditions))


def in_turn(first_kwh: float, then_kwh: float) -> tuple[list[float], list[float]]:
    """Powers that charge one system and then the other, with all that the import limit leaves."""
    left, powers = [first_kwh, then_kwh], ([], [])
    for _ in range(24):
        room_kw = SHARED_KW
        for which in (0, 1):
            kw = min(room_kw, left[which] / 0.97 * 4)
            left[which] -= kw * 0.97 / 4
            room_kw -= kw
            powers[which].append(kw)
    return powers


def forged(made: DispatchProblem, powers: Mapping[str, Sequence[float]]) -> tuple[DispatchPlan, list[str]]:
    """A plan of these powers, and what the simulation says that it breaks."""
    plan = plan_dispatch(made, issued_at=NOW)
    assert plan.certificate.certified
    moved = with_powers(made, plan, {ups_id: np.array(each) for ups_id, each in powers.items()})
    return moved, list(broken_rules(made, moved))


def test_a_storm_of_one_system_does_not_let_another_swing_the_meter() -> None:
    """One charges 300 kW steadily for hours, because its storm asks for it; the other gives 280 kW now and then."""
    gentle = ups_system(id="one", nominal_kwh=400.0, charge_limit_kw=60.0)
    other = ups_system(id="other", nominal_kwh=400.0)
    made = problem(
        gentle,
        other,
        price=[0.1] * 16,
        load_kw=3000.0,
        import_limit_kw=14_000.0,
        stored_kwh={"one": 1400.0, "other": 1840.0},
    )
    limits = replace(made.site.interconnection, ramp_limit_kw_per_min=1.0)
    made = replace(made, site=replace(made.site, conditions=(storm(4, 5, "one"),), interconnection=limits))
    needed = np.array(basis_of(made).powers.need["one"].charge_kw)
    steady = np.flatnonzero(needed == 300)
    now_and_then = np.zeros(16)
    now_and_then[steady[1::2]] = -280

    as_late, no_rule = forged(made, {"one": needed, "other": np.zeros(16)})
    swings, rules = forged(made, {"one": needed, "other": now_and_then})

    assert as_late.certificate.certified
    assert no_rule == []
    assert any("ramps faster than 1 kW/min" in each for each in swings.certificate.violations)
    assert any("ramp in interval" in each for each in rules)


@pytest.mark.parametrize("stored_kwh", [1410.0, 1415.0, 1450.0])
@pytest.mark.parametrize("loads_kw", [[3000.0] * 2 + [3400.0] * 14, [3000.0] * 2 + [3400.0] + [3800.0] * 13])
def test_a_charge_before_the_need_begins_leaves_the_need_a_smaller_step(
    stored_kwh: float, loads_kw: list[float]
) -> None:
    """It charges gently ahead of a storm, and has to charge at the most just as the load makes a large step."""
    made = problem(
        ups_system(id="one", nominal_kwh=400.0, charge_limit_kw=60.0),
        price=[0.1] * 16,
        load_kw=loads_kw,
        import_limit_kw=14_000.0,
        stored_kwh={"one": stored_kwh},
    )
    limits = replace(made.site.interconnection, ramp_limit_kw_per_min=1.0)
    made = replace(made, site=replace(made.site, conditions=(storm(2, 3, "one"),), interconnection=limits))

    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    assert plan.ups[0].charge_kw[1] > 14
    assert list(broken_rules(made, plan)) == []


def test_a_system_whose_storm_is_late_does_not_keep_the_import_from_one_whose_storm_is_soon() -> None:
    made = tight(storm(1, 5.5, "one"), storm(4.9, 6, "other"), stored_kwh={"one": 1440.0, "other": 1440.0})
    late, soon = in_turn(400, 400)

    starved, rules = forged(made, {"one": soon, "other": late})

    assert any("one: storm asks for full batteries" in each for each in starved.certificate.violations)
    assert any("one: storm asks for" in each for each in rules)


def test_a_system_that_needs_little_does_not_charge_more_where_another_has_a_storm() -> None:
    """One needs 20 kWh for a test of the generator, and charges 1,000 kWh before the other may fill."""
    test = ReserveCondition(
        start=START + timedelta(hours=1),
        end=START + timedelta(hours=1.2),
        kind=ConditionKind.GENERATOR_TEST,
        ride_through_s=395.0,
        ups="one",
    )
    made = tight(test, storm(1, 5.5, "other"), stored_kwh={"one": 780.0, "other": 1440.0})
    trades, waits = in_turn(1000, 400)

    starved, rules = forged(made, {"one": trades, "other": waits})

    assert any("other: storm asks for full batteries" in each for each in starved.certificate.violations)
    assert any("other: storm asks for" in each for each in rules)


def test_a_system_that_waits_for_another_uses_the_headroom_of_swings_when_its_turn_comes() -> None:
    """A storm is there: the emptier one takes the import of a quarter of an hour, and the other its power later.

    It must store what it can reach, and can reach it in no other way than by charging then.
    """
    emptier = ups_system(id="emptier")
    swings = ups_system(id="swings", charge_limit_kw=20.0, swing=LoadSwing(amplitude_kw=100, frequency_hz=1))
    made = problem(
        emptier,
        swings,
        price=[0.1] * 8,
        load_kw=3000.0,
        import_limit_kw=RESTING_KW + 250,
        stored_kwh={"emptier": 862.0, "swings": 872.0},
    )
    both = tuple(replace(storm(0, 2, "swings"), ups=each) for each in ("emptier", "swings"))
    made = replace(made, site=replace(made.site, conditions=both))
    calm_kw = swings.charge_limit_kw - swings.swing_headroom_kw

    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    assert min(plan.ups[1].charge_kw[1:3]) > calm_kw + 40
    assert list(broken_rules(made, plan)) == []
    waits = {"emptier": np.array(plan.ups[0].charge_kw), "swings": np.array([0.0, 100, 0, 0, 100, 0, 0, 0])}
    late, rules = forged(made, waits)
    assert any("asks for full batteries" in each for each in late.certificate.violations)
    assert any("swings: storm asks for" in each for each in rules)


def test_a_system_that_is_short_uses_the_import_that_a_more_urgent_one_leaves() -> None:
    """The emptier one may take all import of the last quarter of an hour; it charges before, where power is cheap.

    The other one cannot be full in time, and stores what it can: it charges at the most, also when power is dear. An
    earlier storm is just over, so that the need of each counts as late as it may.
    """
    emptier, other = ups_system(id="emptier"), ups_system(id="other", charge_limit_kw=20.0)
    resting_kw = RESTING_KW + 1000
    made = problem(
        emptier,
        other,
        price=[0.02, 0.9, *[0.1] * 6],
        load_kw=[3000.0, *[3000.0 + 500 * 0.95 * 0.97] * 7],
        import_limit_kw=resting_kw + 600,
        stored_kwh={"emptier": 620.0, "other": 860.0},
    )
    both = tuple(replace(storm(0.5, 2, "other"), ups=each) for each in ("emptier", "other"))
    over = replace(storm(-1, 0, "other"), ups=None, ramp_minutes=30.0)
    made = replace(made, site=replace(made.site, conditions=(over, *both)))

    plan = plan_dispatch(made, issued_at=NOW)

    emptied, filled = (np.array(each.charge_kw) for each in plan.ups)
    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    assert emptied[:2] == pytest.approx([300 / 0.97 * 4, 0], abs=100)
    assert filled[:3] == pytest.approx([100, 100, 60 / 0.97 * 4 - 200], abs=0.1)
    assert list(broken_rules(made, plan)) == []


def test_what_is_certified_of_plans_that_were_moved_about_is_safe() -> None:
    found = run_moved(300, range(15))

    assert found.unsafe == []
    assert found.made == 180
    assert 20 < found.certified < 90


@pytest.mark.long
def test_what_is_certified_of_many_plans_that_were_moved_about_is_safe() -> None:
    found = run_moved(301, range(85))

    assert found.unsafe == []
    assert found.certified > 75
