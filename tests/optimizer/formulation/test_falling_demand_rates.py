"""Demand whose rate falls with the kW: the dear step is paid first, whatever the solver would like."""

import numpy as np
import pytest
from programs import program_of
from sites import problem, ups_system

from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.pricing.price import price
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.highs import solve
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, HorizonCharges


@pytest.mark.parametrize("edge_kw", [1000.0, 5000.0, 5500.0, 9000.0])
def test_the_dear_step_is_filled_first(edge_kw: float) -> None:
    plain = problem(ups_system(), price=[0.1, 0.2, 0.1, 0.3] * 4)
    steps = (DemandStep(up_to_kw=edge_kw, rate_per_kw=19.0), DemandStep(up_to_kw=float("inf"), rate_per_kw=12.0))
    term = DemandTerm(charge="demand", billing_period="2026-07", intervals=np.arange(16), steps=steps)
    made = DispatchProblem(
        site=plain.site,
        horizon=plain.horizon,
        charges=HorizonCharges(horizon=plain.horizon, energy_per_kwh=plain.charges.energy_per_kwh, demand=(term,)),
        load_kw=plain.load_kw,
        unprotected_load_kw=plain.unprotected_load_kw,
    )

    objective = solve(program_of(made), time_limit_s=30).objective

    resting = price(made.charges, basis_of(made).grid_kw(basis_of(made).baseline.trajectories)).total
    assert 0.95 * resting < objective <= resting * (1 + 1e-12)
    assert objective > 12.0 * 5000
    if edge_kw <= 5000:
        assert objective > 19.0 * edge_kw + 12.0 * (5000 - edge_kw)
