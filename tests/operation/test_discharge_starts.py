"""The control law, the studies and the live setpoints begin no more discharges in a local day than a site allows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from control_orders import loads, orders
from hypothesis import given, settings
from hypothesis import strategies as st
from live import plan, situation, telemetry
from live import reading as ups_reading
from numpy.typing import NDArray
from sites import site, ups_system
from study_cases import case, tariff

from ridethrough.domain import Horizon, Site
from ridethrough.domain.dispatch_limits import DispatchLimits
from ridethrough.finance.study.closed_loop import Loop, run
from ridethrough.operation.ceilings.planner import CeilingPlanner, CeilingSettings
from ridethrough.operation.control.control_law import apply_control_law
from ridethrough.operation.control.discharge_starts import starts_left
from ridethrough.operation.live.metered_wear import MeteredWear, discharges_today, metered_wear
from ridethrough.operation.live.setpoints import setpoints_now
from ridethrough.operation.planner import Planner
from ridethrough.operation.yardsticks import PerfectPlanner

DAY = datetime(2026, 7, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def switched(most: int | None) -> Site:
    return replace(site(ups_system(ride_through_s=150.0)), dispatch=DispatchLimits(most_discharges_per_day=most))


def begun(given_kw: NDArray[np.float64], a_day: int) -> list[int]:
    """How often each day begins a discharge, counted afresh; a run over midnight belongs to the day before."""
    gives = given_kw > 1e-3
    edges = gives & ~np.concatenate([[False], gives[:-1]])
    return [int(edges[at : at + a_day].sum()) for at in range(0, len(edges), a_day)]


@settings(max_examples=30, deadline=None)
@given(
    asked=st.lists(st.sampled_from([0.0, 0.0, 50.0, 300.0]), min_size=30, max_size=60),
    most=st.integers(1, 4),
    cut=st.integers(1, 29),
)
def test_the_control_law_begins_no_more_often_than_allowed(asked: list[float], most: int, cut: int) -> None:
    """Also where it is called twice; a system that discharges may go on."""
    pod, n = switched(most), len(asked)
    horizon = Horizon(start=DAY, interval_minutes=60, intervals=n, timezone="UTC")
    here, wanted = loads(pod, intervals=n), orders(intervals=n)
    wanted = replace(wanted, discharge_kw=np.array([asked]))
    given_kw, stored = np.zeros((1, n)), [920.0]
    for part in (range(cut), range(cut, n)):
        asked_now = replace(
            wanted,
            charge_kw=wanted.charge_kw[:, part.start : part.stop],
            discharge_kw=wanted.discharge_kw[:, part.start : part.stop],
            grid_target_kw=wanted.grid_target_kw[part.start : part.stop],
            starts=starts_left(pod, horizon, part, given_kw),
        )
        done = apply_control_law(pod, 0.02, here.part(part.start, part.stop), asked_now, stored)
        given_kw[:, part.start : part.stop], stored = done.discharge_kw, done.stored_kwh[:, -1].tolist()
    assert max(begun(given_kw[0], 24)) <= most
    assert begun(given_kw[0], 24)[0] == min(most, begun(np.array(asked[:24]), 24)[0])


@pytest.mark.parametrize(("name", "every_h"), [("perfect", 24.0), ("ceilings", 1.0)])
def test_a_study_begins_no_more_often_than_allowed(name: str, every_h: float) -> None:
    prices = np.tile([0.02, 0.02, 0.02, 0.5, 0.02, 0.02, 0.02, 0.5], 3 * 5)

    def most_begun(most: int | None) -> int:
        asked = case(
            3,
            after=2,
            premises=switched(most),
            priced=replace(tariff(demand_rate=0.0), energy=None),
            prices=prices,
            every_h=every_h,
        )
        settings = CeilingSettings(futures=4, searched_every_h=24)
        planner: Planner = (
            PerfectPlanner(record=asked.record) if name == "perfect" else CeilingPlanner(settings=settings)
        )
        return max(begun(run(asked, planner, Loop.at_start(asked)).discharge_kw[0], 24))

    assert most_begun(None) > 2
    assert most_begun(2) == 2


def test_live_setpoints_end_with_the_discharges_that_a_day_allows() -> None:
    """Each quarter of an hour batteries give or rest; after two discharges none is begun, until the next day."""
    pod, metered = switched(2), dict[str, MeteredWear]()

    def ordered_kw(at: datetime, gives_kw: float) -> float:
        nonlocal metered
        read = telemetry(ups_reading(discharge_kw=gives_kw, charge_kw=0.0), measured_at=at)
        metered = metered_wear(pod, metered, read)
        wanted = plan(pod, made_at=at, expires_at=at + 60 * MINUTE)
        there = replace(wanted.orders, horizon=replace(wanted.orders.horizon, start=at))
        return (
            setpoints_now(situation(pod, now=at, telemetry=read, plan=replace(wanted, orders=there), metered=metered))
            .ups["pod-1"]
            .discharge_kw
        )

    found = [ordered_kw(DAY + index * 10 * MINUTE, kw) for index, kw in enumerate((0.0, 300.0, 0.0, 300.0, 300.0, 0.0))]
    assert found == pytest.approx([300.0, 300.0, 300.0, 300.0, 300.0, 0.0])
    assert discharges_today(pod, metered, DAY + 60 * MINUTE) == {"pod-1": 2}
    assert discharges_today(pod, metered, DAY + 24 * 60 * MINUTE) == {"pod-1": 0}
    metered = metered_wear(pod, metered, telemetry(ups_reading(), measured_at=DAY + 90 * MINUTE))
    assert metered["pod-1"].discharges_today == 3, "a time without readings counts as one"
    assert ordered_kw(DAY + 24 * 60 * MINUTE, 0.0) == pytest.approx(300.0), "another day, and one time without readings"
    assert metered["pod-1"].discharges_today == 1


def test_a_discharge_at_the_least_power_is_one_though_its_measurement_has_errors() -> None:
    """Readings of 1 % around the least power, and seconds late, begin no new discharge at each of them."""
    pod, metered = switched(2), dict[str, MeteredWear]()
    least_kw = pod.dispatch.least_kw(pod.ups[0])
    for index in range(20):
        at = DAY + index * (15 * MINUTE + timedelta(seconds=2))
        read = telemetry(ups_reading(discharge_kw=least_kw * (1.01, 0.99)[index % 2], charge_kw=0.0), measured_at=at)
        metered = metered_wear(pod, metered, read)
    assert metered["pod-1"].discharges_today == 1
    for discharge_kw in (0.0, least_kw):
        at += MINUTE
        read = telemetry(ups_reading(discharge_kw=discharge_kw, charge_kw=0.0), measured_at=at)
        metered = metered_wear(pod, metered, read)
    assert metered["pod-1"].discharges_today == 2
