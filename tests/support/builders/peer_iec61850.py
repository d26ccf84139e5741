"""A UPS behind an IEC 61850 server of the library iec61850, in a process of its own that tests may kill.

Run by itself it serves: `python peer_iec61850.py PORT [VALUES, QUALITIES] [CERTIFICATE KEY CLIENT AUTHORITY]`. A
server of this library that is stopped goes on answering those who were connected, so it is killed. It cannot take a
port again that was in use a moment ago, so it has another one each time.
"""

import asyncio
import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from iec61850 import IedServer
from peer_programs import free_port

PLACES = {
    "stored_percent": "UPS1LD0/ZBAT1.SocPct.mag.f",
    "load_kw": "UPS1LD0/MMXU1.TotW.mag.f",
    "mode": "UPS1LD0/GGIO1.IntIn1.stVal",
    "battery_operable": "UPS1LD0/GGIO1.Ind1.stVal",
    "inverter_on": "UPS1LD0/GGIO1.Ind2.stVal",
    "overloaded": "UPS1LD0/GGIO1.Ind3.stVal",
}
VALUES = {"stored_percent": 80.0, "load_kw": 400_000.0, "mode": 1}
VALUES |= {"battery_operable": True, "inverter_on": True, "overloaded": False}
GOOD = 0
INVALID, QUESTIONABLE, OLD, SUBSTITUTED, TEST, BLOCKED = 0x4000, 0xC000, 0x0100, 0x0020, 0x0010, 0x0008


class Iec61850Ups:
    """A server at `port`; what it tells is set before it is started."""

    def __init__(self, *files: Path) -> None:
        self.port = 0
        self.values: dict[str, Any] = dict(VALUES)
        self.qualities: dict[str, int] = {}
        self._files = files
        self._running: subprocess.Popen[str] | None = None

    def start(self) -> None:
        """Start with the values and qualities of now at a new port, and wait until it serves."""
        self.port = free_port()
        told = json.dumps([self.values, self.qualities])
        command = [sys.executable, __file__, str(self.port), told, *map(str, self._files)]
        pipe = subprocess.PIPE
        self._running = subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, text=True)
        assert self._running.stdout is not None
        if self._running.stdout.readline() != "done\n":
            self.kill()
            pytest.fail("the server of iec61850 ended")

    def kill(self) -> None:
        """End it without a goodbye."""
        running, self._running = self._running, None
        if running is not None:
            running.kill()
            running.communicate()

    def again(self) -> None:
        """Kill it, and start it with what it is to tell now."""
        self.kill()
        self.start()


@contextlib.contextmanager
def iec61850_ups(*files: Path, **qualities: int) -> Iterator[Iec61850Ups]:
    """Run a server for as long as the block lasts."""
    ups = Iec61850Ups(*files)
    ups.qualities = qualities
    ups.start()
    try:
        yield ups
    finally:
        ups.kill()


async def _serve(port: int, values: dict[str, Any], qualities: dict[str, int], files: list[Path]) -> None:
    server = IedServer.from_model_spec(_model(values, qualities))
    if files:
        certificate, key, client, authority = (each.read_bytes() for each in files)
        known = {"allow_only_known_peers": True, "known_peer_pems": [client]}
        server.with_tls(certificate, key, client_ca_pem=authority, **known)
    server.bind(f"127.0.0.1:{port}")
    await server.start()
    sys.stdout.write("done\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()


def _model(values: dict[str, Any], qualities: dict[str, int]) -> dict[str, Any]:
    nodes: dict[str, list[dict[str, Any]]] = {}
    for name, place in PLACES.items():
        node, each, attribute = place.removeprefix("UPS1LD0/").split(".")[:3]
        nodes.setdefault(node, []).append(_data(each, attribute, values[name], qualities.get(name, GOOD)))
    made = [{"class": node[:-1], "prefix": "", "inst": "1", "dos": data} for node, data in nodes.items()]
    return {"ied_name": "UPS1", "lds": [{"inst": "LD0", "lns": [{"lln0": True, "dos": []}, *made]}]}


def _data(name: str, attribute: str, value: float, quality: int) -> dict[str, Any]:
    """A data object with its value and its quality."""
    kind = "ST" if attribute == "stVal" else "MX"
    told = {"type": "bit_string", "padding": 3, "data": quality.to_bytes(2, "big")}
    attributes: list[dict[str, Any]] = [{"name": "q", "fc": kind, "type": "Quality", "value": told}]
    if kind == "MX":
        measured = {"name": "f", "fc": kind, "type": "Float32", "value": {"type": "float32", "value": value}}
        return {
            "name": name,
            "das": attributes,
            "constructed_das": [{"name": "mag", "fc": kind, "children": [measured]}],
        }
    state = ("Boolean", "bool") if isinstance(value, bool) else ("Int32", "int")
    attributes.append({"name": attribute, "fc": kind, "type": state[0], "value": {"type": state[1], "value": value}})
    return {"name": name, "das": attributes}


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), *json.loads(sys.argv[2]), [Path(each) for each in sys.argv[3:]]))
