import csv
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import UnableToAccept
from ridethrough.finance import BetweenPoints, CycleLife, Wear, battery_wear

TABLE_FILE = Path(__file__).parents[4] / "shared" / "data" / "battery" / "dervet_battery_cycle_life.csv"
YEAR_H = 8760.0

# Source: EPRI DER-VET (BSD-3), cycle life of its example battery; depths are upper limits.
DERVET = CycleLife(
    cycles_by_depth={0.1: 63000, 0.2: 31500, 0.5: 7000, 0.8: 4375, 1.0: 3500},
    source="DER-VET's example battery",
    between=BetweenPoints.NEXT_DEEPER,
)


def stress(depth: float) -> float:
    """The life that one cycle of a depth takes: Xu and others, IEEE Trans. Power Systems 2018 (arXiv 1707.04567)."""
    return float(5.24e-4 * depth**2.03)


XU = CycleLife(
    cycles_by_depth={depth: 1 / stress(depth) for depth in (0.1, 0.5, 1.0)},
    source="Xu and others 2018",
)


def year_of(stored_kwh: list[float], *, cycle_life: CycleLife | None = DERVET, cost: float | None = 1000.0) -> Wear:
    return battery_wear(stored_kwh, capacity_kwh=200.0, duration_h=YEAR_H, cycle_life=cycle_life, replacement_cost=cost)


def test_one_cycle_of_half_the_battery() -> None:
    wear = year_of([200, 150, 100, 200])

    assert wear.throughput_kwh == 100
    assert wear.equivalent_full_cycles == pytest.approx(0.5)
    assert wear.life_used.value == pytest.approx(1 / 7000)
    assert wear.cost.value == pytest.approx(1000 / 7000)
    assert wear.life_years.value == pytest.approx(7000)


def test_a_small_cycle_within_a_large_one_is_told_apart() -> None:
    wear = year_of([200, 100, 120, 40, 200])

    assert wear.equivalent_full_cycles == pytest.approx(0.8 + 0.1)
    assert wear.life_used.value == pytest.approx(1 / 4375 + 1 / 63000)


def test_depths_between_those_of_the_table_wear_as_the_next_deeper() -> None:
    assert year_of([200, 90, 200]).life_used.value == pytest.approx(1 / 4375)
    assert DERVET.life_used(0.01) == 1 / 63000


@pytest.mark.parametrize("depth", [0.02, 0.1, 0.3, 0.6, 1.0])
def test_a_power_law_is_read_back_from_its_points(depth: float) -> None:
    assert XU.life_used(depth) == pytest.approx(stress(depth))


def test_a_megawatt_hour_from_a_full_cycle_costs_what_the_paper_says() -> None:
    wear = battery_wear([1000, 0, 1000], capacity_kwh=1000, duration_h=24, cycle_life=XU, replacement_cost=300.0 * 1000)

    assert wear.cost.value is not None
    assert wear.cost.value / 0.95 == pytest.approx(165.474, abs=5e-4)  # delivered at a discharge efficiency of 0.95


def test_without_a_table_life_and_cost_are_unknown_and_cycles_are_not() -> None:
    wear = year_of([200, 100, 200], cycle_life=None)

    assert wear.equivalent_full_cycles == pytest.approx(0.5)
    assert wear.life_used.reason == "no table says how many cycles the battery lasts"
    assert wear.cost == wear.life_used == wear.life_years


def test_without_the_cost_of_a_replacement_only_the_cost_is_unknown() -> None:
    wear = year_of([200, 100, 200], cost=None)

    assert wear.life_used.value == pytest.approx(1 / 7000)
    assert wear.cost.reason == "no cost of a replacement is given"


def test_a_cycle_deeper_than_the_table_is_unknown() -> None:
    shallow = CycleLife(cycles_by_depth={0.2: 31500, 0.4: 10500}, source="the maker")

    assert year_of([200, 100, 200], cycle_life=shallow).life_used.reason == (
        "a cycle is 50.0% deep, and the table of the maker ends at 40.0%"
    )


def test_rounding_does_not_reach_the_next_depth_of_the_table() -> None:
    assert DERVET.life_used(0.1 + 1e-15) == 1 / 63000
    assert year_of([200, -1e-12, 200]).life_used.value == pytest.approx(1 / 3500)


