"""Modbus/TCP Security: the messages with their header inside TLS, where both sides prove who they are."""

import asyncio
import ssl
from pathlib import Path
from typing import Any

import pytest
from peer_certificates import make_certificate
from pymodbus import FramerType
from pymodbus.server import ModbusTlsServer
from pymodbus.simulator import DataType, SimData, SimDevice

from ridethrough.bms.drivers.driver import UnableToReach
from ridethrough.bms.drivers.modbus.driver import from_settings


def grid_kw_over_tls(tmp_path: Path, *, trusts: str, presents: str, timeout_s: float = 10.0) -> float | None:
    """What a driver reads that trusts one certificate and presents another."""
    made = {name: make_certificate(tmp_path, name) for name in ("device", "controller", "stranger")}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*made["device"])
    context.load_verify_locations(made["controller"][0])
    context.verify_mode = ssl.CERT_REQUIRED

    async def talk() -> float | None:
        device = SimDevice(id=1, simdata=[SimData(5, values=[4321], datatype=DataType.REGISTERS)])
        server = ModbusTlsServer([device], framer=FramerType.SOCKET, address=("127.0.0.1", 0), sslctx=context)
        await server.serve_forever(background=True)
        transport: Any = server.transport
        driver = from_settings(
            {
                "host": "127.0.0.1",
                "port": transport.sockets[0].getsockname()[1],
                "timeout_s": timeout_s,
                "points": {"grid_kw": {"register": 5}},
                "tls": {
                    "ca_file": str(made[trusts][0]),
                    "certificate_file": str(made[presents][0]),
                    "key_file": str(made[presents][1]),
                    "server_name": "127.0.0.1",
                },
            }
        )
        try:
            return (await driver.read()).grid_kw
        finally:
            await driver.close()
            await server.shutdown()

    return asyncio.run(talk())


def test_a_device_and_a_controller_that_trust_each_other_talk(tmp_path: Path) -> None:
    assert grid_kw_over_tls(tmp_path, trusts="device", presents="controller") == 4321.0


@pytest.mark.parametrize(("trusts", "presents"), [("stranger", "controller"), ("device", "stranger")])
def test_a_stranger_is_refused_on_either_side(tmp_path: Path, trusts: str, presents: str) -> None:
    with pytest.raises(UnableToReach):
        grid_kw_over_tls(tmp_path, trusts=trusts, presents=presents, timeout_s=2.0)
