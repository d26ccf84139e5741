"""A device that refuses to be asked for several properties at once is asked for each."""

import asyncio
import socket

import pytest
from bacpypes3.errors import UnrecognizedService
from bacpypes3.ipv4.app import NormalApplication
from bacpypes3.local.analog import AnalogInputObject
from bacpypes3.local.device import DeviceObject
from bacpypes3.pdu import IPv4Address
from peer_programs import free_port

from ridethrough.bms.drivers.bacnet.ups import from_settings

pytestmark = pytest.mark.long


class OneByOne(NormalApplication):
    async def do_ReadPropertyMultipleRequest(self, _: object) -> None:  # noqa: N802 - the library's name
        raise UnrecognizedService


def test_a_device_without_questions_for_several_properties_is_asked_for_each() -> None:
    async def inside() -> None:
        port = free_port(socket.SOCK_DGRAM)
        device = DeviceObject(objectIdentifier=("device", 7), objectName="small", vendorIdentifier=999)
        app = OneByOne(device, IPv4Address(f"127.0.0.1:{port}"))
        app.add_object(
            AnalogInputObject(
                objectIdentifier=("analog-input", 1),
                objectName="load",
                presentValue=1200.0,
                statusFlags=[0, 0, 0, 0],
                eventState="normal",
                outOfService=False,
                units="kilowatts",
                covIncrement=1.0,
            )
        )
        points = {"load_kw": "analog-input,1", "charge_kw": "analog-input,2"}
        driver = from_settings({"host": "127.0.0.1", "port": port, "points": points, "timeout_s": 20.0})
        try:
            for _ in range(2):
                reading = await driver.read()
                assert reading.ups is not None
                assert reading.ups.load_kw == 1200.0
                assert reading.ups.charge_kw is None
        finally:
            await driver.close()
            app.close()

    asyncio.run(inside())
