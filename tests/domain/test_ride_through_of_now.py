"""The ride-through of what is stored now: it and the reserve are two sides of one thing."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sites import ups_system

from ridethrough.domain.reserve import reserve_requirement, ride_through_of_s


def test_it_is_what_a_hand_calculation_gives() -> None:
    """Five units of 200 kWh at 0.92, of which four carry 4.8 MW over inverters of 0.95."""
    ups = ups_system(discharge_efficiency=1.0)
    usable_kwh = 0.95 * 4 * 200 * 0.92  # above the cutoff, in the four that survive
    assert ride_through_of_s(ups, ups.max_stored_kwh) == pytest.approx(usable_kwh * 3600 * 0.95 / 4800, rel=1e-9)


@given(fraction=st.floats(0.0, 1.0), health=st.floats(0.6, 1.0), seconds=st.floats(30, 600))
def test_what_is_stored_lasts_as_asked_exactly_from_the_reserve_on(
    fraction: float, health: float, seconds: float
) -> None:
    ups = ups_system(seconds, state_of_health=health)
    required = reserve_requirement(ups)
    assert ride_through_of_s(ups, required.reserve_kwh) == pytest.approx(seconds, rel=1e-9)
    stored_kwh = fraction * ups.max_stored_kwh
    lasts_s = ride_through_of_s(ups, stored_kwh)
    if not math.isclose(stored_kwh, required.reserve_kwh, rel_tol=1e-9):
        assert (lasts_s > seconds) == (stored_kwh > required.reserve_kwh)
    assert ride_through_of_s(ups, stored_kwh, load_kw=2 * ups.protected_load_kw) <= lasts_s


def test_without_the_power_to_carry_the_load_nothing_lasts() -> None:
    ups, weak = ups_system(), ups_system(discharge_limit_kw=900.0)
    assert ride_through_of_s(weak, weak.max_stored_kwh) == 0.0
    assert ride_through_of_s(ups, ups.max_stored_kwh, load_kw=4801.0) == 0.0
