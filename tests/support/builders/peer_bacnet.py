"""A UPS on BACnet/IP by rusty-bacnet, a stack of another maker, on loopback."""

import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import rusty_bacnet as rusty
from peer_programs import free_port

STORED, LOAD, SETPOINT, VALID_FOR, PLAIN, LOCKED = 1, 2, 10, 11, 12, 13
ENABLE, OVERLOADED, OPERABLE, INVERTER = 1, 2, 3, 4
OBJECTS = {
    "stored_kwh": f"analog-input,{STORED}",
    "load_kw": f"analog-input,{LOAD}",
    "mode": "multi-state-input,1",
    "battery_operable": f"binary-input,{OPERABLE}",
    "inverter_on": f"binary-input,{INVERTER}",
    "overloaded": f"binary-input,{OVERLOADED}",
    "setpoint_kw": f"analog-value,{SETPOINT}",
    "valid_for_s": f"analog-value,{VALID_FOR}",
    "enable": f"binary-value,{ENABLE}",
}


class BacnetUps:
    """A device at `port`; it can be stopped and started, and made to refuse writes."""

    def __init__(self) -> None:
        self.port = free_port(socket.SOCK_DGRAM)
        self._server: Any = None

    async def start(self, *, refuses: bool = False) -> None:
        """Start with every point as at the beginning."""
        server = rusty.BACnetServer(
            1234,
            "UPS",
            interface="127.0.0.1",
            port=self.port,
            broadcast_address="127.0.0.1",
            mutation_policy="deny_all" if refuses else "permissive",
        )
        server.add_analog_input(STORED, "stored", present_value=400.0)
        server.add_analog_input(LOAD, "load", present_value=1200.0)
        server.add_multistate_input(1, "mode", 3)
        for number in (OVERLOADED, OPERABLE, INVERTER):
            server.add_binary_input(number, f"binary {number}")
        for number in (SETPOINT, VALID_FOR):
            server.add_analog_value(number, f"analog {number}")
        server.add_binary_value(ENABLE, "enable")
        server.add_analog_value(PLAIN, "plain", present_value_access="writable")
        server.add_analog_value(LOCKED, "locked", present_value_access="read_only")
        server.add_schedule(1, "plan")
        await server.start()
        self._server = server

    async def stop(self) -> None:
        """Stop; it answers nothing more."""
        server, self._server = self._server, None
        if server is not None:
            await server.stop()

    async def value(self, kind: str, instance: int, prop: str = "PRESENT_VALUE") -> Any:  # noqa: ANN401
        """What the device itself holds."""
        return (
            await self._server.read_property(_object(kind, instance), getattr(rusty.PropertyIdentifier, prop))
        ).value

    async def command(self, kind: str, instance: int, value: float, *, priority: int | None = 1) -> None:
        """Let somebody else command a point."""
        told = (
            rusty.PropertyValue.real(value) if kind.startswith("ANALOG") else rusty.PropertyValue.enumerated(int(value))
        )
        await self._server.write_property_local(
            _object(kind, instance), rusty.PropertyIdentifier.PRESENT_VALUE, told, priority, source_object=None
        )

    async def tell(self, kind: str, instance: int, value: float) -> None:
        """Let a sensor measure another value."""
        analog = kind.startswith("ANALOG")
        told = rusty.PropertyValue.real(value) if analog else rusty.PropertyValue.enumerated(int(value))
        await self._server.set_present_value_local(_object(kind, instance), told)

    async def lose(self, kind: str, instance: int) -> None:
        """Let a sensor fail."""
        reliability, no_sensor = rusty.PropertyIdentifier.RELIABILITY, rusty.PropertyValue.enumerated(1)
        out, yes = rusty.PropertyIdentifier.OUT_OF_SERVICE, rusty.PropertyValue.boolean(True)  # noqa: FBT003
        await self._server.write_property_local(_object(kind, instance), out, yes, source_object=None)
        await self._server.write_property_local(_object(kind, instance), reliability, no_sensor, source_object=None)


@contextlib.asynccontextmanager
async def bacnet_ups() -> AsyncIterator[BacnetUps]:
    """Run a device for as long as the block lasts."""
    ups = BacnetUps()
    await ups.start()
    try:
        yield ups
    finally:
        await ups.stop()


def _object(kind: str, instance: int) -> Any:  # noqa: ANN401
    return rusty.ObjectIdentifier(getattr(rusty.ObjectType, kind), instance)
