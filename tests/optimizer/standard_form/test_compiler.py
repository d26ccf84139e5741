"""The compiled model against the same model written out row by row, and walked by Pyomo."""

import numpy as np
import pyomo.core as pyo
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import matrix_of, program_of
from random_sites import random_problem
from sites import problem, site, ups_system
from tariff_strategies import horizons, load_of, tariffs
from walked_model import walked

from ridethrough.domain import Horizon, Interconnection, PriceSeries, Site
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.formulation.model import build_model, model_data, state_model
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.standard_form.compiler import CompiledModel
from ridethrough.optimizer.standard_form.linear_forms import UnableToCompile
from ridethrough.optimizer.standard_form.program import FloatArray, LinearProgram
from ridethrough.tariffs.horizon.charges import charges_over
from ridethrough.tariffs.tariff import Tariff


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 100_000))
def test_a_compiled_model_is_the_model_written_out(seed: int) -> None:
    made = random_problem(np.random.default_rng(seed))

    assert_same(program_of(made), walked(build_model(basis_of(made))))


@pytest.mark.long
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tariff=tariffs(), horizon=horizons, seed=st.integers(0, 999), export_limit_kw=st.sampled_from([0.0, 400.0]))
def test_every_charge_compiles_to_what_it_says(
    tariff: Tariff, horizon: Horizon, seed: int, export_limit_kw: float
) -> None:
    made = priced_problem(tariff, horizon, seed, export_limit_kw)

    assert_same(program_of(made), walked(build_model(basis_of(made))))


def test_ramps_tapers_back_feed_and_exclusive_intervals_compile_too() -> None:
    ups = ups_system(bidirectional=True, charge_taper_by_fraction={0.0: 1.0, 0.8: 1.0, 0.9: 0.6, 1.0: 0.1})
    given_site = Site(
        id="site",
        timezone="UTC",
        interconnection=Interconnection(import_limit_kw=6000.0, export_limit_kw=300.0, ramp_limit_kw_per_min=5.0),
        ups=(ups,),
    )
    made = with_site(problem(ups, price=[-0.2, 0.1, 0.3, 0.2], demand_rate=10.0), given_site)

    assert_same(program_of(made, {("pod-1", 0)}), walked(build_model(basis_of(made), exclusive={("pod-1", 0)})))


def test_one_compiled_model_serves_every_problem_of_its_structure() -> None:
    prices = ([0.1, 0.2, 0.3, 0.1], [0.4, 0.1, 0.2, 0.2])
    first, second = (
        problem(ups_system(charge_efficiency=eta), price=price, load_kw=4000.0 + 500 * eta, demand_rate=20 * eta)
        for price, eta in zip(prices, (0.9, 0.97), strict=True)
    )
    compiled = CompiledModel(state_model(model_data(basis_of(first)).sets))

    assert model_data(basis_of(first)).sets == model_data(basis_of(second)).sets
    assert_same(compiled.program(model_data(basis_of(second)).parameters), walked(build_model(basis_of(second))))
    assert_same(compiled.program(model_data(basis_of(first)).parameters), walked(build_model(basis_of(first))))


def test_a_law_that_is_not_linear_is_refused() -> None:
    model = pyo.AbstractModel()
    model.x = pyo.Var()
    model.law = pyo.Constraint(rule=lambda m: m.x * m.x <= 1)
    model.cost = pyo.Objective(rule=lambda m: m.x)

    with pytest.raises(UnableToCompile, match="product of variables"):
        CompiledModel(model)


def test_a_function_that_is_not_linear_is_refused() -> None:
    model = pyo.AbstractModel()
    model.x = pyo.Var()
    model.cost = pyo.Objective(rule=lambda m: pyo.exp(m.x))

    with pytest.raises(UnableToCompile, match="not a linear expression"):
        CompiledModel(model)


def test_a_division_by_a_variable_is_refused() -> None:
    model = pyo.AbstractModel()
    model.x = pyo.Var()
    model.cost = pyo.Objective(rule=lambda m: 1 / m.x)

    with pytest.raises(UnableToCompile, match="only parameters"):
        CompiledModel(model)


def test_an_index_outside_its_set_is_refused() -> None:
    model = pyo.AbstractModel()
    model.STEPS = pyo.RangeSet(0, 3)
    model.x = pyo.Var(model.STEPS, dense=False)
    model.law = pyo.Constraint(model.STEPS, rule=lambda m, t: m.x[t + 1] <= 1)
    model.cost = pyo.Objective(rule=lambda m: m.x[0])

    with pytest.raises(UnableToCompile, match="not in its set"):
        CompiledModel(model)


def test_an_index_that_depends_on_a_parameter_is_refused() -> None:
    model = pyo.AbstractModel()
    model.STEPS = pyo.RangeSet(0, 3)
    model.shift = pyo.Param(model.STEPS, mutable=True)
    model.x = pyo.Var(model.STEPS, dense=False)
    model.law = pyo.Constraint(model.STEPS, rule=lambda m, t: m.x[t + m.shift[t]] <= 1)
    model.cost = pyo.Objective(rule=lambda m: m.x[0])

    with pytest.raises(UnableToCompile, match="depends on a parameter"):
        CompiledModel(model)


def priced_problem(tariff: Tariff, horizon: Horizon, seed: int, export_limit_kw: float) -> DispatchProblem:
    n = horizon.intervals
    rng = np.random.default_rng(seed)
    market = tariff.energy is not None and tariff.energy.market is not None
    prices = PriceSeries(horizon=horizon, price_per_kwh=tuple(rng.uniform(0, 0.2, n).tolist())) if market else None
    ups = ups_system(id="hall", protected_load_kw=1500.0)
    return DispatchProblem(
        site=site(ups, import_limit_kw=3000.0, export_limit_kw=export_limit_kw),
        horizon=horizon,
        charges=charges_over(tariff, horizon, prices=prices),
        load_kw={"hall": (1000.0,) * n},
        unprotected_load_kw=tuple((load_of(horizon, seed) / 4).tolist()),
    )


def with_site(made: DispatchProblem, given_site: Site) -> DispatchProblem:
    return DispatchProblem(
        site=given_site,
        horizon=made.horizon,
        charges=made.charges,
        load_kw=made.load_kw,
        unprotected_load_kw=made.unprotected_load_kw,
    )


def assert_same(program: LinearProgram, other: LinearProgram) -> None:
    """Both are the same program but for the order in which sums were added up, and rows written the other way round."""
    assert program.integer.tolist() == other.integer.tolist()
    for name in ("cost", "lower", "upper"):
        np.testing.assert_allclose(getattr(program, name), getattr(other, name), rtol=1e-12, atol=1e-9, err_msg=name)
    assert program.offset == pytest.approx(other.offset, rel=1e-12, abs=1e-9)
    for one, two in zip(upright(program), upright(other), strict=True):
        np.testing.assert_allclose(one, two, rtol=1e-11, atol=1e-9)


def upright(program: LinearProgram) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Matrix and bounds of the rows, each row turned so that its first entry is positive."""
    matrix = matrix_of(program)
    first = np.argmax(np.abs(matrix) > 1e-12, axis=1)
    turned = matrix[np.arange(len(matrix)), first] < 0
    lower = np.where(turned, -program.row_upper, program.row_lower)
    upper = np.where(turned, -program.row_lower, program.row_upper)
    return np.where(turned[:, None], -matrix, matrix), lower, upper
