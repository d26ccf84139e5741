"""The yearly limit of a warranty: the certificate refuses a plan that exceeds it, and names what it does not know."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from certificates import judged
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import NOW, problem, ups_system

from ridethrough.domain import Horizon, SiteState, WearModel
from ridethrough.optimizer import DispatchProblem, plan_dispatch

PRICE = [0.6] * 4 + [0.05] * 4 + [0.6] * 4 + [0.05] * 8
UPS_LIMIT_KWH = 5 * 30.0
"""Of a system of five units whose warranty lets each discharge 30 kWh a year."""


def warranted(used_kwh: float | None, per_unit_kwh: float = 30.0) -> DispatchProblem:
    made = problem(ups_system(wear=WearModel(throughput_limit_kwh_per_year=per_unit_kwh)), price=PRICE)
    ups_id = made.site.ups[0].id
    used = {} if used_kwh is None else {ups_id: used_kwh}
    return replace(made, state=SiteState(stored_kwh={ups_id: made.site.ups[0].max_stored_kwh}, throughput_kwh=used))


def given_kwh(made: DispatchProblem) -> float:
    plan = plan_dispatch(made, issued_at=NOW)
    assert plan.certificate.violations == ()
    return sum(plan.ups[0].discharge_kw) * made.horizon.interval_h


@settings(max_examples=10, deadline=None)
@given(used=st.floats(0, 200))
def test_a_plan_within_what_is_left_is_certified_and_is_refused_where_less_is_left(used: float) -> None:
    made = warranted(used)
    gives_kwh = given_kwh(made)
    assert gives_kwh <= max(0.0, UPS_LIMIT_KWH - used) + 1e-3
    if gives_kwh > 1:
        plan = plan_dispatch(made, issued_at=NOW)
        (refused,) = judged(warranted(UPS_LIMIT_KWH - gives_kwh + 0.5), plan).violations
        assert f"discharges {gives_kwh:,.1f} kWh, and its warranty leaves {gives_kwh - 0.5:,.1f} kWh" in refused


def test_a_limit_that_is_not_used_is_used() -> None:
    assert given_kwh(warranted(0.0)) > UPS_LIMIT_KWH / 2


def test_what_is_discharged_in_the_next_year_is_of_the_next_limit() -> None:
    new_year = Horizon(start=datetime(2026, 12, 31, 22, tzinfo=UTC), intervals=20, interval_minutes=15, timezone="UTC")
    made = warranted(UPS_LIMIT_KWH)
    spent = replace(made, horizon=new_year, charges=replace(made.charges, horizon=new_year))
    plan = plan_dispatch(spent, issued_at=NOW)
    assert plan.certificate.violations == ()
    assert sum(plan.ups[0].discharge_kw[:8]) == pytest.approx(0, abs=1e-3)
    assert sum(plan.ups[0].discharge_kw[8:]) > 0


def test_a_limit_of_which_nobody_knows_what_is_used_is_named() -> None:
    unknown, known = (plan_dispatch(warranted(used), issued_at=NOW).certificate.assumes for used in (None, 0.0))
    (named,) = set(unknown) - set(known)
    assert "what it has discharged this year is not given (throughput_kwh)" in named
    assert "not over the year" in named
    free = problem(ups_system(), price=PRICE)
    assert not any("warranty" in each for each in plan_dispatch(free, issued_at=NOW).certificate.assumes)
