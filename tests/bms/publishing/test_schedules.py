"""Charges of the plan in the schedule of a device: none too many, none too early, and none when the site holds."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from typing import Any

import live
import pytest
from hypothesis import given
from hypothesis import strategies as st
from peer_bacnet import bacnet_ups
from sites import START, site

from ridethrough.bms.cycle import Cycle
from ridethrough.bms.drivers.settings import Settings
from ridethrough.bms.publishing.publisher import Published
from ridethrough.bms.publishing.schedules import charges, from_settings, last_moment
from ridethrough.domain.telemetry import Telemetry
from ridethrough.operation.live.plan_in_force import PlanInForce
from ridethrough.operation.live.situation import SetpointMode

QUARTER = timedelta(minutes=15)


def plan(powers: list[float], **changes: Any) -> PlanInForce:  # noqa: ANN401
    made = live.plan(site())
    system = replace(made.orders.systems["pod-1"], charge_kw=tuple(powers), discharge_kw=(0.0,) * len(powers))
    horizon = replace(made.orders.horizon, intervals=len(powers))
    return replace(made, orders=replace(made.orders, horizon=horizon, systems={"pod-1": system}), **changes)


@given(
    powers=st.lists(st.sampled_from([0.0, 0.0, 100.0, 250.0]), min_size=1, max_size=16),
    now_minutes=st.integers(-30, 300),
    ahead_minutes=st.integers(1, 300),
    expires_minutes=st.integers(0, 300),
)
def test_at_every_minute_it_orders_what_the_plan_charges_in_the_time_that_may_be_relied_on(
    powers: list[float], now_minutes: int, ahead_minutes: int, expires_minutes: int
) -> None:
    now, expires = START + timedelta(minutes=now_minutes), START + timedelta(minutes=expires_minutes)
    until = now + timedelta(minutes=ahead_minutes)
    orders = list(charges(plan(powers, expires_at=expires), "pod-1", now, until))
    for minute in range(max(0, now_minutes), 15 * len(powers)):
        at = START + timedelta(minutes=minute)
        ordered = [each.net_discharge_kw for each in orders if each.start <= at < each.end]
        wanted = powers[minute // 15] if at < min(expires, until) else 0.0
        assert ordered == ([-wanted] if wanted else [])
    assert all(each.net_discharge_kw < 0 for each in orders), "no discharge, ever"
    pairs = list(pairwise(orders))
    assert all(one.end < other.start or one.net_discharge_kw != other.net_discharge_kw for one, other in pairs)


@given(seconds=st.integers(0, 10**7), ahead_minutes=st.integers(2, 24 * 60))
def test_a_controller_that_is_killed_leaves_at_most_the_time_that_was_asked_for(
    seconds: int, ahead_minutes: int
) -> None:
    now, ahead = START + timedelta(seconds=seconds), timedelta(minutes=ahead_minutes)
    assert ahead / 2 <= last_moment(now, ahead) - now <= ahead


def test_a_device_is_not_written_to_in_each_cycle() -> None:
    cycles = [START + timedelta(seconds=2 * each) for each in range(1800)]
    assert len({last_moment(now, timedelta(hours=0.5)) for now in cycles}) == 4


def test_without_a_setting_a_killed_controller_leaves_half_an_hour() -> None:
    settings = Settings({"host": "127.0.0.1", "schedule": "schedule,1"})
    assert from_settings(settings, site(), "pod-1").ahead == timedelta(minutes=30)


def published(made: PlanInForce | None, mode: SetpointMode = SetpointMode.PLAN) -> Published:
    cycle = Cycle(
        at=START,
        mode=mode,
        why="",
        reading=Telemetry(measured_at=START, grid_kw=1.0, ups={}),
        meter_ceiling_kw=0.0,
        plan_id=None,
        ups={},
    )
    return Published(cycle=cycle, plan=made)


@pytest.mark.long
def test_a_device_of_another_maker_holds_the_charges_until_the_site_holds_or_the_controller_ends() -> None:
    made = plan([0.0, 200.0, 200.0, 0.0, 100.0, 0.0, 0.0, 0.0, 0.0, 300.0])

    async def inside() -> list[Any]:
        async with bacnet_ups() as ups:

            async def held() -> Any:  # noqa: ANN401
                events = await ups.value("SCHEDULE", 1, "EXCEPTION_SCHEDULE")
                return [
                    ("{:02}:{:02}".format(*when[:2]), value.value)
                    for event in events
                    for when, value in event["time_values"]
                ]

            settings = {
                "host": "127.0.0.1",
                "port": ups.port,
                "schedule": "schedule,1",
                "timeout_s": 20.0,
                "ahead_h": 2,
            }
            schedule = from_settings(Settings(settings), site(), "pod-1")
            found = []
            for each in (published(made), published(made, SetpointMode.HOLD), published(made)):
                await schedule.publish(each)
                found.append(await held())
            await schedule.close()
            return [*found, await held()]

    first, holding, again, ended = asyncio.run(inside())
    local = START.astimezone(live.plan(site()).orders.horizon.start.tzinfo)
    assert first == again
    assert [value for _, value in first] == [-200.0, None, -100.0, None]
    assert first[0][0][3:] == (local + QUARTER).strftime("%M")
    assert holding == []
    assert ended == []
