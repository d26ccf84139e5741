"""Charges that few sites have: export that beats import, credits through a ratchet, tiers for some hours only."""

from datetime import UTC, datetime

import numpy as np
import pytest
from sites import NOW, problem, site, ups_system

from ridethrough.domain import Horizon, SiteState
from ridethrough.domain.plan import PlanStatus
from ridethrough.optimizer import DispatchProblem, dispatch, plan_dispatch
from ridethrough.optimizer.pricing.price import price
from ridethrough.optimizer.solvers.simplex import Answer
from ridethrough.tariffs.billing.exact_bill import bill
from ridethrough.tariffs.calendar.rate_schedule import RateSchedule, ScheduleRule
from ridethrough.tariffs.charges.demand import DemandCharge, DemandSeason, DemandTier
from ridethrough.tariffs.charges.energy import EnergyCharge, EnergyPeriod, EnergyTier
from ridethrough.tariffs.charges.ratchet import DemandRatchet
from ridethrough.tariffs.horizon.charges import HorizonCharges, charges_over
from ridethrough.tariffs.tariff import Tariff


def small(horizon: Horizon, charges: HorizonCharges, load_kw: float = 300.0, **ups: float) -> DispatchProblem:
    """A hall of two 900 kW units behind one meter, exporting up to 400 kW."""
    hall = ups_system(
        id="hall",
        units=2,
        unit_output_limit_kw=900.0,
        unit_input_limit_kw=1200.0,
        protected_load_kw=500.0,
        nominal_kwh=300.0,
        charge_limit_kw=120.0,
        discharge_limit_kw=900.0,
        bidirectional=True,
        **ups,
    )
    return DispatchProblem(
        site=site(hall, import_limit_kw=2000.0, export_limit_kw=400.0),
        horizon=horizon,
        charges=charges,
        load_kw={"hall": (load_kw,) * horizon.intervals},
        unprotected_load_kw=(0.0,) * horizon.intervals,
        state=SiteState(),
    )


def test_export_that_earns_more_than_import_costs_is_never_both_at_once() -> None:
    horizon = Horizon(start=NOW, interval_minutes=60, intervals=8)
    charges = HorizonCharges(
        horizon=horizon,
        energy_per_kwh=np.full(8, 0.05),
        export_per_kwh=np.array([0.0, 0.3, 0.3, 0.0, 0.0, 0.3, 0.0, 0.0]),
    )

    plan = plan_dispatch(small(horizon, charges), issued_at=NOW)

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    assert min(plan.grid_kw) < -100
    assert plan.cost.of("energy", "export") == pytest.approx(price(charges, np.array(plan.grid_kw)).total)
    assert plan.cost.total <= plan.baseline_cost.total


def test_a_credit_that_a_ratchet_carries_into_the_next_month_is_billed_as_planned() -> None:
    ratchet = DemandRatchet(fractions=(0.9,) * 12, own_fractions=(1.0,) * 12)
    charge = DemandCharge(
        name="facility",
        seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=-0.5),)),),
        ratchet=ratchet,
        window_minutes=120,
    )
    energy = EnergyCharge(periods=(EnergyPeriod(name="all", tiers=(EnergyTier(rate_per_kwh=0.1),)),))
    tariff = Tariff(name="credit", energy=energy, demand=(charge,))
    horizon = Horizon(start=datetime(2026, 6, 30, 18, tzinfo=UTC), interval_minutes=60, intervals=12)
    charges = charges_over(tariff, horizon)

    plan = plan_dispatch(small(horizon, charges), issued_at=NOW)

    assert plan.status is PlanStatus.OPTIMAL
    assert charges.demand[1].links
    billed = float(bill(tariff, horizon, np.array(plan.grid_kw)).exact_total)
    assert price(charges, np.array(plan.grid_kw)).total == pytest.approx(billed, rel=1e-6)
    assert plan.cost.total <= plan.baseline_cost.total + 1e-6


def test_tiers_that_hold_for_some_hours_only_are_priced_as_the_bill_does() -> None:
    hours = RateSchedule(rules=(ScheduleRule(period="day", hours=((480, 1200),)), ScheduleRule(period="night")))
    tiers = (EnergyTier(rate_per_kwh=0.20, up_to=3000), EnergyTier(rate_per_kwh=0.05))
    energy = EnergyCharge(
        periods=(
            EnergyPeriod(name="day", tiers=tiers),
            EnergyPeriod(name="night", tiers=(EnergyTier(rate_per_kwh=0.02),)),
        ),
        schedule="hours",
    )
    tariff = Tariff(name="half tiered", schedules={"hours": hours}, energy=energy)
    horizon = Horizon(start=datetime(2026, 7, 1, tzinfo=UTC), interval_minutes=60, intervals=48)
    charges = charges_over(tariff, horizon)

    plan = plan_dispatch(small(horizon, charges), issued_at=NOW)

    billed = float(bill(tariff, horizon, np.array(plan.grid_kw)).exact_total)
    idle = float(bill(tariff, horizon, np.array(plan.baseline_grid_kw)).exact_total)
    assert price(charges, np.array(plan.grid_kw)).total == pytest.approx(billed, rel=1e-9)
    assert billed + plan.cost.wear < idle


