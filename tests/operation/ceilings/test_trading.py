"""The hours worth trading in, and the energy of them that can wait."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.operation.ceilings.store import MeterStore
from ridethrough.operation.ceilings.trading import trading_hours

STORE = MeterStore(
    capacity_kwh=1000.0,
    stored_kwh=1000.0,
    charge_kw=500.0,
    discharge_kw=400.0,
    stored_per_drawn=0.9,
    stored_per_relieved=1.1,
    wear_per_relieved=0.0,
    import_limit_kw=1e6,
)
LOW, HIGH, HIGHEST = 0.1, 0.3, 0.5


def test_hours_of_one_price_give_in_their_last_hours() -> None:
    found = trading_hours(np.array([LOW, HIGH, HIGH, HIGH, LOW]), STORE, 3000.0)

    assert found.gives.tolist() == [False, True, True, True, False]
    assert found.later_kwh.tolist() == pytest.approx([0, 2 * 440, 440, 0, 0])


def test_what_pays_more_does_not_wait_for_what_pays_less() -> None:
    found = trading_hours(np.array([LOW, HIGHEST, HIGH, LOW]), STORE, 3000.0)

    assert found.gives.tolist() == [False, True, True, False]
    assert not found.later_kwh.any()


def test_no_more_waits_than_the_lowest_load_can_take() -> None:
    found = trading_hours(np.array([LOW, HIGH, HIGH, LOW]), STORE, 100.0)

    assert found.later_kwh.tolist() == pytest.approx([0, 110, 0, 0])


@given(st.lists(st.sampled_from([LOW, HIGH, HIGHEST]), min_size=1, max_size=48), st.integers(0, 47))
def test_an_hour_that_waits_is_followed_by_one_that_gives_for_as_much(price: list[float], gone: int) -> None:
    found = trading_hours(np.array(price), STORE, 3000.0)
    for hour in np.flatnonzero(found.later_kwh).tolist():
        assert found.gives[hour]
        assert found.gives[hour + 1]
        assert price[hour + 1] == price[hour]
    later = found.after(min(gone, len(price)))
    assert later.later_kwh.tolist() == found.later_kwh[min(gone, len(price)) :].tolist()
    assert found.first(gone).later_kwh.tolist() == found.later_kwh[:gone].tolist()
