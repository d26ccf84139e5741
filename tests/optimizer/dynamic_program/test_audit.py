"""The audit finds what a wrong engine would hide."""

from dataclasses import replace

import pytest
from fleet_sites import fleet_problem
from programs import program_of

from ridethrough.optimizer.dynamic_program import UnableToAgree, audit, cheapest_plan
from ridethrough.optimizer.dynamic_program.audit import sample_of
from ridethrough.optimizer.dynamic_program.optimum import Optimum
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.highs import solve

_LIMIT_IS_BROKEN = 100_000.0


def least_cost(made: DispatchProblem) -> float | None:
    """The least cost by the simplex method; none where it must break the import limit, which is dear."""
    objective = solve(program_of(made), time_limit_s=30).objective
    return None if objective > _LIMIT_IS_BROKEN else objective


def run() -> list[tuple[DispatchProblem, Optimum | None]]:
    days = [fleet_problem(1, intervals=12, seed=seed) for seed in range(5)]
    return [(made, cheapest_plan(basis_of(made))) for made in [*days, fleet_problem(1, intervals=4, import_margin=0.3)]]


def test_a_sound_run_passes() -> None:
    report = audit(run(), least_cost, sample=4)

    assert report.audited == (0, 2, 3, 5)
    assert report.largest_difference <= 1e-9
    report.raise_disagreements()


def test_a_cost_that_is_off_is_found() -> None:
    solved = run()
    made, optimum = solved[2]
    assert optimum is not None
    solved[2] = (made, replace(optimum, objective=optimum.objective * 1.0001))
    report = audit(solved, least_cost)

    assert report.largest_difference == pytest.approx(1e-4, rel=1e-3)
    with pytest.raises(UnableToAgree, match="problem 2: the dynamic program found"):
        report.raise_disagreements()


def test_a_bound_above_the_optimum_is_found() -> None:
    made, optimum = run()[0]
    assert optimum is not None

    assert audit([(made, replace(optimum, bound=optimum.objective * 1.01))], least_cost).disagreements


def test_a_plan_where_there_is_none_is_found() -> None:
    made, _ = run()[5]
    _, optimum = run()[0]

    assert "linear program no plan" in audit([(made, optimum)], least_cost).disagreements[0]


def test_no_plan_where_there_is_one_is_found() -> None:
    made, _ = run()[0]

    assert "found no plan" in audit([(made, None)], least_cost).disagreements[0]


def test_a_run_of_nothing_has_nothing_to_audit() -> None:
    assert audit([], least_cost).audited == ()


def test_a_sample_is_spread_over_the_run() -> None:
    assert sample_of(365, 3) == (0, 182, 364)
    assert sample_of(2, 10) == (0, 1)
