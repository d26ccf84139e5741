"""The future of batteries: hand calculations of the reserve by state of health, and of a life at rest."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import ups_system

from ridethrough.domain import WearModel, reserve_requirement
from ridethrough.domain.wear.chemistries.known import CHEMISTRIES
from ridethrough.finance.life.future import at_health, future_of, least_state_of_health

START = date(2026, 1, 1)
LEAD = CHEMISTRIES["lead-acid"].fade


def w2(**changes: object):  # noqa: ANN201 - a UPS system
    return ups_system(discharge_efficiency=1.0, wear_cost_per_kwh=0.0, **changes)


def test_the_reserve_stops_fitting_where_hand_calculation_says() -> None:
    assert least_state_of_health(w2()) == pytest.approx(0.554017, abs=1e-6)


@pytest.mark.parametrize(("health", "kwh"), [(1.0, 423.68), (0.8, 233.68), (0.7, 138.68), (0.6, 43.68)])
def test_the_tradable_window_shrinks_with_health(health: float, kwh: float) -> None:
    assert reserve_requirement(at_health(w2(), health)).tradable_kwh == pytest.approx(kwh, abs=0.01)


def test_a_battery_at_rest_lives_as_long_as_its_rating_says() -> None:
    """At the 20 degC of its rating 2 % a year from 92 %: 80 % is left after 6 years, and 55.4 % after 18.3."""
    ups = w2(wear=WearModel(chemistry="lead-acid", temperature_c=20.0))
    full = ups.max_stored_kwh

    future = future_of(ups, LEAD, ((full, full),), start=START)

    assert future.years[5].state_of_health == pytest.approx(0.82)
    assert future.end_of_life is not None
    assert (future.end_of_life - START).days == pytest.approx(6 * 365, abs=7)
    assert future.life_years == pytest.approx((0.92 - 0.554017) / 0.02, abs=0.02)
    assert [year.feasible for year in future.years[:20]] == [True] * 19 + [False]
    assert future.doubts == ()


def test_a_battery_that_is_already_too_weak_has_no_life_left() -> None:
    ups = w2(state_of_health=0.5, wear=WearModel(chemistry="lead-acid"))

    future = future_of(ups, LEAD, ((ups.max_stored_kwh,) * 2,), start=START, years=1)

    assert future.reserve_fits_until == START
    assert future.life_years == 0
    assert future.years[0].tradable_kwh == 0


@settings(max_examples=10)
@given(st.floats(0.0, 0.3), st.floats(0.0, 0.3))
def test_deeper_cycles_never_lengthen_a_life_that_rest_does_not_shorten(one: float, other: float) -> None:
    ups = w2(wear=WearModel(chemistry="lead-acid"))
    full = ups.max_stored_kwh
    lives = [
        future_of(ups, LEAD, ((full, full * (1 - depth), full),), start=START).life_years
        for depth in sorted((one, other))
    ]

    assert lives[1] <= lives[0] + 1e-9
