"""Two-stage plans: the first decision is one for all scenarios, and prepares for more than the mean."""

from dataclasses import replace

import numpy as np
import pytest
from programs import program_of
from sites import START, problem, site, ups_system

from ridethrough.domain import Horizon, SiteState, UnableToAccept
from ridethrough.operation.scenarios.rolling import Outlook, decide, problem_of
from ridethrough.optimizer.formulation.model import model_data
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.problem.scenarios import Scenarios
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.optimizer.solvers.highs import solve
from ridethrough.tariffs.horizon.charges import DemandStep, DemandTerm, HorizonCharges

HOURS = 6


def outlook(resting_kw: np.ndarray, *, price: float = 0.1, rate: float = 15.0, stored_kwh: float = 900.0) -> Outlook:
    horizon = Horizon(start=START, interval_minutes=60, intervals=resting_kw.shape[1])
    steps = (DemandStep(up_to_kw=float("inf"), rate_per_kw=rate),)
    term = DemandTerm(
        charge="demand",
        billing_period="2026-07",
        intervals=np.arange(horizon.intervals),
        steps=steps,
        peak_so_far_kw=5400.0,
    )
    charges = HorizonCharges(horizon=horizon, energy_per_kwh=np.full(horizon.intervals, price), demand=(term,))
    return Outlook(
        site=site(ups_system(), import_limit_kw=9000.0),
        horizon=horizon,
        charges=charges,
        load_kw={"pod-1": (4300.0,) * horizon.intervals},
        resting_kw=resting_kw,
        state=SiteState(stored_kwh={"pod-1": stored_kwh}),
    )


def courses(*rows: list[float]) -> np.ndarray:
    return np.array(rows, dtype=float)


def test_energy_is_kept_for_a_scenario_in_which_it_is_worth_more() -> None:
    calm = [5600.0, 5300.0, 5300.0, 5300.0, 5300.0, 5300.0]
    dear = [5600.0, 5900.0, 5900.0, 5300.0, 5300.0, 5300.0]
    engine = Engine(warm=True)

    alone = decide(outlook(courses(calm)), engine)
    both = decide(outlook(courses(calm, dear)), engine)

    assert alone.discharge_kw["pod-1"] > 150
    assert both.discharge_kw["pod-1"] < 0.7 * alone.discharge_kw["pod-1"]
    assert both.solved
    net_kw = both.charge_kw["pod-1"] - both.discharge_kw["pod-1"]
    assert both.grid_kw == pytest.approx(5600 + net_kw / 0.97)
    assert both.grid_target_kw >= both.grid_kw


def test_the_first_decision_is_the_same_in_every_scenario() -> None:
    made = problem_of(outlook(courses([5600, 5300, 5700, 5300, 5300, 5300], [5600, 5900, 5900, 5300, 5300, 5300])))
    values = solve(program_of(made), time_limit_s=30).values
    assert values is not None
    shape = (2, 1, HOURS)
    columns = Engine().prepared(model_data(basis_of(made)).sets).compiled.columns

    power_kw = (values[columns["charge_kw"]] - values[columns["discharge_kw"]]).reshape(shape)

    assert power_kw[0, 0, 0] == pytest.approx(power_kw[1, 0, 0], abs=1e-6)
    assert np.abs(power_kw[0] - power_kw[1]).max() > 1


def test_scenarios_that_are_all_alike_cost_what_one_costs() -> None:
    row = [5600.0, 5500.0, 5700.0, 5300.0, 5300.0, 5300.0]
    one = problem_of(replace(outlook(courses(row)), risk_weight=0.0))
    three = problem_of(replace(outlook(courses(row, row, row)), risk_weight=0.0))
    risky = problem_of(replace(outlook(courses(row, row, row)), risk_weight=0.7))

    objectives = [solve(program_of(each), time_limit_s=30).objective for each in (one, three, risky)]

    assert objectives[1] == pytest.approx(objectives[0], rel=1e-9)
    assert objectives[2] == pytest.approx(objectives[0], rel=1e-9)


def test_risk_counts_the_worst_scenarios_by_their_mean() -> None:
    rows = courses(*[[5600.0, kw, 5300, 5300, 5300, 5300] for kw in (5500.0, 5700.0, 6100.0, 6300.0)])
    plain = replace(outlook(rows, stored_kwh=620.0), shared_intervals=0)

    mean, worst = (
        solve(program_of(problem_of(replace(plain, risk_weight=weight, tail_probability=0.25))), time_limit_s=30)
        for weight in (0.0, 1.0)
    )

    assert worst.objective > mean.objective + 1000
    assert worst.objective < 15.0 * 6300 + 6 * 0.1 * 6000


def test_scenarios_leave_the_laws_as_they_are_where_there_is_one() -> None:
    made = problem(ups_system(), price=[0.1, 0.3, 0.1, 0.2], demand_rate=10.0)
    certain = replace(made, uncertain=Scenarios.certain(made.unprotected_load_kw))

    assert solve(program_of(certain), time_limit_s=30).objective == pytest.approx(
        solve(program_of(made), time_limit_s=30).objective, rel=1e-12
    )


def test_the_first_decision_keeps_the_reserve_whatever_may_come() -> None:
    rng = np.random.default_rng(3)
    engine = Engine(warm=True)
    for _ in range(20):
        rows = 5400 + 600 * rng.random((4, HOURS))
        rows[:, 0] = rows[0, 0]
        made = outlook(rows, stored_kwh=float(rng.uniform(580, 920)))
        floor_kwh = basis_of(problem_of(made)).floors.floor_kwh[made.site.ups[0].id][1]

        decided = decide(made, engine)

        stored_kwh = made.state.stored_kwh["pod-1"]
        after_kwh = stored_kwh + decided.charge_kw["pod-1"] * 0.97 - decided.discharge_kw["pod-1"] / 0.98
        assert after_kwh >= floor_kwh - 1e-6


def test_without_an_answer_batteries_rest() -> None:
    made = outlook(courses([-9000.0] * HOURS))  # more generation than may be exported

    decided = decide(made, Engine())

    assert not decided.solved
    assert decided.charge_kw == decided.discharge_kw == {"pod-1": 0.0}
    assert decided.grid_kw == -9000.0


def test_every_fault_of_scenarios_is_told() -> None:
    with pytest.raises(UnableToAccept) as caught:
        Scenarios(
            probability=np.array([0.5, 0.6]),
            unprotected_load_kw=np.zeros((3, 4)),
            shared_intervals=5,
            risk_weight=2.0,
            tail_probability=0.0,
        )

    assert {fault.field for fault in caught.value.faults} == {
        "unprotected_load_kw",
        "probability",
        "shared_intervals",
        "risk_weight",
        "tail_probability",
    }


def test_a_problem_names_scenarios_and_values_of_another_length() -> None:
    made = problem(ups_system(), price=[0.1, 0.3, 0.1, 0.2])

    with pytest.raises(UnableToAccept) as caught:
        replace(made, uncertain=Scenarios.certain((1.0, 2.0)), stored_value_per_kwh=(0.1,))

    assert {fault.field for fault in caught.value.faults} == {"uncertain", "stored_value_per_kwh"}
