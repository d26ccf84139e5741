"""The optimizer's reading of a tariff and the bill: two implementations that must agree, on every feature."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import program_of
from sites import NOW, ups_system
from sites import site as premises
from tariff_strategies import horizons, load_of, tariffs

from ridethrough.domain import Horizon, PriceSeries, SiteState
from ridethrough.domain.plan import PlanStatus
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.pricing.price import price
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.highs import SolveStatus, solve
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.horizon.charges import HorizonCharges, charges_over
from ridethrough.tariffs.tariff import Tariff

LIMIT_KW = 3000.0


@settings(max_examples=150, deadline=None)
@given(tariff=tariffs(), horizon=horizons, seed=st.integers(0, 999))
def test_the_price_of_a_meter_series_is_its_bill(tariff: Tariff, horizon: Horizon, seed: int) -> None:
    kw = load_of(horizon, seed)
    prices = market_prices(tariff, horizon, seed)
    charges = charges_over(tariff, horizon, prices=prices)

    total = price(charges, kw).total + charges.fixed

    assert total == pytest.approx(float(bill(tariff, horizon, kw, prices=prices).exact_total), rel=1e-6, abs=1e-5)


@pytest.mark.long
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tariff=tariffs(), horizon=horizons, seed=st.integers(0, 999))
def test_a_plans_cost_is_its_bill_and_no_dearer_than_doing_nothing(tariff: Tariff, horizon: Horizon, seed: int) -> None:
    prices = market_prices(tariff, horizon, seed)
    charges = charges_over(tariff, horizon, prices=prices)
    made = small_site_problem(charges, horizon, seed)

    plan = plan_dispatch(made, issued_at=NOW, time_limit_s=2)

    assert plan.status in {PlanStatus.OPTIMAL, PlanStatus.TIME_LIMIT}
    assert plan.certificate.certified
    billed = float(bill(tariff, horizon, np.array(plan.grid_kw), prices=prices).exact_total)
    idle = float(bill(tariff, horizon, np.array(plan.baseline_grid_kw), prices=prices).exact_total)
    charged = price(charges, np.array(plan.grid_kw)).total + charges.fixed
    assert charged == pytest.approx(billed, rel=1e-6, abs=1e-4)
    assert billed + plan.cost.wear <= idle + 1e-6 * max(1.0, abs(idle))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(tariff=tariffs(), horizon=horizons, seed=st.integers(0, 999))
def test_the_models_objective_is_the_bill_of_its_plan(tariff: Tariff, horizon: Horizon, seed: int) -> None:
    """Where tiers are separable, the model itself states the bill: not only the price that is worked out afterwards."""
    prices = market_prices(tariff, horizon, seed)
    charges = charges_over(tariff, horizon, prices=prices)
    if not all(term.separable for term in charges.tiers):
        return
    made = small_site_problem(charges, horizon, seed)
    solution = solve(program_of(made), time_limit_s=2)
    if solution.status is not SolveStatus.OPTIMAL:
        return
    objective = solution.objective

    plan = plan_dispatch(made, issued_at=NOW)

    billed = float(bill(tariff, horizon, np.array(plan.grid_kw), prices=prices).exact_total)
    assert objective + charges.fixed - plan.cost.wear == pytest.approx(billed, rel=1e-6, abs=1e-3)


def market_prices(tariff: Tariff, horizon: Horizon, seed: int) -> PriceSeries | None:
    if tariff.energy is None or tariff.energy.market is None:
        return None
    values = np.random.default_rng(seed).uniform(0.0, 0.2, horizon.intervals)
    return PriceSeries(horizon=horizon, price_per_kwh=tuple(values.tolist()))


def small_site_problem(charges: HorizonCharges, horizon: Horizon, seed: int) -> DispatchProblem:
    """Two units of 300 kW on the generated load."""
    ups = ups_system(
        id="hall",
        units=2,
        unit_output_limit_kw=900.0,
        unit_input_limit_kw=1200.0,
        protected_load_kw=500.0,
        nominal_kwh=150.0,
        charge_limit_kw=120.0,
        discharge_limit_kw=900.0,
    )
    load = np.abs(load_of(horizon, seed))
    share = np.minimum(load, 800.0)
    return DispatchProblem(
        site=premises(ups, import_limit_kw=LIMIT_KW),
        horizon=horizon,
        charges=charges,
        load_kw={"hall": tuple(share.tolist())},
        unprotected_load_kw=tuple((load - share).tolist()),
        state=SiteState(),
    )


def test_the_meter_of_a_plan_is_what_is_billed() -> None:
    horizon = Horizon(start=NOW, interval_minutes=15, intervals=8)
    made = small_site_problem(HorizonCharges(horizon=horizon, energy_per_kwh=np.linspace(0.0, 0.3, 8)), horizon, 1)

    plan = plan_dispatch(made, issued_at=NOW)

    assert basis_of(made).grid_kw(plan.ups) == pytest.approx(np.array(plan.grid_kw))


HOURS = Horizon(start=NOW, interval_minutes=60, intervals=48)


def one_period_tariff(*tiers: EnergyTier, rate_per_kw: float = 5.0) -> Tariff:
    demand = DemandCharge(
        name="facility", seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=rate_per_kw),)),), schedule="", period=""
    )
    energy = EnergyCharge(periods=(EnergyPeriod(name="all", tiers=tiers),), demand="facility")
    return Tariff(name="one period", energy=energy, demand=(demand,))


@pytest.mark.parametrize(
    ("case", "tariff"),
    [
        (
            "rising kWh/kW blocks, so that a higher peak would widen the cheap block",
            one_period_tariff(
                EnergyTier(rate_per_kwh=0.05, up_to=20, unit="kWh/kW"),
                EnergyTier(rate_per_kwh=0.50, unit="kWh/kW"),
                rate_per_kw=0.1,
            ),
        ),
        (
            "falling kWh/kW blocks",
            one_period_tariff(
                EnergyTier(rate_per_kwh=0.30, up_to=20, unit="kWh/kW"), EnergyTier(rate_per_kwh=0.02, unit="kWh/kW")
            ),
        ),
        (
            "a dear block between two cheap ones",
            one_period_tariff(
                EnergyTier(rate_per_kwh=0.10, up_to=5000),
                EnergyTier(rate_per_kwh=0.30, up_to=12000),
                EnergyTier(rate_per_kwh=0.02),
            ),
        ),
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_blocks_that_are_not_convex_are_priced_as_the_bill_does(case: str, tariff: Tariff, seed: int) -> None:
    charges = charges_over(tariff, HOURS)
    made = small_site_problem(charges, HOURS, seed)

    plan = plan_dispatch(made, issued_at=NOW)

    objective = solve(program_of(made), time_limit_s=60).objective
    billed = float(bill(tariff, HOURS, np.array(plan.grid_kw)).exact_total)
    idle = float(bill(tariff, HOURS, np.array(plan.baseline_grid_kw)).exact_total)
    assert plan.status is PlanStatus.OPTIMAL, case
    assert objective + charges.fixed - plan.cost.wear == pytest.approx(billed, rel=1e-6)
    assert billed + plan.cost.wear <= idle + 1e-6


def test_a_credit_on_demand_is_earned_only_by_a_peak_that_is_really_metered() -> None:
    tariff = one_period_tariff(EnergyTier(rate_per_kwh=0.1), rate_per_kw=-2.0)
    charges = charges_over(tariff, HOURS)

    plan = plan_dispatch(small_site_problem(charges, HOURS, 0), issued_at=NOW)

    billed = float(bill(tariff, HOURS, np.array(plan.grid_kw)).exact_total)
    assert plan.status is PlanStatus.OPTIMAL
    assert price(charges, np.array(plan.grid_kw)).total == pytest.approx(billed, rel=1e-6)
    assert max(plan.grid_kw) > max(plan.baseline_grid_kw)
