"""No system begins to discharge more often in a local day than its site allows; the certificate counts for itself."""

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import NOW, problem, ups_system

from ridethrough.domain import SiteState, UnableToAccept
from ridethrough.domain.dispatch_limits import DispatchLimits
from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.certificate.certify import certify
from ridethrough.optimizer.certificate.stated import StatedPlan
from ridethrough.optimizer.dispatch import evidence_in
from ridethrough.optimizer.few_discharges import without_discharge
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.routing import optimize

EPSILON_KW = 1e-3


def limited(made: DispatchProblem, most: int | None) -> DispatchProblem:
    return replace(made, site=replace(made.site, dispatch=DispatchLimits(most_discharges_per_day=most)))


def begun(plan: DispatchPlan) -> Counter[tuple[str, date]]:
    """How often each system begins to discharge on each day, counted afresh."""
    found: Counter[tuple[str, date]] = Counter()
    for each in plan.ups:
        gave = False
        for start, kw in zip(plan.horizon.starts(), each.discharge_kw, strict=True):
            found[each.ups_id, start.date()] += kw > EPSILON_KW and not gave
            gave = kw > EPSILON_KW
    return found


@st.composite
def up_and_down(draw: st.DrawFn) -> DispatchProblem:
    n = draw(st.integers(6, 30))
    systems = [
        ups_system(id=name, charge_limit_kw=draw(st.sampled_from([240.0, 500.0])), ride_through_s=150.0)
        for name in ("pod-1", "pod-2")[: draw(st.integers(1, 2))]
    ]
    return problem(
        *systems,
        price=draw(st.lists(st.sampled_from([0.02, 0.1, 0.3, 0.6]), min_size=n, max_size=n)),
        interval_minutes=60,
        demand_rate=draw(st.sampled_from([0.0, 0.5])),
        import_limit_kw=14_000.0,
    )


@settings(max_examples=20, deadline=None)
@given(made=up_and_down(), most=st.integers(1, 3), small=st.booleans())
def test_no_system_begins_more_often_than_allowed(made: DispatchProblem, most: int, *, small: bool) -> None:
    free = plan_dispatch(made, issued_at=NOW)
    plan = plan_dispatch(limited(made, most), issued_at=NOW, without_small_blocks=small)

    assert plan.certificate.certified
    assert plan.status is PlanStatus.OPTIMAL
    assert max(begun(plan).values(), default=0) <= most
    assert free.cost.total - 1e-6 <= plan.cost.total <= plan.baseline_cost.total + 1e-6
    if max(begun(free).values(), default=0) <= most and not small:
        assert plan.cost.total == pytest.approx(free.cost.total, abs=1e-5)


def best_of_all_windows(prices: list[float]) -> float:
    """The least cost where discharge is allowed in one run of intervals, of all runs in which that is one block."""
    basis, every = (
        basis_of(problem(ups_system(ride_through_s=150.0), price=prices, interval_minutes=60)),
        range(len(prices)),
    )
    costs = []
    for first in every:
        for end in range(first + 1, len(prices) + 1):
            shut = frozenset(every) - frozenset(range(first, end))
            answer = optimize(without_discharge(basis, {"pod-1": shut}), 10.0)
            gives = [kw > EPSILON_KW for kw in answer.trajectories[0].discharge_kw]
            if answer.cost is not None and sum(now and not before for before, now in pairwise([False, *gives])) <= 1:
                costs.append(answer.cost.total)
    return min(costs)


@settings(max_examples=10, deadline=None)
@given(prices=st.lists(st.sampled_from([0.02, 0.2, 0.6]), min_size=4, max_size=7))
def test_one_discharge_a_day_costs_no_less_than_the_best_of_all_windows(prices: list[float]) -> None:
    made = limited(problem(ups_system(ride_through_s=150.0), price=prices, interval_minutes=60), 1)
    plan = plan_dispatch(made, issued_at=NOW)
    assert best_of_all_windows(prices) - 1e-6 <= plan.cost.total <= plan.baseline_cost.total + 1e-6


def test_the_dearest_hour_is_the_one_that_is_kept() -> None:
    prices = [0.02, 0.4, 0.02, 0.02, 0.6, 0.02, 0.02, 0.3, 0.02]
    made = limited(problem(ups_system(ride_through_s=150.0), price=prices, interval_minutes=60), 1)
    plan = plan_dispatch(made, issued_at=NOW)
    assert plan.ups[0].discharge_kw[4] > 100
    assert plan.cost.total == pytest.approx(best_of_all_windows(prices), abs=1e-6)


UP_AND_DOWN = [0.02, 0.6, 0.02, 0.6, 0.02, 0.6, 0.02, 0.02]


def test_the_certificate_refuses_a_plan_that_switches_too_often() -> None:
    made = problem(ups_system(ride_through_s=150.0), price=UP_AND_DOWN, interval_minutes=60)
    free = plan_dispatch(made, issued_at=NOW)
    assert max(begun(free).values()) == 3

    stated = StatedPlan(horizon=free.horizon, ups=free.ups, grid_kw=free.grid_kw)
    for most, violations in ((3, 0), (2, 1)):
        proven = certify(evidence_in(limited(made, most)), stated, issued_at=NOW)
        assert len(proven.violations) == violations
    assert proven.violations == ("pod-1: begins to discharge 3 times on 2026-07-01, and the site allows 2",)


def test_what_was_begun_before_the_plan_counts() -> None:
    made = problem(ups_system(ride_through_s=150.0), price=UP_AND_DOWN, interval_minutes=60)
    begun_before = replace(limited(made, 2), state=SiteState(discharges_today={"pod-1": 1}))
    assert max(begun(plan_dispatch(begun_before, issued_at=NOW)).values()) == 1
    spent = replace(limited(made, 2), state=SiteState(discharges_today={"pod-1": 2}))
    assert max(plan_dispatch(spent, issued_at=NOW).ups[0].discharge_kw) <= EPSILON_KW


@pytest.mark.parametrize(("start", "hours"), [("2026-10-31T20:00-05:00", 31), ("2026-03-07T20:00-06:00", 29)])
def test_a_day_on_which_clocks_change_is_the_local_one(start: str, hours: int) -> None:
    """The certificate counts by the same day, of 23 or 25 hours, as the plan and as this test."""
    prices = [0.02, 0.6] * 16
    made = problem(ups_system(ride_through_s=150.0), price=prices[:hours], interval_minutes=60)
    horizon = replace(made.horizon, start=datetime.fromisoformat(start), timezone="America/Chicago")
    charges, local = replace(made.charges, horizon=horizon), replace(made.site, timezone="America/Chicago")
    made = replace(made, horizon=horizon, charges=charges, site=local)
    plan = plan_dispatch(limited(made, 2), issued_at=horizon.start - timedelta(hours=1))
    counts = begun(plan)
    assert plan.certificate.certified
    assert max(counts.values()) == 2
    free = plan_dispatch(made, issued_at=horizon.start - timedelta(hours=1))
    assert max(begun(free).values()) > 2
    stated = StatedPlan(horizon=free.horizon, ups=free.ups, grid_kw=free.grid_kw)
    violations = certify(evidence_in(limited(made, 2)), stated, issued_at=horizon.start).violations
    told = {
        f"pod-1: begins to discharge {n} times on {day}, and the site allows 2"
        for (_, day), n in begun(free).items()
        if n > 2
    }
    assert set(violations) == told


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(UnableToAccept, match="most_discharges_per_day"):
        DispatchLimits(most_discharges_per_day=0)
