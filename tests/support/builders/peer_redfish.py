"""Redfish services on loopback: sushy-tools with a tree of ours, and one that lets nobody in without a session."""

import contextlib
import json
import secrets
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from http_servers import Answering, served
from peer_programs import Process, accepts, free_port, wait_until

USER, PASSWORD = "monitor", "redfish-secret"
SHELF = "PowerEquipment/PowerShelves/1"
BATTERY = "Chassis/1/PowerSubsystem/Batteries/1"
LOAD = "Chassis/1/Sensors/OutputPower"
POINTS = {
    "stored_kwh": f"/redfish/v1/{BATTERY}/Metrics#/StoredEnergyWattHours",
    "load_kw": f"/redfish/v1/{LOAD}#/Reading",
    "mode": f"/redfish/v1/{BATTERY}#/ChargeState",
    "battery_operable": f"/redfish/v1/{BATTERY}#/Status/Health",
    "inverter_on": f"/redfish/v1/{SHELF}#/Status/State",
    "overloaded": f"/redfish/v1/{LOAD}#/Status/Health",
    "fault": f"/redfish/v1/{SHELF}#/Status/Health",
}
_GOOD = {"State": "Enabled", "Health": "OK"}


def resources() -> dict[str, dict[str, Any]]:
    """A UPS that stores 400 kWh and carries 400 kW, by the path of each resource."""
    return {
        "": {"@odata.type": "#ServiceRoot.v1_16_0.ServiceRoot", "RedfishVersion": "1.20.0"},
        BATTERY: {"@odata.type": "#Battery.v1_4_0.Battery", "ChargeState": "Idle", "Status": _GOOD},
        f"{BATTERY}/Metrics": {
            "@odata.type": "#BatteryMetrics.v1_0_3.BatteryMetrics",
            "StoredEnergyWattHours": {"Reading": 400_000},
            "ChargePercent": {"Reading": 80},
        },
        LOAD: {"@odata.type": "#Sensor.v1_9_0.Sensor", "Reading": 400.0, "ReadingUnits": "kW", "Status": _GOOD},
        SHELF: {
            "@odata.type": "#PowerDistribution.v1_3_2.PowerDistribution",
            "EquipmentType": "PowerShelf",
            "Status": _GOOD,
        },
        f"{SHELF}/Metrics": {"PowerWatts": {"Reading": 425_000}},
    }


class RedfishUps:
    """A running `sushy-static` at `url`, with the certificate of `files` where there are some."""

    def __init__(self, folder: Path, *files: Path) -> None:
        self._tree = folder / "tree"
        self.reset()
        self.port = free_port()
        self.url = f"{'https' if files else 'http'}://127.0.0.1:{self.port}"
        command = [sys.executable, "-m", "sushy_tools.static.main", "-i", "127.0.0.1", "-p", str(self.port)]
        tls = ["-c", str(files[0]), "-k", str(files[1])] if files else []
        self.process = Process([*command, "-m", str(self._tree), *tls], cwd=folder)
        self.wait()

    def wait(self) -> None:
        """Wait until it accepts connections."""
        wait_until(lambda: accepts(self.port), "the start of sushy-static")

    def reset(self) -> None:
        """Let it tell again what it told at the beginning."""
        for path, resource in resources().items():
            self.tell(path, **resource)

    def tell(self, path: str, **resource: object) -> None:
        """Let a resource be another one."""
        folder = self._tree / path
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "next").write_text(json.dumps(resource))
        (folder / "next").rename(folder / "index.json")

    def remove(self, path: str) -> None:
        """Let a resource not be there."""
        (self._tree / path / "index.json").unlink()


@contextlib.contextmanager
def redfish_ups(*files: Path) -> Iterator[RedfishUps]:
    """Run a service for as long as the block lasts."""
    folder = Path(tempfile.mkdtemp(prefix="ridethrough-redfish-", dir="/tmp"))
    ups = None
    try:
        ups = RedfishUps(folder, *files)
        yield ups
    finally:
        if ups is not None:
            ups.process.kill()
        shutil.rmtree(folder, ignore_errors=True)


class Sessions:
    """A service with sessions; `open` are the tokens of those that are open now, `made` how many there ever were.

    While it is `busy` it answers every question about a resource with 503.
    """

    def __init__(self) -> None:
        self.url = ""
        self.open: set[str] = set()
        self.made = 0
        self.busy = False


@contextlib.contextmanager
def redfish_with_sessions() -> Iterator[Sessions]:
    """Run a service that answers whoever has a session, on plain HTTP: what is before it ends TLS."""
    tree = {f"/redfish/v1/{path}".rstrip("/"): resource for path, resource in resources().items()}
    sessions = Sessions()

    class Handler(Answering):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if sessions.busy:
                self._answer(503, {})
                return
            known = self.headers.get("X-Auth-Token") in sessions.open
            resource = tree.get(self.path)
            self._answer(401 if not known else 200 if resource else 404, resource if known else {})

        def do_POST(self) -> None:
            named = json.loads(self.content())
            right = named == {"UserName": USER, "Password": PASSWORD}
            if self.path != "/redfish/v1/SessionService/Sessions" or not right:
                self._answer(401, {})
                return
            token = secrets.token_hex(8)
            sessions.open.add(token)
            sessions.made += 1
            place = f"{sessions.url}{self.path}/{token}"
            self._answer(201, {}, {"X-Auth-Token": token, "Location": place})

        def do_DELETE(self) -> None:
            sessions.open.discard(self.path.rpartition("/")[2])
            self._answer(204, None)

        def _answer(self, status: int, content: object, headers: dict[str, str] | None = None) -> None:
            self.answer(status, b"" if content is None else json.dumps(content).encode(), headers)

    with served(Handler) as sessions.url:
        yield sessions
