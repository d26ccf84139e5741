"""The certificate reads a rate table as the reserve does, by arithmetic of its own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from makers_tables import MAKERS_TABLES

from ridethrough.domain.equipment.rate_table import rate_table
from ridethrough.optimizer.certificate.rate_tables import usable_by_table

LFP = {1.0: 1.0, 2.0: 0.98, 4.0: 0.94, 6.0: 0.88, 8.0: 0.80}


@given(
    st.one_of(
        st.dictionaries(st.floats(0.1, 20), st.floats(0.1, 1.0), min_size=1, max_size=8),
        st.dictionaries(st.integers(1, 9).map(float), st.sampled_from([0.8, 0.9, 1.0]), min_size=1, max_size=8),
        st.just(LFP),
    ),
    st.lists(st.floats(0.05, 25), min_size=1, max_size=5),
)
def test_it_agrees_with_the_reserve_at_any_rate(table: dict[float, float], rates: list[float]) -> None:
    ours = [rate_table(table).usable_fraction(rate) for rate in (*rates, *table)]

    assert usable_by_table(table, np.array([*rates, *table])).tolist() == pytest.approx(ours, rel=1e-9)


@pytest.mark.parametrize("unit", MAKERS_TABLES)
def test_it_promises_no_more_than_a_makers_rows(unit: str) -> None:
    loads, minutes = np.array(list(MAKERS_TABLES[unit].items()), dtype=np.float64).T
    most = (loads * minutes).max()

    usable = usable_by_table(dict(zip(loads, loads * minutes / most, strict=True)), loads)

    assert (usable * most / loads <= minutes * (1 + 1e-9)).all()


def test_case_w3() -> None:
    assert usable_by_table(LFP, np.array([6.865]))[0] == pytest.approx(0.8454, abs=5e-7)
