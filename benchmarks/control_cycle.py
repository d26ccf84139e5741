"""The controller's cycle for many UPS systems over Modbus TCP on loopback; their equipment has its own processes.

PYTHONPATH=$(make -s support) python -m benchmarks.control_cycle [SYSTEMS] [CYCLES] [SERVERS]

Each system is read, judged, guarded, written to and read back in every cycle. Printed are the wall and the CPU time of
a cycle; the first cycle, which connects, is apart.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import live
import numpy as np
from control_benches import RATES
from sites import site as site_of
from sites import ups_system

from ridethrough.bms.controller import Controller
from ridethrough.bms.drivers.catalog import driver_of
from ridethrough.bms.drivers.driver import system_clock
from ridethrough.bms.given_record import GivenRecord
from ridethrough.bms.ordering import LocalOrdering
from ridethrough.bms.running import leave_start_uncollected
from ridethrough.bms.simulated.modbus.server import ModbusSite, equipment_document
from ridethrough.bms.simulated.site import SimulatedSite
from ridethrough.bms.steady_clock import SteadyClock
from ridethrough.domain import Site
from ridethrough.domain.site_equipment import Device, SiteEquipment

CYCLE_S = 1.0


def premises(first: int, count: int) -> Site:
    systems = tuple(
        ups_system(id=f"pod-{number}", usable_fraction_by_c_rate=RATES) for number in range(first, first + count)
    )
    return site_of(*systems, import_limit_kw=6500.0 * count)


async def serve(first: int, count: int) -> None:
    """Serve a part of the systems, and say how to reach them."""
    site = premises(first, count)
    simulated = SimulatedSite(
        site,
        now=system_clock(),
        loads_kw={ups.id: 4300.0 for ups in site.ups},
        unprotected_load_kw=900.0 * count,
    )

    def go_on() -> None:
        simulated.advance(max(0.0, (system_clock() - simulated.now).total_seconds()))

    server = ModbusSite(simulated, before=lambda: None)
    await server.start()
    print(json.dumps(equipment_document(simulated, "127.0.0.1", server.port)), flush=True)
    while True:
        go_on()
        await asyncio.sleep(0.05)


def plan_of(site: Site) -> Any:  # noqa: ANN401
    made, now = live.plan(site, discharge_kw=200.0, unprotected_kw=900.0 * len(site.ups)), system_clock()
    return replace(
        made,
        made_at=now,
        expires_at=now + made.orders.horizon.step * 8,
        orders=replace(made.orders, horizon=replace(made.orders.horizon, start=now - made.orders.horizon.step)),
    )


async def measure(systems: int, cycles: int, documents: list[dict[str, Any]], folder: Path) -> None:
    site = premises(1, systems)
    devices = {ups_id: Device(**each) for document in documents for ups_id, each in document["ups"].items()}
    equipment = SiteEquipment(
        meter=Device(**documents[0]["meter"]), ups=devices, cycle_s=CYCLE_S, setpoint_s=5.0, requalify_s=0.0
    )
    plan, record = plan_of(site), GivenRecord(folder=folder)
    controller = Controller(
        site=site,
        equipment=equipment,
        drivers={ups_id: driver_of(device) for ups_id, device in devices.items()},
        meter=driver_of(equipment.meter),
        ordering=LocalOrdering(site=site, plan=lambda _: plan, held=lambda: ""),
        clock=SteadyClock(wall=system_clock, monotonic=time.monotonic),
        remember=lambda given: record.write(given, system_clock(), time.monotonic()),
    )
    leave_start_uncollected()
    wall, cpu, discharging = [], [], 0
    for _ in range(cycles + 1):
        began, used = time.perf_counter(), time.process_time()
        cycle = await controller.cycle()
        wall.append(time.perf_counter() - began)
        cpu.append(time.process_time() - used)
        discharging += sum(each.told is not None and each.told.discharge_kw > 0 for each in cycle.ups.values())
        await asyncio.sleep(max(0.0, 0.3 - wall[-1]))
    await controller.release()
    await controller.close()
    print(f"{systems} systems, {cycles} cycles, {discharging / (cycles + 1):.1f} systems told to discharge in each")
    print(f"first cycle, which connects: {wall[0] * 1000:,.0f} ms")
    for name, values in (("wall", wall[1:]), ("CPU of the controller", cpu[1:])):
        p50, p99 = np.percentile(values, [50, 99]) * 1000
        print(f"{name}: p50 {p50:,.1f} ms, p99 {p99:,.1f} ms, longest {max(values) * 1000:,.1f} ms")


def main() -> None:
    given = [int(each) for each in sys.argv[1:]]
    systems, cycles, servers = (*given, *(50, 200, 2)[len(given) :])
    parts = np.array_split(np.arange(1, systems + 1), servers)
    processes = [
        subprocess.Popen(  # noqa: S603 - itself
            [sys.executable, __file__, "serve", str(part[0]), str(len(part))], stdout=subprocess.PIPE, text=True
        )
        for part in parts
    ]
    try:
        documents = [json.loads(process.stdout.readline()) for process in processes if process.stdout is not None]
        with TemporaryDirectory() as folder:
            asyncio.run(measure(systems, cycles, documents, Path(folder)))
    finally:
        for process in processes:
            process.kill()


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        asyncio.run(serve(int(sys.argv[2]), int(sys.argv[3])))
    else:
        main()
