"""A recharge that takes longer than the policy allows locks a system; the certificate finds that out by itself."""

from dataclasses import replace

import numpy as np
from certificates import judged
from hypothesis import given, settings
from hypothesis import strategies as st
from random_features import random_featured_problem
from sites import NOW, problem, ups_system

from ridethrough.domain import reserve_requirement
from ridethrough.domain.plan import PlanStatus
from ridethrough.optimizer import DispatchProblem, plan_dispatch

TAKEN_KWH = 4800 / 0.95 * 300 / 3600 / 0.98
"""What an outage takes from the batteries of the site below."""
LEFT_KW = (6500 - 900) * 0.97 - 4800 / 0.95
"""What the import limit leaves to their charge while the protected load is carried."""
HOURS = TAKEN_KWH / 0.97 / LEFT_KW


def limited(made: DispatchProblem, hours: float) -> DispatchProblem:
    """The problem with this limit on the recharge of every system."""
    systems = tuple(replace(ups, reserve=replace(ups.reserve, recharge_limit_h=hours)) for ups in made.site.ups)
    return replace(made, site=replace(made.site, ups=systems))


def test_a_plan_that_trades_is_refused_where_the_recharge_takes_longer_than_allowed() -> None:
    made = problem(ups_system(), price=[0.4] * 8 + [0.05] * 8, stored_kwh={"pod-1": 900.0})
    plan = plan_dispatch(made, issued_at=NOW)
    assert plan.certificate.certified
    assert max(plan.ups[0].discharge_kw) > 0

    enough, too_short = (judged(limited(made, HOURS * factor), plan) for factor in (1.01, 0.99))

    assert enough.violations == ()
    (refused,) = too_short.violations
    assert f"recharge after an outage takes {HOURS:.2f} h of {HOURS * 0.99:g} h allowed" in refused


def test_a_plan_that_only_charges_needs_no_recharge() -> None:
    made = limited(problem(ups_system(), price=[0.05] * 16, stored_kwh={"pod-1": 560.0}), 0.01)
    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.RECOVERY
    assert max(plan.ups[0].charge_kw) > 0
    assert plan.certificate.violations == ()


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10**6), factor=st.floats(0.9, 1.1))
def test_planner_and_certificate_agree_about_the_limit(seed: int, factor: float) -> None:
    """Limits about what the reserve says: no plan that the planner made is refused for its recharge."""
    made = random_featured_problem(np.random.default_rng([8, seed]))
    hours = min(reserve_requirement(ups).recharge_h for ups in made.site.ups)
    made = limited(made, min(1000.0, hours) * factor)

    plan = plan_dispatch(made, issued_at=NOW)

    assert [each for each in plan.certificate.violations if "recharge" in each] == []
    assert not any("withheld" in each for each in plan.warnings)
