"""Every method answers alike: the same cost, a proven gap, and its name."""

import dataclasses

import numpy as np
import pytest
from sites import NOW, problem, ups_system

from ridethrough.domain.plan import PlanStatus
from ridethrough.optimizer import DispatchProblem, dynamic_program, fleet, plan_dispatch, routing
from ridethrough.optimizer.dynamic_program import UnableToCompile
from ridethrough.optimizer.dynamic_program.optimum import Optimum
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.routing import optimize
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.optimizer.solvers.simplex import Answer


def day(*systems: object, seed: int = 0, **fields: object) -> DispatchProblem:
    rng = np.random.default_rng(seed)
    given = {"import_limit_kw": 40_000.0, "demand_rate": 12.0, "interval_minutes": 60, **fields}
    prices = rng.uniform(0.05, 0.4, 12).tolist()
    return problem(*systems, price=prices, load_kw=rng.uniform(3900, 4700, 12).tolist(), **given)  # type: ignore[arg-type]


def unequal(count: int) -> list[object]:
    return [
        ups_system(id=f"ups-{n}", charge_efficiency=0.9 + 0.01 * n, wear_cost_per_kwh=0.003 * n) for n in range(count)
    ]


def cost(made: DispatchProblem, engine: Engine | None = None) -> float:
    plan = plan_dispatch(made, issued_at=NOW, engine=engine)
    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    return plan.cost.total


def test_a_plan_names_its_method_and_gap() -> None:
    plan = plan_dispatch(day(ups_system()), issued_at=NOW)

    assert plan.optimality is not None
    assert plan.optimality.method == "dual simplex"
    assert plan.optimality.relative_gap == 0


def test_a_recovery_plan_is_optimized_too() -> None:
    plan = plan_dispatch(day(ups_system(), stored_kwh={"pod-1": 100.0}), issued_at=NOW)

    assert plan.status is PlanStatus.RECOVERY
    assert plan.optimality is not None


def test_the_dynamic_program_plans_where_asked_to() -> None:
    engine = Engine(dynamic_program=True, audited_every=3)
    for seed in range(6):
        made = day(ups_system(), seed=seed)
        answer = optimize(basis_of(made), 30, engine)

        assert answer.optimality is not None
        assert answer.optimality.method == "dynamic program"
        assert answer.optimality.relative_gap <= 1e-9
        assert cost(made, engine) == pytest.approx(cost(made), rel=1e-9)


def test_where_the_dynamic_program_is_not_exact_the_simplex_plans() -> None:
    tapering = ups_system(charge_taper_by_fraction={0.0: 1.0, 0.8: 1.0, 1.0: 0.1})
    answer = optimize(basis_of(day(tapering)), 30, Engine(dynamic_program=True))

    assert answer.optimality is not None
    assert answer.optimality.method == "dual simplex"


def test_an_audit_that_disagrees_is_said_and_the_simplex_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    made = day(ups_system())
    cheapest = dynamic_program.cheapest_plan

    def wrong(problem: DispatchProblem) -> Optimum | None:
        found = cheapest(problem)
        assert found is not None
        return dataclasses.replace(found, trajectories=basis_of(made).baseline.trajectories)

    monkeypatch.setattr(dynamic_program, "cheapest_plan", wrong)
    engine = Engine(dynamic_program=True, audited_every=2)

    audited, unaudited = (plan_dispatch(made, issued_at=NOW, engine=engine) for _ in range(2))

    assert any("differ" in warning for warning in audited.warnings)
    assert audited.cost.total == pytest.approx(cost(made), rel=1e-9)
    assert unaudited.cost.total > audited.cost.total


def test_what_the_dynamic_program_did_not_prove_is_planned_by_the_simplex(monkeypatch: pytest.MonkeyPatch) -> None:
    made = day(ups_system())
    cheapest = dynamic_program.cheapest_plan

    def stopped(problem: DispatchProblem) -> Optimum | None:
        found = cheapest(problem)
        assert found is not None
        resting = basis_of(made).baseline.trajectories
        return dataclasses.replace(found, trajectories=resting, bound=found.bound - 0.02 * abs(found.objective))

    monkeypatch.setattr(dynamic_program, "cheapest_plan", stopped)

    plan = plan_dispatch(made, issued_at=NOW, engine=Engine(dynamic_program=True))

    assert plan.optimality is not None
    assert plan.optimality.method != "dynamic program"
    assert plan.cost.total == pytest.approx(cost(made), rel=1e-9)


