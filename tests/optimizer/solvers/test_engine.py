"""Live solvers: told only what differs, they answer as fresh ones do."""

import dataclasses
import time

import highspy
import numpy as np
import pytest
from programs import program_of
from sites import NOW, problem, ups_system

from ridethrough.domain.plan import PlanStatus
from ridethrough.optimizer import DispatchProblem, plan_dispatch
from ridethrough.optimizer.formulation.model import model_data
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.engine import Engine, engine_of_thread
from ridethrough.optimizer.solvers.highs import Session, SolveStatus, solve
from ridethrough.optimizer.standard_form.program import LinearProgram


def day(seed: int, **fields: float) -> DispatchProblem:
    rng = np.random.default_rng(seed)
    ups = ups_system(charge_efficiency=float(fields.get("eta", 0.97)))
    return problem(
        ups,
        price=rng.uniform(0.02, 0.4, 24).tolist(),
        load_kw=rng.uniform(3900, 4700, 24).tolist(),
        demand_rate=float(rng.uniform(5, 20)),
        interval_minutes=60,
        stored_kwh={"pod-1": float(rng.uniform(600, 920))},
        peak_so_far_kw=float(rng.uniform(5000, 5600)),
    )


def test_a_warm_solver_finds_what_a_fresh_one_finds() -> None:
    session, first = Session(), program_of(day(0))
    for seed in range(30):
        program = _alike(program_of(day(seed)), first)
        fresh = solve(program, time_limit_s=30)

        warm = session.solve(program, time_limit_s=30, warm=True)

        assert warm.status is fresh.status is SolveStatus.OPTIMAL
        assert warm.objective == pytest.approx(fresh.objective, rel=1e-9)


def test_plans_of_a_warm_engine_cost_what_those_of_a_fresh_one_do() -> None:
    engine = Engine(warm=True)
    for seed in range(12):
        eta = 0.97 if seed % 3 else 0.93  # other coefficients in the matrix too
        made = day(seed, eta=eta)

        warm = plan_dispatch(made, issued_at=NOW, engine=engine)
        fresh = plan_dispatch(made, issued_at=NOW)

        assert warm.status is fresh.status is PlanStatus.OPTIMAL
        assert warm.certificate.certified
        assert warm.cost.total == pytest.approx(fresh.cost.total, rel=1e-9)
    assert len(engine) == 1


def test_a_fresh_engine_answers_the_same_whatever_it_solved_before() -> None:
    alone = plan_dispatch(day(3), issued_at=NOW, engine=Engine())
    engine = Engine()
    for seed in range(3):
        plan_dispatch(day(seed), issued_at=NOW, engine=engine)

    assert plan_dispatch(day(3), issued_at=NOW, engine=engine).ups == alone.ups


def test_old_models_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ridethrough.optimizer.solvers.engine._MOST_MODELS", 2)
    engine = Engine()
    first, second, third = (model_data(basis_of(problem(ups_system(), price=[0.1] * n))).sets for n in (4, 5, 6))
    one = engine.prepared(first)
    engine.prepared(second)
    assert engine.prepared(first) is one
    engine.prepared(third)

    assert engine.prepared(first) is one
    assert len(engine) == 2


def test_each_thread_has_an_engine_of_its_own() -> None:
    assert engine_of_thread() is engine_of_thread()
    assert not engine_of_thread().warm


def test_a_warm_start_that_fails_is_tried_afresh(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session()
    programs = [program_of(day(seed)) for seed in (1, 2)]
    session.solve(programs[0], time_limit_s=30)
    told = iter([highspy.HighsModelStatus.kUnknown])
    status = highspy.Highs.getModelStatus
    monkeypatch.setattr(highspy.Highs, "getModelStatus", lambda solver: next(told, None) or status(solver))

    answer = session.solve(_alike(programs[1], programs[0]), time_limit_s=30, warm=True)

    assert answer.status is SolveStatus.OPTIMAL
    assert answer.objective == pytest.approx(solve(programs[1], time_limit_s=30).objective, rel=1e-9)


def test_a_time_limit_counts_anew_for_every_solve() -> None:
    session = Session()
    program = program_of(day(1))
    for _ in range(3):
        assert session.solve(program, time_limit_s=5, warm=True).status is SolveStatus.OPTIMAL
        time.sleep(0.01)
    assert session.solve(program_of(day(2)), time_limit_s=0.0).status in {SolveStatus.TIME_LIMIT, SolveStatus.OPTIMAL}


def test_a_problem_without_a_solution_is_named_so() -> None:
    program = program_of(day(1))
    broken = dataclasses.replace(program, row_lower=program.row_upper + 1, row_upper=program.row_upper)

    assert solve(broken, time_limit_s=5).status in {SolveStatus.INFEASIBLE, SolveStatus.FAILED}


def _alike(program: LinearProgram, held: LinearProgram) -> LinearProgram:
    """Share the places of entries with another, as programs of one compiled model do."""
    assert np.array_equal(held.indices, program.indices)
    return dataclasses.replace(program, starts=held.starts, indices=held.indices)


def test_an_engine_that_starts_afresh_keeps_its_models_and_forgets_its_answers() -> None:
    engine = Engine(warm=True)
    first = plan_dispatch(day(1), issued_at=NOW, engine=engine)
    plan_dispatch(day(2), issued_at=NOW, engine=engine)
    engine.start_afresh()

    assert len(engine) == 1
    assert plan_dispatch(day(1), issued_at=NOW, engine=engine).ups == first.ups