@pytest.mark.parametrize("life", [DERVET, XU])
def test_what_a_solver_rounds_is_no_cycle(life: CycleLife) -> None:
    wear = year_of([100.0, 100.0 + 1e-9, 100.0 - 1e-9] * 1000, cycle_life=life)

    assert wear.life_used.value == 0
    assert len(wear.cycles) > 1000


def test_cycles_of_almost_no_depth_do_not_overflow() -> None:
    assert XU.life_used(1e-200) == 0


def test_a_battery_that_is_all_but_empty_turns_there() -> None:
    smallest = [100.0, 101.0, 2.3e-308, 0.0, 7e-301, 100.0]
    assert year_of(smallest).cycles == year_of([100.0, 101.0, 0.0, 0.0, 0.0, 100.0]).cycles


@pytest.mark.parametrize("life", [DERVET, XU])
def test_a_battery_at_rest_is_not_worn(life: CycleLife) -> None:
    wear = year_of([200, 200], cycle_life=life)

    assert (wear.throughput_kwh, wear.equivalent_full_cycles, wear.life_used.value, wear.cost.value) == (0, 0, 0, 0)
    assert wear.life_years.reason.startswith("the battery was not cycled")


@given(st.lists(st.floats(0, 200), min_size=1, max_size=40), st.sampled_from((DERVET, XU)))
def test_the_same_run_twice_wears_at_least_twice(run: list[float], life: CycleLife) -> None:
    there_and_back = [100.0, *run, 100.0]
    once = year_of(there_and_back, cycle_life=life).life_used.value
    twice = year_of([*there_and_back, *there_and_back], cycle_life=life).life_used.value

    assert once is not None
    assert twice is not None
    if life is XU:  # a convex law: deeper cycles in place of shallower ones never wear less
        assert twice >= 2 * once * (1 - 1e-9)
    assert twice <= 2 * once + life.life_used(1.0)


@given(st.lists(st.integers(0, 200_000).map(lambda wh: wh / 1000), min_size=2, max_size=40))
def test_full_cycles_are_throughput_over_capacity_where_it_ends_as_it_began(run: list[float]) -> None:
    wear = year_of([*run, run[0]])

    assert wear.equivalent_full_cycles == pytest.approx(wear.throughput_kwh / 200, abs=1e-9)


def test_faults_of_a_table_are_all_named() -> None:
    with pytest.raises(UnableToAccept) as refused:
        CycleLife(cycles_by_depth={0.0: 100, 0.5: 0, 0.6: 50}, source="")
    with pytest.raises(UnableToAccept, match="0 depths', must be at least 1"):
        CycleLife(cycles_by_depth={}, source="me", between=BetweenPoints.NEXT_DEEPER)
    with pytest.raises(UnableToAccept, match="1 depths', must be at least 2"):
        CycleLife(cycles_by_depth={1.0: 100}, source="me")

    fields = [fault.field for fault in refused.value.faults]
    assert fields == ["cycles_by_depth.0", "cycles_by_depth.0.5", "cycles_by_depth.0.6", "source"]


def test_faults_of_what_is_counted_are_all_named() -> None:
    with pytest.raises(UnableToAccept) as refused:
        battery_wear([1.0], capacity_kwh=0.0, duration_h=math.nan, replacement_cost=-1.0)

    assert [fault.field for fault in refused.value.faults] == ["capacity_kwh", "duration_h", "replacement_cost"]


@pytest.mark.shared
@pytest.mark.skipif(not TABLE_FILE.is_file(), reason="the table is not beside the repository")
def test_the_figures_are_those_of_the_published_table() -> None:
    with TABLE_FILE.open() as file:
        published = {float(row[0]): float(row[1]) for row in list(csv.reader(file))[1:]}

    assert all(published[depth] == cycles for depth, cycles in DERVET.cycles_by_depth.items())
    whole = CycleLife(cycles_by_depth=published, source="DER-VET", between=BetweenPoints.NEXT_DEEPER)
    assert year_of([200, 142, 200], cycle_life=whole).life_used.value == pytest.approx(1 / 17500)
