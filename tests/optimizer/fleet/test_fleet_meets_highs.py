"""Column generation against one linear program of the whole fleet."""

from dataclasses import replace

import numpy as np
import pytest
from fleet_sites import fleet_problem, whole_cost
from programs import program_of

from ridethrough.domain.conditions import ConditionKind, ReserveCondition
from ridethrough.optimizer.dynamic_program import UnableToApply, cheapest_plan
from ridethrough.optimizer.fleet import cheapest_fleet_plan, reasons_against_fleet
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.highs import solve
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, RatchetLink


def least_cost(made: DispatchProblem) -> float:
    return solve(program_of(made), time_limit_s=60).objective


@pytest.mark.parametrize(("systems", "margin"), [(2, 1.2), (7, 1.2), (7, 0.985), (24, 1.0)])
def test_the_bound_and_the_plan_enclose_the_optimum(systems: int, margin: float) -> None:
    made = fleet_problem(systems, intervals=24, seed=systems, import_margin=margin)
    expected = least_cost(made)

    optimum = cheapest_fleet_plan(basis_of(made))

    assert optimum is not None
    assert 0 <= optimum.gap <= 1e-6
    assert optimum.bound <= expected * (1 + 1e-9)
    assert optimum.objective >= expected * (1 - 1e-9)
    assert optimum.objective == pytest.approx(expected, rel=1e-6)
    assert whole_cost(made, optimum.trajectories) == pytest.approx(optimum.objective, rel=1e-9)


@pytest.mark.parametrize("margin", [1.2, 0.99])
def test_every_system_keeps_its_limits_and_the_site_its_connection(margin: float) -> None:
    made = fleet_problem(12, intervals=24, import_margin=margin)
    optimum = cheapest_fleet_plan(basis_of(made))

    assert optimum is not None
    assert basis_of(made).grid_kw(optimum.trajectories).max() <= made.site.interconnection.import_limit_kw + 1e-5
    for ups, each in zip(made.site.ups, optimum.trajectories, strict=True):
        bounds = basis_of(made).powers.bounds[ups.id]
        stored, h = np.array(each.stored_kwh), made.horizon.interval_h
        charge, discharge = np.array(each.charge_kw), np.array(each.discharge_kw)
        gained = (ups.battery.charge_efficiency * charge - discharge / ups.battery.discharge_efficiency) * h
        kept = (1 - ups.battery.standby_loss_per_h) ** h
        assert each.ups_id == ups.id
        assert stored[1:] == pytest.approx(stored[:-1] * kept + gained, abs=1e-7)
        assert (stored[1:] >= np.array(each.reserve_kwh[1:]) - 1e-7).all()
        assert stored[-1] >= stored[0] - 1e-7
        assert stored.max() <= ups.max_stored_kwh + 1e-7
        assert (charge <= np.array(bounds.charge_ceiling_kw) + 1e-9).all()
        assert (discharge <= np.array(bounds.discharge_ceiling_kw) + 1e-9).all()
        assert np.minimum(charge, discharge).max() == 0


def test_systems_that_are_alike_are_priced_once_and_do_the_same() -> None:
    made = fleet_problem(3, intervals=24, copies=4)
    optimum = cheapest_fleet_plan(basis_of(made))

    assert optimum is not None
    assert optimum.objective == pytest.approx(least_cost(made), rel=1e-6)
    first, second, *_ = optimum.trajectories
    assert first.charge_kw == second.charge_kw
    assert (first.ups_id, second.ups_id) == ("pod-0-0", "pod-0-1")


def test_a_fleet_of_one_meets_the_dynamic_program_with_an_event() -> None:
    made = fleet_problem(1, intervals=24)
    event = DemandTerm(
        charge="event",
        billing_period="2026-07",
        intervals=np.array([10, 11]),
        steps=(DemandStep(up_to_kw=np.inf, rate_per_kw=2.0),),
        kind="coincident",
        is_expected=True,
    )
    made = replace(made, charges=replace(made.charges, demand=(*made.charges.demand, event)))
    alone, fleet = cheapest_plan(basis_of(made)), cheapest_fleet_plan(basis_of(made))

    assert alone is not None
    assert fleet is not None
    assert fleet.objective == pytest.approx(alone.objective, rel=1e-6)


def test_no_plan_where_the_connection_cannot_carry_the_loads() -> None:
    assert cheapest_fleet_plan(basis_of(fleet_problem(3, intervals=24, import_margin=0.5))) is None


def test_a_reserve_that_comes_too_soon_is_come_as_near_to_as_charging_at_the_maximum_can() -> None:
    made = fleet_problem(2, intervals=4)
    profile = {ups.id: made.reserve_profile_kwh[ups.id] for ups in made.site.ups}
    ups = made.site.ups[0]
    profile[ups.id] = (*profile[ups.id][:1], ups.max_stored_kwh, *profile[ups.id][2:])
    state = replace(made.state, stored_kwh={**made.state.stored_kwh, ups.id: profile[ups.id][0]})

    basis = basis_of(replace(made, reserve_profile_kwh=profile, state=state))
    optimum = cheapest_fleet_plan(basis)

    assert optimum is not None
    assert basis.floors.floor_kwh[ups.id][1] < ups.max_stored_kwh
    assert optimum.trajectories[0].stored_kwh[1] >= basis.floors.floor_kwh[ups.id][1] - 1e-6


def test_a_ratchet_between_charges_is_refused_with_its_reason() -> None:
    made = fleet_problem(2, intervals=8)
    first, second = made.charges.demand
    linked = replace(made.charges, demand=(first, replace(second, links=(RatchetLink(index=0, fraction=0.5),))))
    made = replace(made, charges=linked)

    assert reasons_against_fleet(basis_of(made)) == ("not eligible: evening is billed on the peak of another charge",)
    with pytest.raises(UnableToApply, match="evening"):
        cheapest_fleet_plan(basis_of(made))


def test_a_storm_locks_every_battery() -> None:
    made = fleet_problem(3, intervals=24)
    storm = ReserveCondition(
        start=made.horizon.start_of(4), end=made.horizon.start_of(8), kind=ConditionKind.STORM, ramp_minutes=0
    )
    made = replace(made, site=replace(made.site, conditions=(storm,)))
    optimum = cheapest_fleet_plan(basis_of(made))

    assert optimum is not None
    assert optimum.objective == pytest.approx(least_cost(made), rel=1e-6)
    assert all(not any(each.discharge_kw[4:8]) for each in optimum.trajectories)
