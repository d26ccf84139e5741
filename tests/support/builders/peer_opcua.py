"""A UPS behind an OPC UA server of asyncua, in a process of its own that tests may kill and start again.

Run by itself it serves: `python peer_opcua.py PORT [CERTIFICATE KEY CLIENT_CERTIFICATE]`. Other values come by its
standard input, a line of JSON each: `{"node", "value", "status", "age_s"}`; `value` may be left out. Each is
answered by a line.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asyncua import Server, ua
from asyncua.common.utils import ServiceError
from asyncua.crypto.permission_rules import User, UserRole
from cryptography import x509
from peer_programs import Obeying, obey

NODES = {
    "stored_percent": "ns=2;s=battery.charge",
    "load_kw": "ns=2;s=output.power",
    "mode": "ns=2;s=mode",
    "battery_operable": "ns=2;s=battery.operable",
    "inverter_on": "ns=2;s=inverter.on",
    "overloaded": "ns=2;s=overloaded",
}
VALUES = {"battery.charge": 80.0, "output.power": 400_000.0, "mode": 1, "battery.operable": True}
VALUES |= {"inverter.on": True, "overloaded": False}
OURS, OTHER_FIRST = "urn:ridethrough:ups", "OPCUA_OTHER_NAMESPACE_FIRST"
"""The URI of our nodes; an environment variable with which the server numbers another namespace before it."""
USER, PASSWORD = "controller", "opcua-secret"


class OpcUaUps(Obeying):
    """A running server at `port`, with the values of the beginning after each start."""

    def __init__(self, *files: Path) -> None:
        super().__init__(__file__, *files)
        self.start()

    def tell(self, node: str, **changes: object) -> None:
        """Let a node have another value, status or age."""
        self.order(node=node, **changes)


@contextmanager
def opcua_ups(*files: Path) -> Iterator[OpcUaUps]:
    """Run a server for as long as the block lasts."""
    ups = OpcUaUps(*files)
    try:
        yield ups
    finally:
        ups.kill()


async def _serve(port: int, files: list[str]) -> None:
    server = Server(user_manager=_Users() if files else None)
    await server.init()
    server.set_endpoint(f"opc.tcp://127.0.0.1:{port}/ups")
    if files:
        certificate, key, client_certificate = files
        server.set_security_policy([ua.SecurityPolicyType.Basic256Sha256_SignAndEncrypt])
        await server.set_application_uri("urn:ridethrough:device")
        await server.load_certificate(certificate, format="pem")
        await server.load_private_key(key, format="pem")
        server.set_certificate_validator(_only(client_certificate))
    if OTHER_FIRST in os.environ:  # nodes of the same names, in the number that ours had
        other = await server.register_namespace("urn:other")
        for name in VALUES:
            await server.nodes.objects.add_variable(ua.NodeId(name, other), name, 100.0)
    namespace = await server.register_namespace(OURS)
    assert namespace == (3 if OTHER_FIRST in os.environ else 2)
    nodes = {}
    for name, value in VALUES.items():
        kind = ua.VariantType.Int32 if name == "mode" else None
        nodes[name] = await server.nodes.objects.add_variable(ua.NodeId(name, namespace), name, value, varianttype=kind)
    async with server:
        for name in VALUES:
            await _write(server, nodes, {"node": name, "value": VALUES[name]})
        await obey(lambda **told: _write(server, nodes, told))


class _Users:
    """Only one user with the right password is let in."""

    def get_user(self, _: object, username: str = "", password: str = "", **__: object) -> object:
        return User(role=UserRole.User) if (username, password) == (USER, PASSWORD) else None


def _only(path: str) -> Any:  # noqa: ANN401 - the library's
    """Let only the client with this certificate in."""
    trusted = x509.load_pem_x509_certificate(Path(path).read_bytes())

    async def validate(certificate: x509.Certificate, _: object) -> None:
        if certificate != trusted:
            raise ServiceError(ua.StatusCodes.BadCertificateUntrusted)

    return validate


async def _write(server: Any, nodes: dict[str, Any], told: dict[str, Any]) -> None:  # noqa: ANN401
    name = told["node"]
    value = told.get("value", VALUES[name])
    kind = ua.VariantType.Int32 if name == "mode" else None
    status = ua.StatusCode(getattr(ua.StatusCodes, told.get("status", "Good")))
    moment = datetime.now(UTC) - timedelta(seconds=told.get("age_s", 0))
    data = ua.DataValue(ua.Variant(value, kind), StatusCode=status, SourceTimestamp=moment, ServerTimestamp=moment)
    await server.write_attribute_value(nodes[name].nodeid, data)


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), sys.argv[2:]))
