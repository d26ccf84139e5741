"""The dynamic program against the linear program and HiGHS, on generated problems."""

from dataclasses import replace

import numpy as np
import pytest
from fleet_sites import whole_cost
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import problem, ups_system

from ridethrough.optimizer.dynamic_program import cheapest_plan, reasons_against
from ridethrough.optimizer.formulation.model import model_data, state_model
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.highs import solve
from ridethrough.optimizer.standard_form.compiler import CompiledModel
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, RatchetLink

LEAST_KWH, MOST_KWH = 300.0, 920.0


def _day(rng: np.random.Generator, intervals: int) -> DispatchProblem:
    """Tied prices, standby losses, loads above the rectifier, a reserve that moves, a tight connection."""
    ups = ups_system(
        charge_efficiency=float(rng.choice([1.0, rng.uniform(0.85, 1.0)])),
        discharge_efficiency=float(rng.choice([1.0, rng.uniform(0.85, 1.0)])),
        rectifier_efficiency=float(rng.uniform(0.9, 1.0)),
        charge_limit_kw=float(rng.uniform(20, 300)),
        discharge_limit_kw=float(rng.uniform(100, 1300)),
        wear_cost_per_kwh=float(rng.choice([0.0, 0.02])),
        standby_loss_per_h=float(rng.choice([0.0, 1e-4, 0.02])),
        unit_input_limit_kw=float(rng.choice([950.0, 1500.0])),
    )
    made = problem(
        ups,
        price=rng.choice([0.0, 0.05, 0.1, 0.1, 0.3, float(rng.uniform(0, 1))], intervals).tolist(),
        load_kw=rng.uniform(3000, 4600, intervals).tolist(),
        interval_minutes=int(rng.choice([15, 30, 60])),
        stored_kwh={"pod-1": float(rng.uniform(500, MOST_KWH))},
        import_limit_kw=float(rng.choice([5900.0, 6100.0, 7000.0])),
    )
    reserve_kwh = tuple(rng.choice([LEAST_KWH, 400.0, 480.0], intervals + 1).tolist())
    return replace(
        made,
        reserve_profile_kwh={"pod-1": reserve_kwh},
        unprotected_load_kw=tuple(rng.uniform(600, 1100, intervals).tolist()),
    )


def _steps(rng: np.random.Generator) -> tuple[DemandStep, ...]:
    low, high = sorted(rng.uniform(0, 20, 2).tolist())
    if rng.random() < 0.5:
        return (DemandStep(up_to_kw=np.inf, rate_per_kw=low),)
    return (DemandStep(up_to_kw=5500.0, rate_per_kw=low), DemandStep(up_to_kw=np.inf, rate_per_kw=high))


def _with_peaks(rng: np.random.Generator, made: DispatchProblem, peaks: int) -> DispatchProblem:
    """Charges over all intervals and over stretches of them, with steps, floors, past peaks, ratchets and an event."""
    n = made.horizon.intervals
    terms = []
    for index in range(peaks):
        first, after = sorted(rng.choice(n + 1, 2, replace=False).tolist()) if index else (0, n)
        links = (RatchetLink(index=0, fraction=float(rng.uniform(0.5, 1))),) if index and rng.random() < 0.5 else ()
        terms.append(
            DemandTerm(
                charge=f"charge {index}",
                billing_period="2026-07",
                intervals=np.arange(first, after),
                steps=_steps(rng),
                floor_kw=float(rng.choice([0.0, 5400.0])),
                peak_so_far_kw=float(rng.choice([0.0, rng.uniform(5000, 6000)])),
                own_fraction=float(rng.choice([1.0, 1.0, 0.8, 0.0])),
                links=links,
            )
        )
    event = DemandTerm(
        charge="event",
        billing_period="2026-07",
        intervals=np.array([n // 2]),
        steps=_steps(rng),
        kind="coincident",
        is_expected=True,
    )
    charges = replace(made.charges, demand=(*terms, event) if rng.random() < 0.5 else tuple(terms))
    return replace(made, charges=charges)


def _agree(made: DispatchProblem) -> None:
    assert not reasons_against(basis_of(made))
    data = model_data(basis_of(made))
    compiled = CompiledModel(state_model(data.sets))
    solution = solve(compiled.program(data.parameters), time_limit_s=60)
    optimum = cheapest_plan(basis_of(made))

    if solution.values is None:  # rectifiers and batteries together cannot carry the load
        assert optimum is None
        return
    breaks_the_limit = float(solution.values[compiled.columns["beyond_kw"]].sum()) > 1e-6
    assert (optimum is None) == breaks_the_limit, "the program keeps the import limit in full, or has no answer"
    if optimum is None:
        return
    assert optimum.objective == pytest.approx(solution.objective, rel=1e-9, abs=1e-9)
    assert optimum.bound == pytest.approx(solution.objective, rel=1e-9, abs=1e-9)
    assert optimum.bound <= optimum.objective
    _holds_what_it_says(made, optimum.objective, optimum.trajectories)


def _holds_what_it_says(made: DispatchProblem, objective: float, trajectories: tuple) -> None:
    (each,) = trajectories
    ups = made.site.ups[0]
    meter_kw, floors = basis_of(made).grid_kw(trajectories), basis_of(made).floors
    assert whole_cost(made, trajectories) == pytest.approx(objective, rel=1e-9, abs=1e-9)
    assert meter_kw.max() <= made.site.interconnection.import_limit_kw + 1e-6
    stored, charge, discharge = (np.array(v) for v in (each.stored_kwh, each.charge_kw, each.discharge_kw))
    assert (stored[1:] >= np.array(floors.floor_kwh[ups.id][1:]) - 1e-6).all()
    assert stored.max() <= ups.max_stored_kwh + 1e-6
    assert stored[-1] >= floors.return_kwh[ups.id] - 1e-6
    h = made.horizon.interval_h
    kept = (1 - ups.battery.standby_loss_per_h) ** h
    gained = (ups.battery.charge_efficiency * charge - discharge / ups.battery.discharge_efficiency) * h
    assert stored[1:] == pytest.approx(stored[:-1] * kept + gained, abs=1e-6)
    assert np.minimum(charge, discharge).max() <= 1e-9


@settings(max_examples=40)
@given(seed=st.integers(0, 2**32 - 1), intervals=st.integers(2, 48))
def test_without_peaks_both_find_the_same_cost(seed: int, intervals: int) -> None:
    _agree(_day(np.random.default_rng(seed), intervals))


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32 - 1), intervals=st.integers(2, 48), peaks=st.integers(1, 4))
def test_with_peaks_both_find_the_same_cost(seed: int, intervals: int, peaks: int) -> None:
    rng = np.random.default_rng(seed)
    _agree(_with_peaks(rng, _day(rng, intervals), peaks))


@pytest.mark.long
@settings(max_examples=400)
@given(seed=st.integers(0, 2**32 - 1), intervals=st.integers(2, 96), peaks=st.integers(0, 4))
def test_on_hundreds_of_days_both_find_the_same_cost(seed: int, intervals: int, peaks: int) -> None:
    rng = np.random.default_rng(seed)
    _agree(_with_peaks(rng, _day(rng, intervals), peaks))
