"""Days whose optimum is worked out by hand, and paths that the compiled code must refuse."""

from dataclasses import replace

import numpy as np
import pytest
from sites import problem, ups_system

from ridethrough.optimizer.dynamic_program import cheapest_plan
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import basis_of


def ideal_day(
    price: list[float], *, rate: float = 0.0, peak_so_far_kw: float = 0.0, load_kw: float = 50.0
) -> DispatchProblem:
    """A lossless battery of 100 kWh, half full, that moves 40 kW either way; hours; nothing else at the meter."""
    ups = ups_system(
        id="hall",
        units=1,
        tolerated_failures=0,
        nominal_kwh=100.0,
        state_of_health=1.0,
        cutoff_fraction=0.0,
        charge_limit_kw=40.0,
        discharge_limit_kw=40.0,
        charge_efficiency=1.0,
        discharge_efficiency=1.0,
        rectifier_efficiency=1.0,
        inverter_efficiency=1.0,
        wear_cost_per_kwh=0.0,
        protected_load_kw=1.0,
        ride_through_s=1.0,
    )
    made = problem(
        ups,
        price=price,
        load_kw=load_kw,
        unprotected_kw=0.0,
        demand_rate=rate,
        peak_so_far_kw=peak_so_far_kw,
        interval_minutes=60,
        stored_kwh={"hall": 50.0},
        import_limit_kw=500.0,
    )
    return replace(made, reserve_profile_kwh={"hall": (0.0,) * (len(price) + 1)})


def test_it_buys_low_and_sells_high() -> None:
    optimum = cheapest_plan(basis_of(ideal_day([0.1, 0.4])))

    assert optimum is not None
    (each,) = optimum.trajectories
    assert each.charge_kw == (40.0, 0.0)
    assert each.discharge_kw == (0.0, 40.0)
    assert each.stored_kwh == (50.0, 90.0, 50.0)
    assert optimum.objective == pytest.approx(0.1 * 90 + 0.4 * 10)
    assert optimum.bound == optimum.objective
    assert optimum.gap == 0


def test_at_one_price_it_rests() -> None:
    optimum = cheapest_plan(basis_of(ideal_day([0.2] * 5)))

    assert optimum is not None
    assert not any(optimum.trajectories[0].charge_kw)
    assert not any(optimum.trajectories[0].discharge_kw)


def test_a_peak_that_is_billed_already_costs_nothing_more() -> None:
    optimum = cheapest_plan(basis_of(ideal_day([0.1, 0.4], rate=10.0, peak_so_far_kw=90.0)))

    assert optimum is not None
    assert optimum.trajectories[0].charge_kw == (40.0, 0.0)
    assert optimum.objective == pytest.approx(0.1 * 90 + 0.4 * 10 + 900)


def test_a_dear_peak_is_held_down_from_hour_to_hour() -> None:
    """Two hours of 80 kW after two of 20 kW: 60 kWh moved forward level the meter at 50 kW."""
    made = ideal_day([0.1] * 4, rate=10.0)
    loads = (20.0, 20.0, 80.0, 80.0)
    made = replace(made, load_kw={"hall": loads}, state=replace(made.state, stored_kwh={"hall": 20.0}))
    optimum = cheapest_plan(basis_of(made))

    assert optimum is not None
    assert optimum.trajectories[0].discharge_kw[2:] == pytest.approx((30.0, 30.0))
    assert optimum.objective == pytest.approx(0.1 * 200 + 500)


def test_a_reserve_that_comes_too_soon_is_come_as_near_to_as_charging_at_the_maximum_can() -> None:
    made = replace(ideal_day([0.1] * 3), reserve_profile_kwh={"hall": (0.0, 95.0, 0.0, 0.0)})
    optimum = cheapest_plan(basis_of(made))

    assert optimum is not None
    assert optimum.trajectories[0].stored_kwh[1] == pytest.approx(basis_of(made).floors.floor_kwh["hall"][1])
    assert optimum.trajectories[0].stored_kwh[1] < 95


def test_no_path_where_the_connection_is_too_small() -> None:
    made = ideal_day([0.1] * 3, load_kw=550.0)

    assert cheapest_plan(basis_of(made)) is None


@pytest.mark.long
def test_standing_by_over_a_year_lets_no_rounding_grow() -> None:
    hours = 8760
    rng = np.random.default_rng(1)
    made = ideal_day((0.1 + 0.05 * rng.random(hours)).tolist(), rate=5.0)
    battery = replace(made.site.ups[0].battery, standby_loss_per_h=0.01, wear_cost_per_kwh=0.01)
    made = replace(made, site=replace(made.site, ups=(replace(made.site.ups[0], battery=battery),)))
    optimum = cheapest_plan(basis_of(made))

    assert optimum is not None
    assert optimum.gap <= 1e-10
