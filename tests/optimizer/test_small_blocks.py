"""A delivered plan has no setpoint that is too small or too short, but with a reason; and it costs hardly more."""

from dataclasses import replace
from datetime import timedelta
from itertools import groupby

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import NOW, START, problem, ups_system

from ridethrough.domain import ConditionKind, ReserveCondition
from ridethrough.domain.dispatch_limits import DispatchLimits
from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.domain.validation import UnableToAccept
from ridethrough.optimizer import DispatchProblem, plan_dispatch

NOISE_KW = 1e-5


def limited(made: DispatchProblem, limits: DispatchLimits) -> DispatchProblem:
    return replace(made, site=replace(made.site, dispatch=limits))


def delivered(made: DispatchProblem) -> DispatchPlan:
    return plan_dispatch(made, issued_at=NOW, without_small_blocks=True)


@st.composite
def limited_problems(draw: st.DrawFn) -> DispatchProblem:
    n = draw(st.integers(2, 16))
    systems = [
        ups_system(
            id=name,
            charge_limit_kw=draw(st.floats(20, 400)),
            standby_loss_per_h=draw(st.sampled_from([0.0, 0.001])),
            ride_through_s=draw(st.floats(60, 280)),
        )
        for name in ("pod-1", "pod-2")[: draw(st.integers(1, 2))]
    ]
    made = problem(
        *systems,
        price=draw(st.lists(st.floats(-0.1, 0.5), min_size=n, max_size=n)),
        load_kw=draw(st.lists(st.floats(3500, 4700), min_size=n, max_size=n)),
        demand_rate=draw(st.sampled_from([0.0, 0.5, 15.0])),
        import_limit_kw=14000.0,
    )
    power_kw = draw(st.sampled_from([None, 0.0, 60.0]))
    return limited(
        made,
        DispatchLimits(least_power_kw=power_kw, least_dwell_minutes=draw(st.sampled_from([None, 15.0, 30.0, 45.0]))),
    )


def too_small(made: DispatchProblem, plan: DispatchPlan) -> set[tuple[str, str, int]]:
    """The setpoints below the limits, counted afresh."""
    limits, found = made.site.dispatch, set()
    for each in plan.ups:
        ups = made.site.ups_system(each.ups_id)
        least_kw = limits.least_power_kw
        if least_kw is None:
            least_kw = ups.units_in_service * ups.unit_output_limit_kw / 200
        for does, power_kw in (("charge", each.charge_kw), ("discharge", each.discharge_kw)):
            for busy, group in groupby(range(len(power_kw)), key=lambda t, kw=power_kw: kw[t] > NOISE_KW):
                run = list(group)
                short = len(run) * 15 < (limits.least_dwell_minutes or 0)
                if busy:
                    found |= {(each.ups_id, does, t) for t in run if short or power_kw[t] < least_kw - NOISE_KW}
    return found


@settings(max_examples=60, deadline=None)
@given(made=limited_problems())
def test_what_is_too_small_has_a_reason_and_the_plan_stays_safe_and_cheap(made: DispatchProblem) -> None:
    cheapest, plan = plan_dispatch(made, issued_at=NOW), delivered(made)

    assert plan.certificate.certified
    assert plan.status is PlanStatus.OPTIMAL
    rise = plan.cost.total - cheapest.cost.total
    assert rise <= 0.01 * cheapest.savings + 1e-5
    starts = list(plan.horizon.starts())
    named = {
        (block.ups_id, block.does, t)
        for block in plan.small_blocks
        for t, start in enumerate(starts)
        if block.start <= start < block.end
    }
    assert too_small(made, plan) <= named
    assert all(block.why for block in plan.small_blocks)


def test_a_weak_setpoint_that_earns_little_is_left_out() -> None:
    # one hour of dear energy takes all but a little of what may be traded; the next hour takes the rest
    ups = ups_system(charge_limit_kw=400.0, discharge_limit_kw=1300.0, ride_through_s=100.0, wear_cost_per_kwh=0.0)
    prices = [0.5, 0.06, 0.05, 0.05, 0.05, 0.05]
    made = problem(ups, price=prices, load_kw=4500.0, interval_minutes=15)
    weakest = min(kw for kw in plan_dispatch(made, issued_at=NOW).ups[0].charge_kw if kw > NOISE_KW)
    made = limited(made, DispatchLimits(least_power_kw=weakest + 5.0))

    plan = delivered(made)

    assert not too_small(made, plan)
    assert not plan.small_blocks
    assert max(plan.ups[0].discharge_kw) > 100


def test_a_few_kilowatts_that_hold_a_peak_survive() -> None:
    ups = ups_system(ride_through_s=200.0)
    loads = [4000.0] * 4 + [4010.0] + [4000.0] * 7
    made = problem(ups, price=[0.1] * 12, load_kw=loads, demand_rate=15.0)
    strict = limited(made, DispatchLimits(least_power_kw=200.0))
    cheapest = plan_dispatch(made, issued_at=NOW)

    plan = delivered(strict)

    assert max(plan.grid_kw) <= max(cheapest.grid_kw) + 0.2
    assert plan.ups[0].discharge_kw[4] > 1
    assert plan.savings >= 0.99 * cheapest.savings
    assert all("peak" in block.why for block in plan.small_blocks if block.does == "discharge")


@settings(max_examples=20, deadline=None)
@given(
    stored_kwh=st.floats(640.0, 920.0),
    loss=st.sampled_from([0.0, 0.001]),
    dear=st.integers(0, 12),
    power_kw=st.sampled_from([60.0, 800.0, 5000.0]),
)
def test_a_charge_that_a_storm_needs_is_never_left_out(
    stored_kwh: float, loss: float, dear: int, power_kw: float
) -> None:
    """However little is lacking, and however large the least power is, the storm finds full batteries."""
    prices = [0.05] * dear + [0.3] * 4 + [0.05] * (12 - dear)
    made = problem(ups_system(standby_loss_per_h=loss), price=prices, stored_kwh={"pod-1": stored_kwh})
    storm = ReserveCondition(start=START + timedelta(hours=2), end=START + timedelta(hours=3), kind=ConditionKind.STORM)
    made = replace(made, site=replace(made.site, conditions=(storm,)))

    plan = delivered(limited(made, DispatchLimits(least_power_kw=power_kw, least_dwell_minutes=45.0)))

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    assert min(plan.ups[0].stored_kwh[8:13]) == pytest.approx(920, abs=1e-3)


def test_studies_ask_for_the_exact_optimum() -> None:
    made = limited(problem(price=[0.05, 0.4, 0.05, 0.05]), DispatchLimits(least_power_kw=5000.0))

    assert plan_dispatch(made, issued_at=NOW).savings > 0
    assert delivered(made).certificate.certified


@pytest.mark.parametrize("name", ["least_power_kw", "least_dwell_minutes"])
def test_limits_below_zero_are_refused(name: str) -> None:
    with pytest.raises(UnableToAccept, match=name):
        DispatchLimits(**{name: -1.0})
