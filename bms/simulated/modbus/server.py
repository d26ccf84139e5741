"""Serves a simulated site over Modbus TCP: one unit number for each UPS system, and one for the meter."""

from collections.abc import Callable
from typing import Any

from pymodbus.constants import ExcCodes
from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ridethrough.bms.simulated.modbus.registers import (
    LOST_32,
    MODES,
    MODES_AT,
    MOST_UNITS,
    OWN_BASE,
    OWN_SIZE,
    SUNSPEC_BASE,
    UNITS_AT,
    UpsRegisters,
    meter_registers,
)
from ridethrough.bms.simulated.site import SimulatedSite

METER_UNIT = 200
_MOST_SYSTEMS = 150
_WRITES = (6, 16)


class UnableToServe(Exception):
    """The site cannot be served in this way."""


class ModbusSite:
    """A running server; `close` ends it, and `port` is where it listens."""

    def __init__(self, site: SimulatedSite, *, before: Callable[[], None] = lambda: None) -> None:
        if len(site.ups) > _MOST_SYSTEMS:
            raise UnableToServe(f"a server has unit numbers for {_MOST_SYSTEMS} UPS systems, not for {len(site.ups)}")
        self._site, self._before = site, before
        self._server: ModbusTcpServer | None = None
        self.port = 0

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; port 0 takes one that is free.

        Raises `UnableToServe` where the address is not free.
        """
        devices = [self._ups_device(number, ups_id) for number, ups_id in enumerate(self._site.ups, start=1)]
        self._server = ModbusTcpServer([*devices, self._meter_device()], address=(host, port or self.port))
        try:
            await self._server.serve_forever(background=True)
        except RuntimeError as error:
            raise UnableToServe(f"{host}:{port} cannot be listened on") from error
        transport: Any = self._server.transport
        self.port = int(transport.sockets[0].getsockname()[1])

    async def close(self) -> None:
        """Close the server and its connections."""
        if self._server is not None:
            await self._server.shutdown()  # type: ignore[no-untyped-call]
            self._server = None

    def _ups_device(self, number: int, ups_id: str) -> SimDevice:
        registers = UpsRegisters(self._site.ups[ups_id], ups_id)

        async def act(
            function: int,
            start: int,
            address: int,
            _count: int,
            current: list[int],
            values: Any,  # noqa: ANN401
        ) -> ExcCodes | None:
            self._before()
            if values and function in _WRITES:
                return None if registers.write(address, values) else ExcCodes.ILLEGAL_VALUE
            for first, words in registers.refreshed():
                current[first - start : first - start + len(words)] = words
            return None

        return SimDevice(
            id=number,
            simdata=[
                SimData(SUNSPEC_BASE, values=list(registers.image), datatype=DataType.REGISTERS),
                SimData(OWN_BASE, values=[0] * OWN_SIZE, datatype=DataType.REGISTERS),
            ],
            action=act,
        )

    def _meter_device(self) -> SimDevice:
        async def act(
            _function: int,
            start: int,
            _address: int,
            _count: int,
            current: list[int],
            values: Any,  # noqa: ANN401
        ) -> ExcCodes | None:
            self._before()
            if values:
                return ExcCodes.ILLEGAL_ADDRESS
            current[OWN_BASE - start : OWN_BASE - start + OWN_SIZE] = meter_registers(self._site.meter_reading())
            return None

        own = SimData(OWN_BASE, values=[0] * OWN_SIZE, datatype=DataType.REGISTERS)
        return SimDevice(id=METER_UNIT, simdata=[own], action=act)


def equipment_document(site: SimulatedSite, host: str, port: int) -> dict[str, Any]:
    """The `equipment` section of a site file that speaks with this server."""
    clock = {"time_s": {"register": OWN_BASE, "type": "uint32"}, "time_ms": {"register": OWN_BASE + 2}}

    def device(number: int, settings: dict[str, Any]) -> dict[str, Any]:
        return {"driver": "modbus", "settings": {"host": host, "port": port, "unit": number, **settings}}

    def points(units: int) -> dict[str, Any]:
        power = {"type": "int32", "scale": 0.001}
        of_units = {
            "unit_stored_kwh": {
                "register": UNITS_AT,
                "type": "uint32",
                "count": units,
                "scale": 0.001,
                "lost": [LOST_32],
            },
            "unit_modes": {"register": MODES_AT, "count": units, "values": _mode_words()},
        }
        return {
            **clock,
            "mode": {"register": OWN_BASE + 3, "values": _mode_words()},
            "on_generator": {"register": OWN_BASE + 4, "values": {0: False, 1: True}},
            "inverter_on": {"register": OWN_BASE + 5, "values": {0: False, 1: True}},
            "overloaded": {"register": OWN_BASE + 6, "values": {0: False, 1: True}},
            "battery_operable": {"register": OWN_BASE + 7, "values": {0: False, 1: True}},
            "load_kw": {"register": OWN_BASE + 8, **power},
            **(of_units if units <= MOST_UNITS else {}),
        }

    meter = {"grid_kw": {"register": OWN_BASE + 8, "type": "int32", "scale": 0.001, "lost": [-(1 << 31)]}}
    return {
        "meter": device(METER_UNIT, {"points": {**clock, **meter}}),
        "ups": {
            ups_id: device(number, {"sunspec": True, "points": points(ups.equipment.units)})
            for number, (ups_id, ups) in enumerate(site.ups.items(), start=1)
        },
    }


def _mode_words() -> dict[int, str]:
    return {number: mode.value for mode, number in MODES.items()}
