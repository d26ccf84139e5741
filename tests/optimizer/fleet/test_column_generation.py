"""Column generation under stress: groups, samples, forgotten answers, and charges of every shape."""

import numpy as np
import pytest
from fleet_sites import fleet_problem, whole_cost

from ridethrough.optimizer.fleet import cheapest_fleet_plan, columns
from ridethrough.optimizer.fleet.shared_meter import Peak
from ridethrough.optimizer.problem import merging
from ridethrough.optimizer.problem.merging import merge_identical
from ridethrough.optimizer.problem.plan_basis import basis_of


@pytest.mark.parametrize(("name", "value"), [("GROUPS", 3), ("_SAMPLE", 4), ("_UNUSED_ROUNDS", 1), ("_NEAR_BEST", 0.0)])
def test_however_members_are_asked_the_optimum_is_the_same(
    monkeypatch: pytest.MonkeyPatch, name: str, value: float
) -> None:
    made = fleet_problem(9, intervals=24)
    expected = cheapest_fleet_plan(basis_of(made))
    monkeypatch.setattr(columns, name, value)
    optimum = cheapest_fleet_plan(basis_of(made))

    assert expected is not None
    assert optimum is not None
    assert optimum.gap <= 1e-6
    assert optimum.objective == pytest.approx(expected.objective, rel=2e-6)


def test_out_of_rounds_the_gap_is_told() -> None:
    made = fleet_problem(9, intervals=24)
    optimum = cheapest_fleet_plan(basis_of(made), most_rounds=3)

    assert optimum is not None
    assert optimum.gap > 1e-6
    assert whole_cost(made, optimum.trajectories) == pytest.approx(optimum.objective, rel=1e-9)


def test_a_peak_costs_what_its_steps_say() -> None:
    peak = Peak(
        intervals=np.arange(2),
        lowest_kw=10.0,
        lowest_cost=5.0,
        widths_kw=np.array([10.0, 20.0, 70.0]),
        rates=np.array([0.0, 1.0, 3.0]),
    )

    assert [peak.cost(kw) for kw in (0.0, 10.0, 20.0, 30.0, 50.0)] == [5.0, 5.0, 5.0, 15.0, 55.0]
    assert peak.least_cost(2.0) == 5.0 - 2 * 10 - 1 * 20


def test_systems_whose_limits_would_not_add_up_stay_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    made = fleet_problem(2, intervals=4, copies=2)
    monkeypatch.setattr(merging, "_is_sound", lambda _problem, _merged, group: group[0].id != "pod-0-0")

    assert merge_identical(basis_of(made)).stands_for == {
        "pod-0-0": ("pod-0-0",),
        "pod-0-1": ("pod-0-1",),
        "pod-1-0": ("pod-1-0", "pod-1-1"),
    }


@pytest.mark.long
def test_hundreds_of_unequal_systems_are_solved_to_a_millionth() -> None:
    made = fleet_problem(400)
    optimum = cheapest_fleet_plan(basis_of(made))

    assert optimum is not None
    assert 0 <= optimum.gap <= 1e-6
    assert whole_cost(made, optimum.trajectories) == pytest.approx(optimum.objective, rel=1e-9)
