"""Rate tables between their rows: never above what makers print there, and never more time for more load."""

import math
from itertools import combinations, pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers_tables import MAKERS_TABLES
from sites import ups_system

from ridethrough.domain.equipment.rate_table import rate_table
from ridethrough.domain.reserve import reserve_requirement

MOST_ABOVE_THE_MAKER = 0.02
LFP = {1: 1.0, 2: 0.98, 4: 0.94, 6: 0.88, 8: 0.80}

tables = st.dictionaries(st.floats(0.1, 20), st.floats(0.1, 1.0), min_size=1, max_size=8)


def minutes_read(rows: dict[float, float], load: float) -> float:
    """What a table of these rows (minutes by load) promises at a load."""
    most = max(each * minutes for each, minutes in rows.items())
    table = rate_table({each / most * 60: each * minutes / most for each, minutes in rows.items()})
    return table.usable_fraction(load / most * 60) * most / load


@pytest.mark.parametrize("unit", MAKERS_TABLES)
def test_from_every_two_rows_the_rows_between_are_never_overstated(unit: str) -> None:
    printed = MAKERS_TABLES[unit]
    over = {
        (low, load, high): minutes_read({low: printed[low], high: printed[high]}, load) / minutes - 1
        for low, high in combinations(printed, 2)
        for load, minutes in printed.items()
        if low < load < high
    }

    assert len(over) > 100
    assert max(over.values()) <= MOST_ABOVE_THE_MAKER


@pytest.mark.parametrize("unit", MAKERS_TABLES)
def test_a_whole_table_as_printed_promises_no_more_than_its_rows(unit: str) -> None:
    printed = MAKERS_TABLES[unit]

    assert all(minutes_read(printed, load) <= minutes * (1 + 1e-9) for load, minutes in printed.items())


def test_a_row_that_rises_is_lowered_and_named() -> None:
    table = rate_table({1: 0.95, 2: 0.9, 3: 0.91, 4: 0.9, 5: 0.85})

    assert table.lowered == {3: 0.9}
    assert table.usable_fraction(3) == 0.9


def test_two_rows_far_apart_are_read_below_peukerts_law() -> None:
    hours = {0.3: 1.0, 1.2: 8.8 / 60}
    exponent = math.log(hours[0.3] / hours[1.2]) / math.log(1.2 / 0.3)
    by_peukert = {kw: 60 * (0.3 / kw) ** exponent for kw in (0.6, 0.9)}
    read = {kw: minutes_read({0.3: 60, 1.2: 8.8}, kw) for kw in by_peukert}

    assert by_peukert == pytest.approx({0.6: 22.98, 0.9: 13.11}, abs=0.01)
    assert all(0.88 * by_peukert[kw] <= read[kw] <= by_peukert[kw] for kw in read)


def test_a_table_that_bends_down_is_read_straight_where_rows_are_close() -> None:
    table = rate_table(LFP)

    assert table.usable_fraction(6.865) == pytest.approx(0.8454, abs=5e-7)
    assert table.usable_fraction(5) == pytest.approx(0.91)
    assert table.usable_fraction(3) < 0.96  # 2 and 4 are a factor 2 apart


@given(tables, st.floats(0.05, 25), st.floats(1.0, 3.0))
def test_more_load_never_lasts_longer(printed: dict[float, float], rate: float, factor: float) -> None:
    table = rate_table(printed)

    def hours(at: float) -> float:
        return table.usable_fraction(at) / at

    assert hours(rate * factor) <= hours(rate) * (1 + 1e-9)


@given(tables, st.floats(0, 1))
def test_between_two_rows_nothing_above_the_row_before_is_promised(printed: dict[float, float], part: float) -> None:
    table = rate_table(printed)

    for (low, before), (high, after) in pairwise(zip(table.rates, table.fractions, strict=True)):
        read = table.usable_fraction(low + part * (high - low))
        assert after * math.exp(-0.12) * (1 - 1e-9) <= read <= before * (1 + 1e-9)


@given(tables)
def test_every_row_is_read_as_the_least_up_to_it(printed: dict[float, float]) -> None:
    table = rate_table(printed)
    rates = sorted(printed)
    least = np.minimum.accumulate([printed[rate] for rate in rates])

    assert [table.usable_fraction(rate) for rate in rates] == pytest.approx(least.tolist())
    assert table.usable_fraction(rates[0] / 2) == printed[rates[0]]


def test_two_rows_at_nearly_the_same_rate_are_read_as_the_lower() -> None:
    assert rate_table({0.1: 1.0, 0.10000000000000002: 0.9}).usable_fraction(0.10000000000000002) == 0.9


def test_the_reserve_names_lowered_rows_and_the_gap_it_reads_in() -> None:
    ups = ups_system(usable_fraction_by_c_rate={1: 0.9, 4: 0.95, 30: 0.5})

    lowered, gap = reserve_requirement(ups).notes

    assert lowered.startswith("the rate table gives 0.95 at 4 C")
    assert lowered.endswith("more than at a lower rate: read as 0.9")
    assert "no row between 4 C" in gap
    assert "a factor 7.5 apart" in gap


def test_where_rows_are_close_nothing_is_said() -> None:
    assert reserve_requirement(ups_system(usable_fraction_by_c_rate=LFP)).notes == ()
