"""Systems that are alike as one: exactly the same optimum, shared out evenly."""

from dataclasses import replace
from datetime import timedelta

import pytest
from fleet_sites import fleet_problem, whole_cost
from hypothesis import given, settings
from hypothesis import strategies as st

from ridethrough.domain import LoadSwing
from ridethrough.domain.conditions import ConditionKind, ReserveCondition
from ridethrough.optimizer.problem.merging import merge_identical
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.routing import optimize


@settings(max_examples=8)
@given(seed=st.integers(0, 10**6), kinds=st.integers(1, 3), copies=st.integers(2, 4))
def test_the_merged_optimum_is_the_optimum(seed: int, kinds: int, copies: int) -> None:
    made = fleet_problem(kinds, intervals=12, seed=seed, copies=copies)
    merged = merge_identical(basis_of(made))
    shared = merged.split(optimize(merged.basis, 30).trajectories)

    assert len(merged.basis.problem.site.ups) == kinds
    assert [each.ups_id for each in shared] == [ups.id for ups in made.site.ups]
    assert whole_cost(made, shared) == pytest.approx(
        whole_cost(made, optimize(basis_of(made), 30).trajectories), rel=1e-9
    )
    for each, ups in zip(shared, made.site.ups, strict=True):
        assert each.stored_kwh[0] == pytest.approx(made.stored_at_start_kwh(ups), rel=1e-12)
        assert each.load_kw == made.load_kw[ups.id]
        assert each.reserve_kwh == basis_of(made).floors.floor_kwh[ups.id]


def test_systems_with_another_load_stay_apart() -> None:
    made = fleet_problem(1, intervals=4, copies=3)
    loads = {**made.load_kw, "pod-0-1": tuple(kw + 1 for kw in made.load_kw["pod-0-1"])}

    merged = merge_identical(basis_of(replace(made, load_kw=loads)))

    assert merged.stands_for == {"pod-0-0": ("pod-0-0", "pod-0-2"), "pod-0-1": ("pod-0-1",)}


def test_the_return_from_a_past_storm_of_one_system_stays_when_alike_systems_are_one() -> None:
    made = fleet_problem(1, intervals=8, copies=3)
    past = ReserveCondition(
        start=made.horizon.start - timedelta(hours=2),
        end=made.horizon.start,
        kind=ConditionKind.STORM,
        ups="pod-0-2",
        ramp_minutes=2 * made.horizon.interval_minutes,
    )
    basis = basis_of(replace(made, state=replace(made.state, conditions=(past,))))

    merged = merge_identical(basis)

    assert merged.stands_for == {"pod-0-0": ("pod-0-0", "pod-0-1", "pod-0-2")}
    assert basis.powers.step_limit_kw[0] < basis.powers.step_limit_kw[2] == float("inf")
    assert merged.basis.powers.step_limit_kw == pytest.approx(basis.powers.step_limit_kw)


def test_systems_that_feed_back_share_the_export_limit_and_stay_apart() -> None:
    made = fleet_problem(1, intervals=4, copies=2)
    systems = tuple(replace(ups, bidirectional=True) for ups in made.site.ups)

    assert (
        len(merge_identical(basis_of(replace(made, site=replace(made.site, ups=systems)))).basis.problem.site.ups) == 2
    )


def test_no_merged_system_has_more_units_than_a_system_may() -> None:
    made = fleet_problem(1, intervals=2, copies=3)
    systems = tuple(
        replace(ups, units=4000, unit_output_limit_kw=1.0, unit_input_limit_kw=1.0) for ups in made.site.ups
    )

    merged = merge_identical(basis_of(replace(made, site=replace(made.site, ups=systems))))

    assert [ups.units for ups in merged.basis.problem.site.ups] == [8000, 4000]


def test_swings_and_conditions_are_those_of_every_system() -> None:
    made = fleet_problem(1, intervals=8, copies=2)
    systems = tuple(replace(ups, swing=LoadSwing(amplitude_kw=40.0, frequency_hz=1.0)) for ups in made.site.ups)
    tests = tuple(
        ReserveCondition(
            start=made.horizon.start_of(4), end=made.horizon.start_of(6), kind=ConditionKind.GENERATOR_TEST,
            ride_through_s=60.0, ups=ups.id,
        )
        for ups in systems
    )  # fmt: skip
    made = replace(made, site=replace(made.site, ups=systems, conditions=tests))
    merged = merge_identical(basis_of(made))
    (whole,) = merged.basis.problem.site.ups

    assert whole.swing_headroom_kw == pytest.approx(2 * systems[0].swing_headroom_kw)
    assert merged.basis.powers.bounds[whole.id].discharge_ceiling_kw[4] == 0
    assert whole_cost(made, merged.split(optimize(merged.basis, 30).trajectories)) == pytest.approx(
        whole_cost(made, optimize(basis_of(made), 30).trajectories), rel=1e-9
    )
