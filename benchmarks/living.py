"""What setpoints of now cost on a site that is a year old, and how a service holds eight clients at once.

PYTHONPATH=$(make -s support) python -m benchmarks.living [--readings N] [--seconds S]
"""

import argparse
import asyncio
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from ridethrough.api.http.server import create_app
from ridethrough.api.operating.making_plans import make_plan
from ridethrough.api.reading.telemetry import read_telemetry, telemetry_document
from ridethrough.store.database import Database, open_database
from ridethrough.store.operating.telemetry import TELEMETRY
from ridethrough.store.schema import canonical, microseconds, sha256_of
from ridethrough.store.series import append_series
from ridethrough.store.series_days import Stretch
from ridethrough.store.sites import put_site

SITE: dict[str, Any] = {
    "id": "pod",
    "timezone": "America/New_York",
    "tariff": "dominion-gs-4",
    "interconnection": {"import_limit_kw": 6500},
    "unprotected_load": {"constant_kw": 900},
    "ups": [
        {
            "id": "pod-1",
            "units": 5,
            "tolerated_failures": 1,
            "unit_output_limit_kw": 1200,
            "load": {"series": "load"},
            "protected_load_kw": 4800,
            "battery": {"nominal_kwh": 200},
            "reserve": {"ride_through_s": 300},
        }
    ],
}
PATH = "/v1/sites/pod"
CLIENTS = 8
_AT_ONCE = 5000
_STEP = timedelta(minutes=15)


def reading(at: datetime) -> dict[str, Any]:
    system = {"stored_kwh": 950.0, "load_kw": 4300.0, "mode": "normal"}
    return {"measured_at": at.isoformat(), "grid_kw": 5566.0, "ups": {"pod-1": system}}


def year_old(database: Database, now: datetime, readings: int) -> None:
    """A site with a year of loads every quarter of an hour, and a reading every minute."""
    begun, quarter = now - timedelta(days=366), now.replace(minute=now.minute // 15 * 15, second=0)
    values = 4200 + 100 * np.random.default_rng(0).random(365 * 96)
    text = canonical(telemetry_document(read_telemetry(reading(now), source="telemetry")))
    with database.writing() as connection:
        put_site(connection, "pod", SITE, now=begun, by="benchmark")
        append_series(
            connection, "pod", "load", Stretch(start=quarter - 365 * 96 * _STEP, step=_STEP, values=values), now=now
        )
        for first in range(readings, 0, -_AT_ONCE):
            times = [now - timedelta(minutes=minute) for minute in range(first, max(0, first - _AT_ONCE), -1)]
            connection.execute(
                TELEMETRY.insert(), [_row(at, text.replace(now.isoformat(), at.isoformat())) for at in times]
            )


def _row(at: datetime, text: str) -> dict[str, Any]:
    return {
        "site_id": "pod",
        "measured_at": microseconds(at),
        "received_at": microseconds(at),
        "received_from": "benchmark",
        "in_outage": False,
        "sha256": sha256_of(text),
        "document": text,
    }


def cpu_of_setpoints(database: Database, now: datetime) -> None:
    """The CPU time of each answer, with a reading that came just before it."""
    app = create_app(store=database)
    app.state.clock = lambda: now + timedelta(seconds=10)

    async def ask() -> list[float]:
        took = []
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://ridethrough") as client:
            for number in range(500):
                at = now + timedelta(milliseconds=number)
                assert (await client.post(f"{PATH}/telemetry", json=reading(at))).status_code == 201
                begun = time.process_time()
                answer = await client.get(f"{PATH}/setpoints/now")
                took.append(1e3 * (time.process_time() - begun))
                assert answer.json()["mode"] == "plan", answer.text
        return took

    p50, p99 = np.percentile(asyncio.run(ask()), (50, 99))
    print(f"setpoints/now: {p50:.1f} ms of CPU, p99 {p99:.1f} ms")


def eight_clients(address: str, seconds: float, memory_mb: Callable[[], float]) -> None:
    """Readings, setpoints and now and then a plan from eight clients at once."""
    counts, errors, until = dict.fromkeys(("telemetry", "setpoints", "plans"), 0), [], time.monotonic() + seconds

    def ask(number: int) -> None:
        with httpx.Client(base_url=address, timeout=60) as client:
            turn = 0
            while time.monotonic() < until:
                turn += 1
                if number == 0 and turn % 50 == 0:
                    what, answer = "plans", client.post(f"{PATH}/plans", json={"why": "load"})
                elif number % 2:
                    what, answer = "telemetry", client.post(f"{PATH}/telemetry", json=reading(datetime.now(UTC)))
                else:
                    what, answer = "setpoints", client.get(f"{PATH}/setpoints/now")
                counts[what] += 1
                if answer.status_code >= 300:
                    errors.append(answer.text)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(seconds / 4)
    early_mb = memory_mb()
    for thread in threads:
        thread.join()
    print(f"{CLIENTS} clients, {seconds:g} s: {counts}, {len(errors)} errors")
    print(f"memory of the service: {early_mb:.0f} MB early, {memory_mb():.0f} MB late")
    assert not errors, errors[0]


def resident_mb(process_id: int) -> float:
    status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


def main() -> None:
    asked = argparse.ArgumentParser()
    asked.add_argument("--readings", type=int, default=366 * 1440)
    asked.add_argument("--seconds", type=float, default=60)
    options = asked.parse_args()
    now = datetime.now(UTC).replace(microsecond=0)
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/ridethrough.db")
        year_old(database, now, options.readings)
        begun = time.process_time()
        made = make_plan(database, "pod", now, "benchmark")
        print(
            f"a plan, the first of its process: {time.process_time() - begun:.1f} s of CPU, certified: {made.certified}"
        )
        cpu_of_setpoints(database, now)
        database.close()
        command = [sys.executable, "-m", "ridethrough", "serve", "--data", folder, "--no-auth", "--port", "8123"]
        limit = ["--requests-per-minute", "1000000"]
        with subprocess.Popen([*command, *limit], stderr=subprocess.DEVNULL) as process:  # noqa: S603 - our own
            try:
                address = "http://127.0.0.1:8123"
                _wait(address)
                eight_clients(address, options.seconds, lambda: resident_mb(process.pid))
            finally:
                process.terminate()


def _wait(address: str) -> None:
    for _ in range(600):
        try:
            if httpx.get(f"{address}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.2)
    raise TimeoutError(address)


if __name__ == "__main__":
    main()
