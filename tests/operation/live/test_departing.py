"""When a new plan is made because telemetry has left the plan."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from live import NOW, plan, reading, situation, telemetry
from sites import site

from ridethrough.domain import UpsMode
from ridethrough.domain.plan import PlanStatus
from ridethrough.operation.live.departing import reasons_to_plan


def test_a_plan_that_fits_is_kept() -> None:
    assert reasons_to_plan(situation()) == ()


CASES: dict[str, tuple[dict[str, Any], str]] = {
    "no plan": ({"plan": None}, "no plan has been made"),
    "ended": ({"plan": plan(site(), expires_at=NOW)}, "the plan in force has ended"),
    "site changed": ({"site_version": 4}, "the site's document has version 4, the plan's has 3"),
    "after an outage": ({"last_outage_at": NOW - timedelta(minutes=5)}, "an outage ended after"),
    "protected load": (
        {"telemetry": telemetry(reading(load_kw=4801.0))},
        "pod-1: its load of 4,801 kW is above the protected load of 4,800",
    ),
    "blind": (
        {"plan": replace(plan(site()), orders=replace(plan(site()).orders, blind=True), status=PlanStatus.HOLD)},
        "made without a reading that could be believed",
    ),
    "restored": ({"plan": plan(site(), status=PlanStatus.RECOVERY)}, "every reserve is restored"),
    "emptier": (
        {"telemetry": telemetry(reading(stored_kwh=807.0))},
        "pod-1: it stores 807 kWh, and the plan expects 900",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_a_plan_is_made_again(name: str) -> None:
    changes, reason = CASES[name]
    (found,) = reasons_to_plan(situation(**changes))
    assert reason in found


def test_a_plan_that_holds_or_still_restores_is_kept() -> None:
    """Another one would say the same: the plan of the next hour is soon enough."""
    assert reasons_to_plan(situation(plan=plan(site(), status=PlanStatus.HOLD))) == ()
    short = telemetry(reading(stored_kwh=500.0))
    restores = plan(site(), status=PlanStatus.RECOVERY, stored_kwh=500.0)
    assert reasons_to_plan(situation(plan=restores, telemetry=short)) == ()


def test_ten_percent_of_capacity_is_left_to_the_control_law() -> None:
    assert reasons_to_plan(situation(telemetry=telemetry(reading(stored_kwh=809.0)))) == ()


def test_a_load_that_was_planned_for_asks_for_no_plan() -> None:
    above = plan(site(), load_kw=4900.0)
    assert reasons_to_plan(situation(plan=above, telemetry=telemetry(reading(load_kw=4850.0)))) == ()


@pytest.mark.parametrize(
    "read",
    [
        None,
        telemetry(measured_at=NOW - timedelta(hours=1)),
        telemetry(reading(mode=UpsMode.STORED_ENERGY)),
        telemetry(reading(on_generator=True)),
    ],
)
def test_nothing_is_planned_from_what_cannot_be_believed(read: Any) -> None:  # noqa: ANN401
    assert reasons_to_plan(situation(telemetry=read, plan=None)) == ()
