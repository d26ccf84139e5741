"""kill -9 of `ridethrough control` at random moments, with the simulated equipment on Modbus beside it.

PYTHONPATH=$(make -s support) python tests/support/campaigns/control_kills.py [KILLS]

After each kill the equipment must be in its own normal operation when the last setpoint is over, with nothing but its
own watchdog; the journal must be whole; and the next controller must follow the plan in its first cycle.
"""

import asyncio
import json
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ridethrough.api.reading.plan_orders import orders_document
from ridethrough.api.reading.site_file import SiteInputs, read_site_file
from ridethrough.bms.drivers.catalog import driver_of
from ridethrough.bms.drivers.driver import UnableToDrive
from ridethrough.bms.drivers.readings import DeviceReading
from ridethrough.bms.journal import records_of
from ridethrough.domain import Horizon
from ridethrough.operation.live.plan_in_force import PlannedSystem, PlanOrders
from ridethrough.operation.live.situation import SetpointMode

CYCLE_S, SETPOINT_S = 0.5, 3.0
_COMMAND = Path(sys.executable).with_name("ridethrough")
_PATIENCE_S = 600.0
_KW = 200.0
SITE = """
id: hall
timezone: UTC
interconnection: {import_limit_kw: 9000}
tariff: dominion-gs-4
unprotected_load: {constant_kw: 900}
ups:
  - id: pod-1
    units: 5
    tolerated_failures: 1
    unit_output_limit_kw: 1200
    unit_input_limit_kw: 1500
    inverter_efficiency: 0.95
    load: {constant_kw: 4300}
    protected_load_kw: 4800
    battery: {nominal_kwh: 200, state_of_health: 0.92, charge_limit_kw: 240, discharge_limit_kw: 1300}
    reserve: {ride_through_s: 300}
"""


@dataclass(kw_only=True)
class Kills:
    """What was found."""

    kills: int = 0
    in_discharge: int = 0
    problems: list[str] = field(default_factory=list)
    normal_after_s: list[float] = field(default_factory=list)

    def table(self) -> str:
        longest = max(self.normal_after_s, default=0.0)
        return (
            f"{self.kills} kills, {self.in_discharge} of them in a discharge; the equipment was in normal operation at "
            f"most {longest:.1f} s later (setpoints of {SETPOINT_S:g} s); problems: {len(self.problems)}"
        )


@contextmanager
def simulated(folder: Path) -> Iterator[Path]:
    """Simulated equipment of a site on a free port, and the site file that speaks with it."""
    plain, site = folder / "plain.yaml", folder / "site.yaml"
    plain.write_text(SITE, encoding="utf-8")
    with (folder / "simulate.log").open("w+", encoding="utf-8") as log:
        process = subprocess.Popen([_COMMAND, "simulate", plain, "--port", "0", "--stored", "0.95"], stderr=log)
        try:
            port = _port(folder / "simulate.log", process)
            command = [_COMMAND, "simulate", plain, "--port", str(port), "--print-equipment"]
            printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_PATIENCE_S).stdout
            equipment = json.loads(printed.removeprefix("equipment: "))
            equipment |= {"cycle_s": CYCLE_S, "setpoint_s": SETPOINT_S, "requalify_s": 1.0}
            site.write_text(f"{SITE}equipment: {json.dumps(equipment)}\n", encoding="utf-8")
            yield site
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(_PATIENCE_S)


def _port(log: Path, process: "subprocess.Popen[bytes]") -> int:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        text = log.read_text(encoding="utf-8")
        if "modbus://127.0.0.1:" in text and text.endswith("\n"):
            return int(text.split("modbus://127.0.0.1:")[1].split()[0])
        time.sleep(0.05)
    raise AssertionError(f"the simulated equipment did not start: {log.read_text(encoding='utf-8')}")


def write_plan(site: Path, data: Path) -> None:
    """A plan on disk, as a controller keeps it, that discharges all day."""
    write_plan_of(read_site_file(site), data, datetime.now(UTC))


