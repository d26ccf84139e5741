"""The device that shows our plan, read by a client of rusty-bacnet."""

import asyncio
import socket
from datetime import UTC, datetime
from typing import Any

import pytest
import rusty_bacnet as rusty
from peer_programs import free_port

from ridethrough.bms.drivers.bacnet.plan_server import PlanServer
from ridethrough.bms.drivers.published_state import PublishedState

pytestmark = pytest.mark.long

STATE = PublishedState(
    charge_kw=0.0,
    discharge_kw=250.0,
    stored_kwh=400.0,
    reserve_kwh=None,
    mode="plan",
    why="",
    valid_until=datetime(2026, 6, 1, 12, tzinfo=UTC),
)
PRESENT_VALUE = rusty.PropertyIdentifier.PRESENT_VALUE


def analog(instance: int) -> Any:  # noqa: ANN401
    return rusty.ObjectIdentifier(rusty.ObjectType.ANALOG_INPUT, instance)


def text(instance: int) -> Any:  # noqa: ANN401
    return rusty.ObjectIdentifier(rusty.ObjectType.CHARACTERSTRING_VALUE, instance)


def test_another_makers_client_reads_the_plan_and_cannot_write_it() -> None:
    async def inside() -> None:
        port = free_port(socket.SOCK_DGRAM)
        server = PlanServer(["pod-1", "pod-2"], instance=4001, host="127.0.0.1", port=port)
        await server.open()
        place = f"127.0.0.1:{port}"
        async with rusty.BACnetClient(
            interface="127.0.0.1", port=0, broadcast_address="127.0.0.1", apdu_timeout_ms=20_000
        ) as client:

            async def told(what: Any, prop: Any = PRESENT_VALUE) -> Any:  # noqa: ANN401
                return (await client.read_property(place, what, prop)).value

            assert await told(text(1)) == "unknown"
            server.show({"pod-2": STATE})
            assert [await told(analog(each)) for each in (11, 12, 13)] == [0.0, 250.0, 400.0]
            assert [await told(text(each)) for each in (11, 12, 13)] == ["plan", "", "2026-06-01T12:00:00+00:00"]
            reliability = rusty.PropertyIdentifier.RELIABILITY
            assert [await told(analog(each), reliability) for each in (13, 14, 1)] == [0, 1, 1]
            assert await told(text(2)) == "nothing is known of it"
            with pytest.raises(rusty.BacnetProtocolError, match="code=40"):
                await client.write_property(place, analog(12), PRESENT_VALUE, rusty.PropertyValue.real(1.0), 8)
            assert await told(analog(12)) == 250.0
        await server.close()
        await server.close()

    asyncio.run(inside())