def test_an_audit_that_does_not_finish_proves_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    made = day(ups_system())
    held = Answer(PlanStatus.HOLD, basis_of(made).baseline.trajectories)
    monkeypatch.setattr(routing, "_of_any", lambda *_: held)
    answer = optimize(basis_of(made), 30, Engine(dynamic_program=True))

    assert answer.status is PlanStatus.OPTIMAL
    assert not answer.warnings


def test_no_plan_is_a_hold_by_every_method() -> None:
    generating = day(ups_system(), unprotected_kw=-20_000.0)

    for engine in (Engine(), Engine(dynamic_program=True)):
        plan = plan_dispatch(generating, issued_at=NOW, engine=engine)
        assert plan.status is PlanStatus.HOLD
        assert plan.optimality is None


def test_a_limit_that_cannot_be_kept_is_broken_as_little_by_every_method() -> None:
    tight = day(ups_system(), import_limit_kw=4000.0)
    plans = [plan_dispatch(tight, issued_at=NOW, engine=engine) for engine in (Engine(), Engine(dynamic_program=True))]

    assert {plan.status for plan in plans} == {PlanStatus.OPTIMAL}
    assert plans[0].grid_kw == pytest.approx(plans[1].grid_kw)
    assert sum(plans[0].grid_kw) < sum(plans[0].baseline_grid_kw)


def test_systems_that_are_alike_are_planned_as_one() -> None:
    three = day(*(ups_system(id=f"ups-{n}") for n in range(3)))
    plan = plan_dispatch(three, issued_at=NOW)

    assert [each.ups_id for each in plan.ups] == ["ups-0", "ups-1", "ups-2"]
    assert plan.ups[0].charge_kw == plan.ups[2].charge_kw
    assert plan.cost.total == pytest.approx(_apart(three), rel=1e-9)


def _apart(made: DispatchProblem) -> float:
    """The cost with every system in the model."""
    answer = routing.solve_model(basis_of(made), None, 30, Engine())
    return routing._cost(basis_of(made), answer.trajectories).total  # noqa: SLF001 - the same cost of both


def test_alike_systems_without_a_plan_all_hold() -> None:
    generating = day(*(ups_system(id=f"ups-{n}") for n in range(2)), unprotected_kw=-30_000.0)
    plan = plan_dispatch(generating, issued_at=NOW)

    assert plan.status is PlanStatus.HOLD
    assert len(plan.ups) == 2


@pytest.fixture
def _small_fleets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(routing, "_FLEET", 2)


@pytest.mark.usefixtures("_small_fleets")
def test_a_fleet_is_planned_by_column_generation() -> None:
    made = day(*unequal(4))
    answer = optimize(basis_of(made), 30)

    assert answer.optimality is not None
    assert answer.optimality.method == "column generation"
    assert answer.optimality.relative_gap <= 1e-6
    assert cost(made) == pytest.approx(_apart(made), rel=1e-6)


@pytest.mark.usefixtures("_small_fleets")
def test_a_fleet_that_shares_more_than_the_meter_is_one_program() -> None:
    systems = unequal(3)
    systems[0] = dataclasses.replace(systems[0], bidirectional=True)  # type: ignore[type-var]
    answer = optimize(basis_of(day(*systems, export_limit_kw=500.0)), 30)

    assert answer.optimality is not None
    assert answer.optimality.method in {"dual simplex", "branch and bound"}


@pytest.mark.usefixtures("_small_fleets")
def test_without_numba_a_fleet_is_one_program_and_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_problem: DispatchProblem) -> Optimum | None:
        raise UnableToCompile

    monkeypatch.setattr(fleet, "cheapest_fleet_plan", missing)
    answer = optimize(basis_of(day(*unequal(3))), 30)

    assert answer.status is PlanStatus.OPTIMAL
    assert "takes longer" in answer.warnings[-1]
