"""UPS systems behind IEC 61850 servers on loopback: of open61850, another maker's, and of the driver's own library.

The second is there for TLS, which the first does not have, and tells a load only. Run by itself it serves:
`python peer_iec61850.py PORT CERTIFICATE KEY CLIENT AUTHORITY`.
"""

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

from iec61850 import IedServer
from open61850.server import IedModel, MmsServer
from peer_programs import Obeying, free_port, say_done

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
INVALID, QUESTIONABLE, OLD, SUBSTITUTED, TEST, BLOCKED = 0x0800, 0x1800, 0x0020, 0x0004, 0x0002, 0x0001
"""Qualities as numbers of 13 bits, the first of which is the highest (IEC 61850-7-3)."""
_QUALITY = '<DA name="q" bType="Quality" fc="{kind}"/><DA name="t" bType="Timestamp" fc="{kind}"/></DOType>'
_STATE = '<DOType id="{name}" cdc="{name}"><DA name="stVal" bType="{type}" fc="ST"/>' + _QUALITY.format(kind="ST")
_NODES = {
    "ZBAT": '<DO name="SocPct" type="MV"/>',
    "MMXU": '<DO name="TotW" type="MV"/>',
    "GGIO": '<DO name="IntIn1" type="INS"/>' + "".join(f'<DO name="Ind{each}" type="SPS"/>' for each in (1, 2, 3)),
}
_SCL = (
    '<?xml version="1.0"?><SCL xmlns="http://www.iec.ch/61850/2003/SCL" version="2007" revision="B"><Header id="ups"/>'
    '<IED name="UPS1"><AccessPoint name="P1"><Server><Authentication/><LDevice inst="LD0">'
    '<LN0 lnClass="LLN0" inst="" lnType="LLN0"/>'
    + "".join(f'<LN lnClass="{each}" inst="1" lnType="{each}"/>' for each in _NODES)
    + "</LDevice></Server></AccessPoint></IED><DataTypeTemplates>"
    '<LNodeType id="LLN0" lnClass="LLN0"><DO name="Mod" type="INS"/></LNodeType>'
    + "".join(f'<LNodeType id="{each}" lnClass="{each}">{data}</LNodeType>' for each, data in _NODES.items())
    + '<DOType id="MV" cdc="MV"><DA name="mag" bType="Struct" type="AV" fc="MX"/>'
    + _QUALITY.format(kind="MX")
    + _STATE.format(name="SPS", type="BOOLEAN")
    + _STATE.format(name="INS", type="INT32")
    + '<DAType id="AV"><BDA name="f" bType="FLOAT32"/></DAType></DataTypeTemplates></SCL>'
)


class Iec61850Ups:
    """A server of open61850 at `port`."""

    def __init__(self, folder: Path) -> None:
        (folder / "ups.cid").write_text(_SCL)
        self._model = IedModel.from_scl(folder / "ups.cid")
        self.port = free_port()
        self._server: MmsServer | None = None
        for name in VALUES:
            self.tell(name)

    def start(self) -> None:
        """Serve at the same port as before."""
        self._server = MmsServer(self._model, "127.0.0.1", self.port)
        self._server.start()

    def stop(self) -> None:
        """Close the port, and every connection."""
        server, self._server = self._server, None
        if server is not None:
            server.stop()

    def tell(self, name: str, value: float | None = None, *, quality: int = GOOD) -> None:
        """Let a point have another value or quality; without a value, that of the beginning."""
        place, kind = PLACES[name], "ST" if PLACES[name].endswith("stVal") else "MX"
        self._model.set(f"{place}[{kind}]", VALUES[name] if value is None else value)
        self._model.set(f"{'.'.join(place.split('.')[:2])}.q[{kind}]", quality)


@contextlib.contextmanager
def iec61850_ups(folder: Path) -> Iterator[Iec61850Ups]:
    """Run a server for as long as the block lasts."""
    ups = Iec61850Ups(folder)
    ups.start()
    try:
        yield ups
    finally:
        ups.stop()


@contextlib.contextmanager
def iec61850_with_tls(*files: Path) -> Iterator[int]:
    """Run a server that lets one client in, by its certificate; the port."""
    server = Obeying(__file__, *files)
    try:
        server.start()
        yield server.port
    finally:
        server.kill()


async def _serve(port: int, *files: Path) -> None:
    certificate, key, client, authority = (each.read_bytes() for each in files)
    measured = {"name": "f", "fc": "MX", "type": "Float32", "value": {"type": "float32", "value": VALUES["load_kw"]}}
    load = {
        "name": "TotW",
        "das": [{"name": "q", "fc": "MX", "type": "Quality"}],
        "constructed_das": [{"name": "mag", "fc": "MX", "children": [measured]}],
    }
    nodes = [{"lln0": True, "dos": []}, {"class": "MMXU", "prefix": "", "inst": "1", "dos": [load]}]
    server = IedServer.from_model_spec({"ied_name": "UPS1", "lds": [{"inst": "LD0", "lns": nodes}]})
    server.with_tls(certificate, key, client_ca_pem=authority, allow_only_known_peers=True, known_peer_pems=[client])
    server.bind(f"127.0.0.1:{port}")
    await server.start()
    say_done()
    await asyncio.to_thread(sys.stdin.read)
    await server.stop()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), *map(Path, sys.argv[2:])))
