"""Dated orders in the schedule of a rusty-bacnet device."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from peer_bacnet import bacnet_ups

from ridethrough.bms.drivers.bacnet.link import BacnetLink
from ridethrough.bms.drivers.bacnet.schedule import DatedOrder, _days, write_schedule
from ridethrough.bms.drivers.driver import UnableToAcknowledge, UnableToApply

pytestmark = pytest.mark.long

ZONE = "America/New_York"
MIDNIGHT = datetime(2026, 6, 1, tzinfo=ZoneInfo(ZONE))


def order(start_h: float, end_h: float, kw: float) -> DatedOrder:
    start, end = (MIDNIGHT + timedelta(hours=each) for each in (start_h, end_h))
    return DatedOrder(start=start, end=end, net_discharge_kw=kw)


def written(*orders: DatedOrder, refuses: bool = False, sign: float = 1.0) -> Any:  # noqa: ANN401
    """What the device's schedule holds after it was written."""

    async def inside() -> Any:  # noqa: ANN401
        async with bacnet_ups() as ups:
            if refuses:
                await ups.stop()
                await ups.start(refuses=True)
            link = BacnetLink(host="127.0.0.1", port=ups.port, timeout_s=20.0)
            try:
                await write_schedule(link, "schedule,1", orders, timezone=ZONE, sign=sign)
            finally:
                link.close()
            return await ups.value("SCHEDULE", 1, "EXCEPTION_SCHEDULE")

    return asyncio.run(inside())


def plainly(event: Any) -> tuple[Any, list[tuple[str, Any]]]:  # noqa: ANN401
    values = [("{:02}:{:02}".format(*when[:2]), value.value) for when, value in event["time_values"]]
    return event["period"]["date"], values


def test_orders_are_dated_events_in_local_time_that_give_the_point_back() -> None:
    events = written(order(17, 19, 250.0), order(19, 20.5, 100.0), order(22, 26, -60.0))
    assert [plainly(event) for event in events] == [
        ((2026, 6, 1, 255), [("17:00", 250.0), ("19:00", 100.0), ("20:30", None), ("22:00", -60.0)]),
        ((2026, 6, 2, 255), [("00:00", -60.0), ("02:00", None)]),
    ]
    assert {event["priority"] for event in events} == {10}


def test_a_device_with_the_other_sign_is_written_so() -> None:
    assert plainly(written(order(1, 2, 250.0), sign=-1.0)[0])[1] == [("01:00", -250.0), ("02:00", None)]


def test_what_a_schedule_cannot_hold_is_refused() -> None:
    change = datetime(2026, 11, 1, 12, tzinfo=ZoneInfo(ZONE))
    on_change = DatedOrder(start=change, end=change + timedelta(hours=1), net_discharge_kw=1.0)
    for orders, why in (
        ((order(1, 3, 1.0), order(2, 4, 2.0)), "two orders"),
        ((order(2, 2, 1.0),), "not after its start"),
        ((on_change,), "the clock changes on 2026-11-01"),
    ):
        with pytest.raises(UnableToApply, match=why):
            written(*orders)


def test_a_device_that_refuses_or_holds_something_else_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnableToApply, match="refused"):
        written(order(1, 2, 1.0), refuses=True)

    async def forgets(*_: object, **__: object) -> None:
        """Write nothing, as a device that acknowledges and does not store."""

    monkeypatch.setattr(BacnetLink, "write", forgets)
    with pytest.raises(UnableToAcknowledge):
        written(order(1, 2, 1.0))


@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 3), st.floats(-500, 500)), min_size=1, max_size=12))
def test_at_every_quarter_hour_a_schedule_asks_for_what_was_ordered(parts: list[tuple[int, int, float]]) -> None:
    orders, at = [], 0
    for length, gap, kw in parts:
        orders.append(order((at + gap) / 4, (at + gap + length) / 4, kw))
        at += gap + length
    days: dict[date, Any] = dict(_days(orders, ZoneInfo(ZONE), 1.0))
    for quarter in range(at + 2):
        moment = MIDNIGHT + timedelta(hours=quarter / 4)
        ordered = [each.net_discharge_kw for each in orders if each.start <= moment < each.end]
        begun = [value for when, value in days.get(moment.date(), ()) if when <= moment.time()]
        assert (begun[-1] if begun else None) == (ordered[0] if ordered else None)
