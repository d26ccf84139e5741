"""Wear models: published segment costs, convex resting curves, and what is refused."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import Battery, CycleStress, UnableToAccept, WearModel
from ridethrough.domain.wear.resting import convex_lines
from ridethrough.domain.wear.segments import after_moves, filled_at

XU = CycleStress(coefficient=5.24e-4, exponent=2.03)
LIMITS = {"nominal_kwh": 200.0, "charge_limit_kw": 240.0, "discharge_limit_kw": 1300.0}


@pytest.mark.parametrize(
    ("segments", "first", "last"), [(1, 165.474, 165.474), (4, 39.683, 292.778), (16, 9.517, 325.106)]
)
def test_segments_cost_what_hand_calculation_says(segments: int, first: float, last: float) -> None:
    costs = XU.segment_costs(300.0, 0.95, segments)

    assert len(costs) == segments
    assert costs[0] * 1000 == pytest.approx(first, abs=5e-4)
    assert costs[-1] * 1000 == pytest.approx(last, abs=5e-4)


@given(st.floats(1e-6, 1e-2), st.floats(1.0, 4.0), st.integers(1, 32), st.floats(0.8, 1.0))
def test_a_full_cycle_costs_its_share_of_a_life_at_any_number_of_segments(
    coefficient: float, exponent: float, segments: int, efficiency: float
) -> None:
    costs = CycleStress(coefficient=coefficient, exponent=exponent).segment_costs(300.0, efficiency, segments)

    assert sum(costs) / segments * efficiency == pytest.approx(300 * coefficient)
    assert all(one <= after * (1 + 1e-9) for one, after in pairwise(costs)), "deeper costs more"


@given(st.dictionaries(st.integers(0, 100), st.floats(0.0, 0.5), min_size=2, max_size=8))
def test_lines_of_a_table_are_convex_and_never_above_it(table: dict[int, float]) -> None:
    points = {percent / 100: fade for percent, fade in table.items()}
    lines = convex_lines(points)

    slopes = [slope for _, slope in lines]
    assert slopes == sorted(slopes)
    for fraction, fade in points.items():
        assert max(at_empty + slope * fraction for at_empty, slope in lines) <= fade + 1e-9


def test_a_cycle_goes_on_where_the_last_plan_left_it() -> None:
    """Half of a deep cycle, a small cycle inside it, and then on: the small cycle leaves the deep one as it was."""
    before = filled_at(60.0, full_kwh=100.0, width_kwh=10.0, segments=10)
    after = after_moves(before, [60.0, 75.0, 60.0], 10.0)

    assert before == pytest.approx((0, 0, 0, 0, 1, 1, 1, 1, 1, 1))
    assert after == pytest.approx(before)
    assert after_moves(before, [60.0, 75.0, 70.0], 10.0) == pytest.approx((0.5, 0.5, 0, 0, 1, 1, 1, 1, 1, 1))


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(UnableToAccept) as refused:
        WearModel(
            replacement_cost_per_kwh=-1.0,
            end_of_life_fraction=1.0,
            depth_segments=0,
            resting_fade_per_year_by_fraction={1.0: 2.0},
            lead_time_days=-1.0,
        )

    fields = [fault.field for fault in refused.value.faults]
    assert fields == [
        "replacement_cost_per_kwh",
        "end_of_life_fraction",
        "depth_segments",
        "resting_fade_per_year_by_fraction.1",
        "resting_fade_per_year_by_fraction",
        "lead_time_days",
    ]


def test_cycles_are_not_paid_for_twice() -> None:
    with pytest.raises(UnableToAccept, match="wear_cost_per_kwh"):
        Battery(**LIMITS, wear_cost_per_kwh=0.04, wear=WearModel(replacement_cost_per_kwh=300.0, cycles=XU))

    with pytest.raises(UnableToAccept, match="exponent"):
        CycleStress(coefficient=1e-4, exponent=0.9)