def write_plan_of(inputs: SiteInputs, data: Path, now: datetime) -> None:
    """The same, made at a time, of a site that was read."""
    horizon = Horizon(start=now - timedelta(minutes=15), interval_minutes=15, intervals=40)
    system = PlannedSystem(
        protected_load_kw=4800.0,
        load_kw=(4300.0,) * 40,
        charge_kw=(0.0,) * 40,
        discharge_kw=(_KW,) * 40,
        stored_kwh=(870.0,) * 41,
        reserve_kwh=(0.0,) * 41,
    )
    orders = PlanOrders(
        horizon=horizon,
        systems={"pod-1": system},
        grid_target_kw=(9000.0,) * 40,
        spare_below_kw=(None,) * 40,
        unprotected_load_kw=(900.0,) * 40,
    )
    kept = {
        "plan_id": "plan-of-the-test",
        "sha256": inputs.provenance.sha256,
        "made_at": now.isoformat(),
        "status": "optimal",
        "because": "",
        "expires_at": (horizon.end).isoformat(),
        "orders": orders_document(orders),
    }
    data.mkdir(parents=True, exist_ok=True)
    (data / "plan.json").write_text(json.dumps(kept), encoding="utf-8")


def read_device(site: Path) -> DeviceReading:
    """The UPS system as its own server tells it now."""
    equipment = read_site_file(site).equipment
    assert equipment is not None

    async def read() -> DeviceReading:
        driver = driver_of(equipment.ups["pod-1"])
        try:
            return await driver.read()
        finally:
            await driver.close()

    for _ in range(20):
        try:
            return asyncio.run(read())
        except UnableToDrive:
            time.sleep(0.1)
    return asyncio.run(read())


def discharges(reading: DeviceReading) -> bool:
    return reading.in_force is not None and reading.in_force.discharge_kw > 0


def start(site: Path, data: Path) -> "subprocess.Popen[bytes]":
    """A controller in a process of its own."""
    return subprocess.Popen([_COMMAND, "control", site, "--data", data], stdout=subprocess.DEVNULL)


def _first_cycle(journal: Path, after: int) -> Mapping[str, Any] | None:
    """The first cycle that a controller wrote after its start."""
    records = records_of(journal)[after:]
    return next((each for each in records if each["what"] == "cycle"), None)


def run_kills(kills: int, folder: Path, seed: int = 1) -> Kills:
    """Start, kill and start again."""
    found, chance = Kills(), random.Random(seed)  # noqa: S311 - a campaign, no secret
    data = folder / "data"
    journal = data / "journal.jsonl"
    with simulated(folder) as site:
        write_plan(site, data)
        for number in range(kills):
            before = len(records_of(journal))
            process = start(site, data)
            try:
                cycle = _wait_for_cycle(journal, before, process)
                if cycle["mode"] != SetpointMode.PLAN.value or cycle["ups"]["pod-1"]["told"]["discharge_kw"] <= 0:
                    found.problems.append(f"kill {number}: the first cycle does not follow the plan: {cycle['why']}")
                time.sleep(chance.uniform(0.0, 4 * CYCLE_S))
            finally:
                process.kill()
                process.wait()
            killed = time.monotonic()
            found.kills += 1
            found.in_discharge += discharges(read_device(site))
            _watch(site, killed, found, number)
            records_of(journal)
    return found


def _wait_for_cycle(journal: Path, before: int, process: "subprocess.Popen[bytes]") -> Mapping[str, Any]:
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        cycle = _first_cycle(journal, before)
        if cycle is not None:
            return cycle
        time.sleep(0.02)
    raise AssertionError("the controller wrote no cycle")


def _watch(site: Path, killed: float, found: Kills, number: int) -> None:
    """Wait until the equipment follows nothing; by its own clock it must not take longer than the setpoint."""
    reading = read_device(site)
    while reading.in_force is not None:
        left_s = reading.in_force.left_s
        if left_s is None or left_s > SETPOINT_S:
            found.problems.append(f"kill {number}: a setpoint is left for {left_s} s")
        if time.monotonic() - killed > _PATIENCE_S:
            found.problems.append(f"kill {number}: the equipment still follows a setpoint")
            return
        time.sleep(0.1)
        reading = read_device(site)
    found.normal_after_s.append(time.monotonic() - killed)
    if reading.ups is None or (reading.ups.discharge_kw or 0.0) > 0:
        found.problems.append(f"kill {number}: batteries still give power")


def main() -> int:
    kills = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    with tempfile.TemporaryDirectory() as folder:
        found = run_kills(kills, Path(folder))
    sys.stdout.write(found.table() + "\n")
    sys.stdout.writelines(f"PROBLEM {each}\n" for each in found.problems)
    return bool(found.problems)


if __name__ == "__main__":
    sys.exit(main())
