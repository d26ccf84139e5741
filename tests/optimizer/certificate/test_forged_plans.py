"""Plans that state something false, or break what the site asks for, are refused for what is wrong with them."""

import pytest
from certificates import judged, stated
from forgery import Kind, Place
from forgery_campaign import FORGERIES, run_forgeries
from sites import NOW, START, problem, ups_system

from ridethrough.domain import ReserveCondition
from ridethrough.domain.conditions import ConditionKind
from ridethrough.domain.plan import DispatchPlan
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.dispatch import evidence_in

DAY = [0.05] * 4 + [0.4] * 4 + [0.05] * 8


@pytest.fixture(scope="module")
def made() -> DispatchProblem:
    systems = (ups_system(), ups_system(id="pod-2", nominal_kwh=240.0))
    loads = {"pod-1": tuple(4300.0 + 5 * t for t in range(16)), "pod-2": tuple(4000.0 + 7 * t for t in range(16))}
    day = problem(*systems, price=DAY, import_limit_kw=20000.0)
    return DispatchProblem(
        site=day.site,
        horizon=day.horizon,
        charges=day.charges,
        load_kw=loads,
        unprotected_load_kw=day.unprotected_load_kw,
    )


@pytest.fixture(scope="module")
def plan(made: DispatchProblem) -> DispatchPlan:
    plan = plan_dispatch(made, issued_at=NOW)
    assert plan.certificate.certified
    return plan


@pytest.mark.parametrize("kind", FORGERIES, ids=lambda kind: kind.__name__.replace("_", " "))
def test_each_kind_of_forgery_is_refused_for_what_is_wrong_with_it(
    made: DispatchProblem, plan: DispatchPlan, kind: Kind
) -> None:
    """In a busy interval or in a quiet one; a kind that finds no place in the one finds it in the other."""
    discharging = max(range(16), key=plan.ups[0].discharge_kw.__getitem__)
    charging = max(range(16), key=plan.ups[0].charge_kw.__getitem__)
    places = [
        Place(plan=stated(plan), evidence=evidence_in(made), interval=interval) for interval in (discharging, charging)
    ]
    forgeries = [forgery for forgery in map(kind, places) if forgery is not None]

    assert forgeries
    for forgery in forgeries:
        reasons = forgery.refused_for()
        assert any(forgery.reason in each for each in reasons), reasons


def test_there_are_kinds_enough() -> None:
    assert len({kind.__name__ for kind in FORGERIES}) >= 40


def test_forgeries_of_random_plans_are_refused() -> None:
    found = run_forgeries(105, range(40), kinds=12)

    assert found.missed == []
    assert found.made.total() > 200


@pytest.mark.long
def test_a_thousand_forgeries_of_random_plans_are_refused() -> None:
    found = run_forgeries(106, range(60))

    assert found.missed == []
    assert found.made.total() > 1000


def test_a_storm_at_the_start_excuses_only_a_battery_that_charges_all_it_can() -> None:
    """920 kWh are asked for from 00:00 on; 700 are there. Resting is no excuse, charging at 1,200 kW is."""
    storm = ReserveCondition(start=START, end=START.replace(hour=2), kind=ConditionKind.STORM)
    resting = problem(price=[0.1] * 8, stored_kwh={"pod-1": 700.0}, import_limit_kw=8000.0)
    rests = plan_dispatch(resting, issued_at=NOW)
    stormy = DispatchProblem(
        site=resting.site,
        horizon=resting.horizon,
        charges=resting.charges,
        load_kw=resting.load_kw,
        unprotected_load_kw=resting.unprotected_load_kw,
        state=type(resting.state)(stored_kwh={"pod-1": 700.0}, conditions=(storm,)),
    )

    charges = plan_dispatch(stormy, issued_at=NOW)
    refused = judged(stormy, rests)

    assert charges.ups[0].charge_kw[0] == pytest.approx((920 - 700) / 0.97 * 4)
    assert charges.certificate.certified
    assert any("storm asks for full batteries" in each for each in charges.certificate.assumes)
    assert any("storm asks for full batteries at 2026-07-01T00:15" in each for each in refused.violations)
