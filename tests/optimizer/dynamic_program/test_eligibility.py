"""What the dynamic program refuses, and the reason it gives."""

from dataclasses import replace

import numpy as np
import pytest
from fleet_sites import fleet_problem
from sites import problem, ups_system

from ridethrough.domain import UpsSystem
from ridethrough.optimizer.dynamic_program import UnableToApply, cheapest_plan, eligibility, reasons_against
from ridethrough.optimizer.dynamic_program.eligibility import least_price_per_kwh
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.problem.scenarios import Scenarios
from ridethrough.optimizer.routing import optimize
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, MinimumTerm
from ridethrough.tariffs.horizon.terms import EnergyTierTerm


def day(*systems: UpsSystem, price: float = 0.1, **changes: float) -> DispatchProblem:
    return problem(*systems, price=[price] * 4, **changes)


def with_charges(**changes: object) -> DispatchProblem:
    made = day()
    return replace(made, charges=replace(made.charges, **changes))


def term(**changes: object) -> DemandTerm:
    given = {"charge": "peak", "billing_period": "2026-07", "intervals": np.arange(4), "steps": steps(1.0), **changes}
    return DemandTerm(**given)


def steps(*rates: float) -> tuple[DemandStep, ...]:
    ends = [*(5000.0 * (index + 1) for index in range(len(rates) - 1)), np.inf]
    return tuple(DemandStep(up_to_kw=end, rate_per_kw=rate) for end, rate in zip(ends, rates, strict=True))


def ramping() -> DispatchProblem:
    made = day()
    limits = replace(made.site.interconnection, ramp_limit_kw_per_min=10.0)
    return replace(made, site=replace(made.site, interconnection=limits))


TIER = EnergyTierTerm(billing_period="2026-07", intervals=np.arange(4), periods=())
MINIMUM = MinimumTerm(
    billing_period="2026-07", amount=1.0, fixed_amount=0.0, intervals=np.arange(4), before_tax={"energy": 1.0}
)
WINDOWS = (np.array([0, 1]), np.array([2, 3]))

REFUSED = {
    "2 UPS systems share the meter": fleet_problem(2, intervals=4),
    "energy is priced in tiers": with_charges(tiers=(TIER,)),
    "a billing period has a minimum": with_charges(minimum=(MINIMUM,)),
    "peak meters windows longer than an interval": with_charges(demand=(term(windows=WINDOWS),)),
    "peak has a rate below 0 or below that of a lower step": with_charges(demand=(term(steps=steps(2.0, 1.0)),)),
    "the meter's steps are limited": ramping(),
    "the meter could come to export, in interval 0": day(unprotected_kw=-4500.0),
    "pod-1: charging tapers": day(ups_system(charge_taper_by_fraction={0.8: 1.0, 1.0: 0.5})),
    "pod-1: feeds back to the grid": day(ups_system(bidirectional=True), export_limit_kw=100.0, unprotected_kw=9e3),
    "pod-1: at a price of -1 per kWh, below -0.18": day(price=-1.0),
}


@pytest.mark.parametrize("reason", REFUSED)
def test_the_reason_is_given(reason: str) -> None:
    (given,) = reasons_against(basis_of(REFUSED[reason]))

    assert given.startswith(f"not eligible: {reason}")
    with pytest.raises(UnableToApply) as refused:
        cheapest_plan(basis_of(REFUSED[reason]))
    assert refused.value.reasons == (given,)


def test_a_law_that_it_has_not_heard_of_sends_the_problem_to_the_simplex_method(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = day()
    assert reasons_against(basis_of(made)) == ()
    known = eligibility.model_sets
    monkeypatch.setattr(eligibility, "model_sets", lambda basis: {**known(basis), "CYCLES": (("pod-1", 0),)})

    (given,) = reasons_against(basis_of(made))
    answer = optimize(basis_of(made), 30, Engine(dynamic_program=True))

    assert "CYCLES" in given
    assert answer.optimality is not None
    assert answer.optimality.method == "dual simplex"


@pytest.mark.parametrize("change", [{"uncertain": True}, {"stored_value_per_kwh": (0.0,) * 5}])
def test_questions_of_another_kind_are_refused(change: dict[str, object]) -> None:
    made = day()
    loads = np.array([made.unprotected_load_kw] * 2)
    change = (
        {"uncertain": Scenarios(probability=np.full(2, 0.5), unprotected_load_kw=loads)}
        if "uncertain" in change
        else change
    )

    assert len(reasons_against(basis_of(replace(made, **change)))) >= 1


def test_steps_that_rise_are_no_reason() -> None:
    assert reasons_against(basis_of(with_charges(demand=(term(steps=steps(1.0, 2.0)),)))) == ()


def test_without_losses_no_price_makes_burning_pay() -> None:
    assert least_price_per_kwh(ups_system(charge_efficiency=1.0, discharge_efficiency=1.0)) == -np.inf