def test_a_plan_that_fails_its_certificate_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in the optimizer, what leaves it is proven or holds."""
    made = problem(price=[0.05, 0.5, 0.05, 0.05])
    honest = plan_dispatch(made, issued_at=NOW)
    drained = tuple(kwh - 400.0 for kwh in honest.ups[0].stored_kwh)
    wrong = type(honest.ups[0])(
        ups_id="pod-1",
        load_kw=honest.ups[0].load_kw,
        charge_kw=honest.ups[0].charge_kw,
        discharge_kw=honest.ups[0].discharge_kw,
        stored_kwh=drained,
        reserve_kwh=honest.ups[0].reserve_kwh,
    )
    monkeypatch.setattr(dispatch, "optimize", lambda *_: Answer(PlanStatus.OPTIMAL, (wrong,)))

    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.HOLD
    assert plan.certificate.certified
    assert plan.savings == 0
    assert any("failed its certificate and is withheld" in warning for warning in plan.warnings)


def test_the_price_shown_is_that_of_one_more_kwh_tiers_included() -> None:
    tiers = (EnergyTier(rate_per_kwh=0.20, up_to=3000), EnergyTier(rate_per_kwh=0.05))
    tariff = Tariff(name="tiered", energy=EnergyCharge(periods=(EnergyPeriod(name="all", tiers=tiers),)))
    horizon = Horizon(start=datetime(2026, 7, 1, tzinfo=UTC), interval_minutes=60, intervals=24)

    plan = plan_dispatch(small(horizon, charges_over(tariff, horizon)), issued_at=NOW)

    assert plan.price_per_kwh == pytest.approx((0.05,) * 24)


def test_blocks_that_a_small_demand_leaves_empty_are_priced_as_the_bill_does() -> None:
    """Three thousand kWh inside 200 hours' use: at little demand the hours end the block, at much demand the kWh do."""
    tiers = (
        EnergyTier(rate_per_kwh=0.15, up_to=3000),
        EnergyTier(rate_per_kwh=0.10, up_to=20, unit="kWh/kW"),
        EnergyTier(rate_per_kwh=0.04, unit="kWh/kW"),
    )
    demand = DemandCharge(name="facility", seasons=(DemandSeason(tiers=(DemandTier(rate_per_kw=8.0),)),))
    tariff = Tariff(
        name="bands",
        energy=EnergyCharge(periods=(EnergyPeriod(name="all", tiers=tiers),), demand="facility"),
        demand=(demand,),
    )
    horizon = Horizon(start=datetime(2026, 7, 1, tzinfo=UTC), interval_minutes=60, intervals=48)
    charges = charges_over(tariff, horizon)

    for load_kw in (100.0, 300.0):
        plan = plan_dispatch(small(horizon, charges, load_kw), issued_at=NOW)

        billed = float(bill(tariff, horizon, np.array(plan.grid_kw)).exact_total)
        assert price(charges, np.array(plan.grid_kw)).total == pytest.approx(billed, rel=1e-9)
        assert plan.cost.total <= plan.baseline_cost.total + 1e-6


def test_a_shared_tier_that_no_energy_reaches_costs_nothing() -> None:
    """Generation covers the load: the meter imports nothing, and tiers shared over periods have no mean price."""
    hours = RateSchedule(rules=(ScheduleRule(period="day", hours=((480, 1200),)), ScheduleRule(period="night")))
    tiers = (EnergyTier(rate_per_kwh=0.20, up_to=3000), EnergyTier(rate_per_kwh=0.05))
    periods = (
        EnergyPeriod(name="day", tiers=tiers),
        EnergyPeriod(name="night", tiers=(EnergyTier(rate_per_kwh=0.02),)),
    )
    tariff = Tariff(
        name="half tiered", schedules={"hours": hours}, energy=EnergyCharge(periods=periods, schedule="hours")
    )
    horizon = Horizon(start=datetime(2026, 7, 1, tzinfo=UTC), interval_minutes=60, intervals=24)
    charges = charges_over(tariff, horizon)

    assert price(charges, np.full(24, -10.0)).by_kind["energy"] == 0
    assert price(charges, np.full(24, 100.0)).by_kind["energy"] == pytest.approx(12 * 100 * 0.20 + 12 * 100 * 0.02)
