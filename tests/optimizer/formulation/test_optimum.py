"""The linear program against a dynamic program that uses no solver."""

import dynamic_program
import numpy as np
import pytest
from programs import program_of
from sites import problem, ups_system

from ridethrough.optimizer.formulation.model import model_data, state_model
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.highs import SolveStatus, solve
from ridethrough.optimizer.standard_form.compiler import CompiledModel


def random_problem(seed: int) -> tuple[DispatchProblem, float]:
    """A day of random length, prices, loads, battery and reserve; every other one with a demand charge."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 97))
    ups = ups_system(
        state_of_health=float(rng.uniform(0.7, 1.0)),
        charge_efficiency=float(rng.uniform(0.85, 1.0)),
        discharge_efficiency=float(rng.uniform(0.85, 1.0)),
        charge_limit_kw=float(rng.uniform(30, 400)),
        wear_cost_per_kwh=float(rng.uniform(0, 0.05)),
        rectifier_efficiency=float(rng.uniform(0.9, 1.0)),
        unit_input_limit_kw=float(rng.uniform(1000, 1500)),
        ride_through_s=float(rng.uniform(120, 260)),
    )
    loads = rng.uniform(3000, 4500, n).tolist()
    rate = float(rng.uniform(0.1, 20)) if seed % 2 else 0.0
    made = problem(
        ups,
        price=np.round(rng.uniform(0.01, 0.4, n), int(rng.integers(1, 5))).tolist(),
        load_kw=loads,
        demand_rate=rate,
        interval_minutes=int(rng.choice([5, 15, 30, 60])),
        peak_so_far_kw=float(rng.choice([0.0, 5000.0])),
        import_limit_kw=7000.0,
    )
    low, high = basis_of(made).floors.floor_kwh[ups.id][0], ups.max_stored_kwh
    stored = float(rng.uniform(low, high))
    state = type(made.state)(stored_kwh={ups.id: stored})
    return DispatchProblem(
        site=made.site,
        horizon=made.horizon,
        charges=made.charges,
        load_kw=made.load_kw,
        unprotected_load_kw=made.unprotected_load_kw,
        state=state,
    ), rate


@pytest.mark.parametrize("block", range(10))
def test_the_programs_cost_is_the_dynamic_programs(block: int) -> None:
    for seed in range(20 * block, 20 * block + 8):
        made, rate = random_problem(seed)
        solution = solve(program_of(made), time_limit_s=30)
        already = sum(rate * term.peak_so_far_kw for term in made.charges.demand)

        expected = dynamic_program.cheapest(made, rate)

        assert solution.status is SolveStatus.OPTIMAL
        if np.isinf(expected):
            assert basis_of(made).reach.excess_kw.any(), "a limit that no plan keeps is broken by the loads alone"
        else:
            assert solution.objective - already == pytest.approx(expected, rel=1e-9), seed


def test_a_plan_may_leave_standing_by_to_lower_a_peak() -> None:
    """The bound under a peak must not count on losses being made up for."""
    ups = ups_system(
        id="hall",
        units=1,
        tolerated_failures=0,
        state_of_health=1.0,
        cutoff_fraction=0.0,
        charge_efficiency=1.0,
        discharge_efficiency=1.0,
        rectifier_efficiency=1.0,
        inverter_efficiency=1.0,
        charge_limit_kw=100.0,
        protected_load_kw=100.0,
        standby_loss_per_h=0.01,
        ride_through_s=60.0,
    )
    made = problem(
        ups,
        price=[0.1] * 24,
        load_kw=[450.0] * 10 + [750.0] * 2 + [450.0] * 12,
        unprotected_kw=0.0,
        demand_rate=20.0,
        interval_minutes=60,
    )
    data = model_data(basis_of(made))
    compiled = CompiledModel(state_model(data.sets))
    unbound = {**data.parameters, "step_surely_filled_kw": np.zeros_like(data.parameters["step_surely_filled_kw"])}

    objectives = [
        solve(compiled.program(parameters), time_limit_s=30).objective for parameters in (data.parameters, unbound)
    ]

    assert objectives[0] == pytest.approx(objectives[1], rel=1e-9)
