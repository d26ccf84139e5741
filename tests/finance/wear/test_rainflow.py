"""Known counts of ASTM E1049-85, the three-point rules as an oracle, and what holds for every series."""

import json
import math
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest
from finance_rainflow import three_point_counts
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import UnableToAccept
from ridethrough.finance import Cycle, rainflow

VECTORS = Path(__file__).parents[4] / "shared" / "data" / "battery" / "rainflow_vectors.json"

# Of integers, so that depths compare exactly; few of them, so that equal ranges are common.
tied = st.lists(st.integers(-5, 5).map(float), max_size=60)
untied = st.lists(st.integers(-(2**30), 2**30).map(float), max_size=60)


def by_depth(cycles: tuple[Cycle, ...]) -> dict[float, float]:
    depths = sorted({cycle.depth for cycle in cycles})
    return {depth: sum(cycle.count for cycle in cycles if cycle.depth == depth) for depth in depths}


def total(cycles: tuple[Cycle, ...]) -> float:
    return math.fsum(cycle.count for cycle in cycles)


def variation(series: list[float]) -> float:
    return math.fsum(abs(after - before) for before, after in pairwise(series))


def test_the_example_of_the_standard() -> None:
    cycles = rainflow([-2, 1, -3, 5, -1, 3, -4, 4, -2])  # ASTM E1049-85, figure 6

    assert by_depth(cycles) == {3: 0.5, 4: 1.5, 6: 0.5, 8: 1.0, 9: 0.5}
    assert cycles == (
        Cycle(depth=3, mean=-0.5, count=0.5, start=0, end=1),
        Cycle(depth=4, mean=-1.0, count=0.5, start=1, end=2),
        Cycle(depth=4, mean=1.0, count=1.0, start=4, end=5),
        Cycle(depth=8, mean=1.0, count=0.5, start=2, end=3),
        Cycle(depth=9, mean=0.5, count=0.5, start=3, end=6),
        Cycle(depth=8, mean=0.0, count=0.5, start=6, end=7),
        Cycle(depth=6, mean=1.0, count=0.5, start=7, end=8),
    )


def test_a_longer_series_with_ties() -> None:
    """The second case of the tests of the package `rainflow` (MIT), commit 5fc6822f; values only."""
    series = [-1.5, 1, -3, 10, -1, 3, -8, 4, -2, 6, -1, -4, -8, 2, 1, -5, 0, 2.5, -4, 1, 0, 2, -0.5]
    found = {(each.depth, each.mean, each.count, each.start, each.end) for each in rainflow(series)}
    assert found == {
        (2.5, -0.25, 0.5, 0, 1),
        (4.0, -1.0, 0.5, 1, 2),
        (4.0, 1.0, 1.0, 4, 5),
        (13.0, 3.5, 0.5, 2, 3),
        (6.0, 1.0, 1.0, 7, 8),
        (14.0, -1.0, 1.0, 6, 9),
        (7.0, -1.5, 1.0, 13, 15),
        (1.0, 0.5, 1.0, 19, 20),
        (18.0, 1.0, 0.5, 3, 12),
        (10.5, -2.75, 0.5, 12, 17),
        (6.5, -0.75, 0.5, 17, 18),
        (6.0, -1.0, 0.5, 18, 21),
        (2.5, 0.75, 0.5, 21, 22),
    }


@pytest.mark.parametrize("series", [[], [1.0], [1.0, 1.0, 1.0]])
def test_what_does_not_move_has_no_cycle(series: list[float]) -> None:
    assert rainflow(series) == ()


def test_two_values_are_half_a_cycle() -> None:
    assert rainflow([0.25, 1.0]) == (Cycle(depth=0.75, mean=0.625, count=0.5, start=0, end=1),)


def test_one_way_is_half_a_cycle() -> None:
    assert by_depth(rainflow([0.0, 0.0, 0.25, 1.0, 1.0])) == {1.0: 0.5}


def test_a_value_that_is_no_number_is_named() -> None:
    with pytest.raises(UnableToAccept, match=r"series\.1 is nan"):
        rainflow([0.0, math.nan])


@given(untied | tied)
def test_depths_add_up_to_half_of_all_ups_and_downs(series: list[float]) -> None:
    assert 2 * math.fsum(cycle.depth * cycle.count for cycle in rainflow(series)) == variation(series)


@given(untied | tied)
def test_the_deepest_cycle_spans_the_series(series: list[float]) -> None:
    deepest = max((cycle.depth for cycle in rainflow(series)), default=0.0)

    assert deepest == (max(series) - min(series) if series else 0.0)


@given(untied | tied, st.sampled_from((0.5, 2.0, -4.0)))
def test_depths_scale_with_the_series(series: list[float], factor: float) -> None:
    scaled = by_depth(rainflow([value * factor for value in series]))

    assert scaled == {depth * abs(factor): count for depth, count in by_depth(rainflow(series)).items()}


@given(untied | tied)
def test_time_may_run_backwards(series: list[float]) -> None:
    assert by_depth(rainflow(series[::-1])) == by_depth(rainflow(series))


@given(untied | tied, untied | tied)
def test_two_series_that_meet_count_as_both_but_for_the_seam(one: list[float], other: list[float]) -> None:
    first, second = [*one, 0.0], [0.0, *other]
    together = rainflow([*first, *other])
    apart = (*rainflow(first), *rainflow(second))

    def depths(cycles: tuple[Cycle, ...]) -> float:
        return math.fsum(cycle.depth * cycle.count for cycle in cycles)

    assert depths(together) == depths(apart)
    assert total(apart) - 0.5 <= total(together) <= total(apart)
    deepest = max((cycle.depth for cycle in together), default=0.0)
    alone = [max((cycle.depth for cycle in rainflow(each)), default=0.0) for each in (first, second)]
    assert max(alone) <= deepest <= sum(alone)


@given(untied | tied)
def test_the_three_point_rules_count_the_same(series: list[float]) -> None:
    assert by_depth(rainflow(series)) == three_point_counts(series)


@pytest.mark.shared
@pytest.mark.skipif(not VECTORS.is_file(), reason="the vectors are not beside the repository")
def test_published_vectors() -> None:
    """Source: iamlikeme/rainflow (MIT), tests/test_rainflow.py."""
    cases = json.loads(VECTORS.read_text())["cases"]

    for case in cases:
        cycles = rainflow(case["series"])
        found = Counter((cycle.depth, cycle.mean, cycle.count, cycle.start, cycle.end) for cycle in cycles)
        assert found == Counter(tuple(row) for row in case["cycles_range_mean_count_start_end"])
        assert by_depth(cycles) == dict(case["counts"])
    assert cases
