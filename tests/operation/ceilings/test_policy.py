"""The response of an hour: filling raises the meter to its level at most, and giving lowers it."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import Horizon
from ridethrough.operation.ceilings.futures import Futures
from ridethrough.operation.ceilings.period import PeakCharge, RestOfPeriod
from ridethrough.operation.ceilings.policy import CeilingPlan, HourPolicy, LaterResponse
from ridethrough.operation.ceilings.search import Ceilings
from ridethrough.operation.ceilings.simulate import Simulation
from ridethrough.operation.ceilings.store import MeterStore
from ridethrough.operation.ceilings.trading import TradingHours
from ridethrough.tariffs.horizon.charges import DemandStep

HOUR = HourPolicy(
    start=datetime(2026, 6, 1, tzinfo=UTC),
    ceiling_kw=5000.0,
    gives=False,
    takes=True,
    kept_kwh=200.0,
    capacity_kwh=1000.0,
    charge_kw=500.0,
    discharge_kw=400.0,
    stored_per_drawn=0.9,
    stored_per_relieved=1.0,
)
POWERS = st.floats(0, 6000)


@given(net_kw=POWERS, ceiling_kw=POWERS, fill_kw=st.none() | POWERS, stored_kwh=st.floats(0, 1000), gives=st.booleans())
def test_filling_never_raises_the_meter_above_its_level(
    net_kw: float,
    ceiling_kw: float,
    fill_kw: float | None,
    stored_kwh: float,
    gives: bool,  # noqa: FBT001 - drawn
) -> None:
    hour = replace(HOUR, ceiling_kw=ceiling_kw, fill_kw=fill_kw, gives=gives, takes=not gives)
    wanted_kw = hour.response(stored_kwh).wanted_kw(net_kw)

    assert wanted_kw <= ceiling_kw
    assert wanted_kw <= max(net_kw, ceiling_kw if fill_kw is None else fill_kw)
    if not gives:
        assert wanted_kw >= min(net_kw, ceiling_kw)


def test_an_hour_gives_what_is_neither_kept_nor_can_wait() -> None:
    hour = replace(HOUR, gives=True, takes=False, later_kwh=500.0)

    assert hour.response(1000.0).given_kw == pytest.approx(300)
    assert hour.response(700.0).given_kw == 0.0


def test_a_store_is_filled_under_its_level_only() -> None:
    filling = replace(HOUR, fill_kw=4200.0).response(0.0)

    assert [filling.wanted_kw(kw) for kw in (3000.0, 4000.0, 4500.0, 5500.0)] == [3500.0, 4200.0, 4500.0, 5000.0]
    # a plan of a version before fills up to its ceiling
    assert HOUR.response(0.0).wanted_kw(4800.0) == 5000.0


def plan(*, raises: bool, so_far_kw: float, daily: bool = False) -> CeilingPlan:
    highest_kw = np.array([[3000.0, 3600.0, 3000.0]] * 9 + [[3000.0, 3000.0, 3000.0]])
    hours = highest_kw.shape[1]
    charge = PeakCharge(
        name="facility",
        metered=np.ones(hours, dtype=bool),
        daily=daily,
        steps=(DemandStep(up_to_kw=float("inf"), rate_per_kw=10.0),),
        floor_kw=0.0,
        own_fraction=1.0,
    )
    store = MeterStore(
        capacity_kwh=1000.0,
        stored_kwh=0.0,
        charge_kw=500.0,
        discharge_kw=500.0,
        stored_per_drawn=0.9,
        stored_per_relieved=1.0,
        wear_per_relieved=0.0,
        import_limit_kw=1e6,
    )
    rest = RestOfPeriod(
        start=datetime(2026, 6, 1, tzinfo=UTC),
        price_per_kwh=np.zeros(hours),
        day_begins=np.zeros(hours, dtype=bool),
        charges=(charge,),
    )
    simulation = Simulation(
        futures=Futures(mean_kw=highest_kw, highest_kw=highest_kw),
        rest=rest,
        trading=TradingHours.none(hours),
        store=store,
        peak_so_far_kw=np.array([so_far_kw]),
    )
    return CeilingPlan(simulation=simulation, ceilings=Ceilings(kw=np.array([3500.0]), kept_kwh=0.0, raises=raises))


def test_the_level_to_fill_under_is_the_peak_so_far_and_later_what_most_futures_reach() -> None:
    begun = plan(raises=False, so_far_kw=3200.0)
    assert [begun.hour(hour).fill_kw for hour in range(3)] == pytest.approx([3200.0, 3200.0, 3500.0])

    new = plan(raises=False, so_far_kw=0.0)
    assert [new.hour(hour).fill_kw for hour in range(2)] == pytest.approx([0.0, 3000.0])
    assert new.hour(0).response(0.0).wanted_kw(3000.0) == 3000.0
    assert new.hour(1).response(0.0).wanted_kw(2900.0) == pytest.approx(3000.0)


@pytest.mark.parametrize(("raises", "daily"), [(True, False), (False, True)])
def test_where_a_peak_may_be_raised_or_every_day_has_its_own_the_level_is_the_ceiling(
    *, raises: bool, daily: bool
) -> None:
    found = plan(raises=raises, so_far_kw=3200.0, daily=daily)
    assert [found.hour(hour).fill_kw for hour in range(3)] == [3500.0] * 3


def test_later_hours_of_a_block_are_answered_with_what_is_stored_then() -> None:
    found = plan(raises=False, so_far_kw=3200.0)
    quarters = Horizon(start=datetime(2026, 6, 1, tzinfo=UTC), interval_minutes=15, intervals=12)
    responses = found.responses(quarters)

    assert responses[:4] == (found.response(0, 0.0),) * 4
    for index in range(4, 12):
        later = responses[index]
        assert isinstance(later, LaterResponse)
        for stored_kwh in (0.0, 600.0, 1000.0):
            left_h = 1 - index % 4 / 4
            assert later.at(stored_kwh) == found.hour(index // 4).response(stored_kwh, left_h)
