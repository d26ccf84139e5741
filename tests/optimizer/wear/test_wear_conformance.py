"""One suite for every kind of wear: a plan pays for it what a path of the same battery is priced at, and no more."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from programs import program_of
from sites import NOW, problem, ups_system

from ridethrough.domain import CycleStress, Horizon, SiteState, WearModel
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.problem.throughput import price_of_haste_per_kwh
from ridethrough.optimizer.routing import optimize
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.optimizer.solvers.highs import SolveStatus, solve

XU = CycleStress(coefficient=5.24e-4, exponent=2.03)
RESTING = {0.0: 0.008, 0.6: 0.012, 0.8: 0.02, 1.0: 0.05}
MODELS: Mapping[str, Mapping[str, Any]] = {
    "none": {"wear_cost_per_kwh": 0.0},
    "throughput": {"wear_cost_per_kwh": 0.03},
    "one segment": {
        "wear_cost_per_kwh": 0.0,
        "wear": WearModel(replacement_cost_per_kwh=300, cycles=XU, depth_segments=1),
    },
    "segments": {"wear_cost_per_kwh": 0.0, "wear": WearModel(replacement_cost_per_kwh=300, cycles=XU)},
    "rest": {
        "wear_cost_per_kwh": 0.0,
        "wear": WearModel(replacement_cost_per_kwh=300, resting_fade_per_year_by_fraction=RESTING),
    },
    "segments and rest": {
        "wear_cost_per_kwh": 0.0,
        "wear": WearModel(replacement_cost_per_kwh=300, cycles=XU, resting_fade_per_year_by_fraction=RESTING),
    },
    "warranty": {"wear_cost_per_kwh": 0.0, "wear": WearModel(throughput_limit_kwh_per_year=30.0)},
}


def random_day(seed: int, changes: Mapping[str, Any], **more: Any) -> DispatchProblem:  # noqa: ANN401 - figures of a battery
    rng = np.random.default_rng(seed)
    n = int(rng.integers(8, 60))
    ups = ups_system(
        **{**changes, **more},
        state_of_health=float(rng.uniform(0.75, 1.0)),
        charge_limit_kw=float(rng.uniform(30, 400)),
        ride_through_s=float(rng.uniform(60, 200)),
    )
    made = problem(ups, price=rng.uniform(0.02, 0.6, n).tolist(), load_kw=rng.uniform(3000, 4500, n).tolist())
    low = basis_of(made).floors.floor_kwh[ups.id][0]
    stored = float(rng.uniform(low, ups.max_stored_kwh))
    carried = tuple(rng.uniform(0, 1, 16).round(3).tolist()) if seed % 2 else ()
    filled = {ups.id: carried} if carried and ups.battery.segment_costs else {}
    return DispatchProblem(
        site=made.site,
        horizon=made.horizon,
        charges=made.charges,
        load_kw=made.load_kw,
        unprotected_load_kw=made.unprotected_load_kw,
        state=SiteState(stored_kwh={ups.id: stored}, segments_filled=filled),
    )


def cost_of(made: DispatchProblem) -> float:
    basis = basis_of(made)
    answer = optimize(basis, 30.0, Engine())
    return basis.cost_of(answer.trajectories, basis.grid_kw(answer.trajectories), made.horizon.intervals).total


@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize("seed", range(4))
def test_a_plan_pays_the_wear_that_its_path_is_priced_at(model: str, seed: int) -> None:
    made = random_day(seed, MODELS[model])

    solution = solve(program_of(made), time_limit_s=30)

    assert solution.status is SolveStatus.OPTIMAL
    assert solution.objective == pytest.approx(cost_of(made), rel=1e-9)


@pytest.mark.parametrize("seed", range(3))
def test_standing_by_costs_no_cycle(seed: int) -> None:
    made = random_day(seed, MODELS["segments"], standby_loss_per_h=0.004)

    solution = solve(program_of(made), time_limit_s=30)
    resting = basis_of(made).baseline_cost

    assert resting.wear == pytest.approx(0.0, abs=1e-6)
    assert solution.objective <= cost_of(made) + 1e-6


def flat_then_dear(changes: Mapping[str, Any], **more: Any) -> DispatchProblem:  # noqa: ANN401 - figures of a battery
    price = [0.05] * 40 + [0.45] * 8 + [0.05] * 48
    return problem(ups_system(**changes, **more), price=price)


def test_more_segments_trade_less_deeply_and_wear_less() -> None:
    """Per kWh, shallow cycles wear less than a full one: one price for all trades too little, and none too much."""
    plans = {name: plan_dispatch(flat_then_dear(MODELS[name]), issued_at=NOW) for name in MODELS}
    given = {name: sum(plan.ups[0].discharge_kw) for name, plan in plans.items()}

    assert all(plan.certificate.certified for plan in plans.values())
    assert given["none"] >= given["segments"] > 0
    assert plans["segments"].cost.wear > 0
    assert plans["none"].cost.wear == 0


def test_a_battery_rests_below_full_where_rest_is_what_wears() -> None:
    made = problem(ups_system(**MODELS["rest"]), price=[0.10] * 96)
    plan = plan_dispatch(made, issued_at=NOW)

    middle = plan.ups[0].stored_kwh[48]
    assert middle < 0.9 * plan.ups[0].stored_kwh[0]
    assert middle >= plan.ups[0].reserve_kwh[48] - 1e-6
    assert plan.cost.wear < plan.baseline_cost.wear
    assert plan.certificate.certified


def test_no_plan_exceeds_what_is_left_of_a_warranty() -> None:
    free = plan_dispatch(flat_then_dear(MODELS["none"]), issued_at=NOW)
    bound = plan_dispatch(flat_then_dear(MODELS["warranty"]), issued_at=NOW)

    assert sum(free.ups[0].discharge_kw) / 4 > 150
    assert sum(bound.ups[0].discharge_kw) / 4 == pytest.approx(150, rel=1e-6), "30 kWh for each of 5 units"


def test_a_spent_warranty_trades_nothing() -> None:
    made = flat_then_dear(MODELS["warranty"])
    spent = replace(made, state=SiteState(throughput_kwh={"pod-1": 151.0}))

    plan = plan_dispatch(spent, issued_at=NOW)

    assert sum(plan.ups[0].discharge_kw) == 0


def test_the_next_year_has_a_limit_of_its_own() -> None:
    made = flat_then_dear(MODELS["warranty"])
    eve = Horizon(start=datetime(2026, 12, 31, 18, tzinfo=UTC), interval_minutes=15, intervals=96)
    moved = replace(
        made,
        horizon=eve,
        charges=replace(made.charges, horizon=eve),
        state=SiteState(throughput_kwh={"pod-1": 150.0}),
    )

    plan = plan_dispatch(moved, issued_at=NOW)

    assert sum(plan.ups[0].discharge_kw[:24]) == 0
    assert sum(plan.ups[0].discharge_kw[24:]) > 0


def test_haste_has_a_price_that_rises_with_it() -> None:
    made = flat_then_dear(MODELS["warranty"])
    ups = made.site.ups[0]

    def price(used_kwh: float) -> float:
        return price_of_haste_per_kwh(replace(made, state=SiteState(throughput_kwh={"pod-1": used_kwh})), ups)

    assert price(74.0) == 0, "half of the year is gone, and half of 150 kWh may be"
    assert 0 < price(78.0) < price(80.0) < price(100.0)
    assert price(100.0) == pytest.approx(0.8), "twice the spread of the prices, from a month ahead on"


@pytest.mark.parametrize("model", ["segments", "rest", "warranty"])
def test_identical_systems_are_planned_as_one_with_the_same_wear(model: str) -> None:
    price = [0.05] * 40 + [0.45] * 8 + [0.05] * 48
    alone = problem(ups_system(**MODELS[model]), price=price, unprotected_kw=0.0)
    pair = problem(
        ups_system(**MODELS[model]),
        ups_system(id="pod-2", **MODELS[model]),
        price=price,
        unprotected_kw=0.0,
        import_limit_kw=13000.0,
    )

    assert cost_of(pair) == pytest.approx(2 * cost_of(alone), rel=1e-9)


def test_an_open_cycle_goes_on_at_the_price_of_its_depth() -> None:
    """A battery that comes from full pays for the depth it has reached, one whose cycles are closed for a new one."""
    made = problem(ups_system(**MODELS["segments"]), price=[0.35] * 8 + [0.05] * 40)
    ups = made.site.ups[0]
    stored = {ups.id: 0.85 * ups.max_stored_kwh}
    closed = replace(made, state=SiteState(stored_kwh=stored, segments_filled={ups.id: (1.0,) * 3 + (0.0,) * 2}))
    opened = replace(made, state=SiteState(stored_kwh=stored, segments_filled={ups.id: (0.0,) * 2}))

    assert cost_of(closed) < cost_of(opened) - 0.1
