"""The service with a stored site under telemetry, setpoints and plans at once: CPU, errors, and memory.

PYTHONPATH=$(make -s support) python -m benchmarks.living_service [--clients 8] [--seconds 60] [--requests 300]

A real server on a free port of this machine, with SQLite and a key. First one client asks for `setpoints/now`, and the
CPU time of the server (its main process: solvers are no part of this answer) is read from the system before and after
each answer. Then several clients send telemetry, ask for setpoints and make plans, as a site does: of 100 requests 60
are for setpoints, 38 bring telemetry and 2 make a plan. Afterwards setpoints are measured again, on a store that has
grown.

Exits with 1 where an answer is no success, where the 99th percentile of CPU is 20 ms or more, or where the memory of
the server grows by more than a tenth from the first quarter of the load to its end.
"""

import argparse
import random
import re
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from documents import REMOVED, site_document
from service import running_service

from benchmarks.stateless_service import p99
from benchmarks.timing import keep, say, say_load, table

SITE = "/v1/sites/pod"
MOST_CPU_MS = 20.0
MOST_GROWTH = 0.10
_SHARES = {"setpoints": 60, "telemetry": 38, "plan": 2}
_SAMPLED_EVERY_S = 1.0


@dataclass(slots=True)
class Seen:
    """What clients saw: seconds of each kind of answer, and what went wrong."""

    latency_s: dict[str, list[float]] = field(default_factory=lambda: {kind: [] for kind in _SHARES})
    errors: list[str] = field(default_factory=list)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--clients", type=int, default=8)
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--requests", type=int, default=300)
    asked = arguments.parse_args()
    say_load()
    options = ("--requests-per-minute", "1000000")
    with tempfile.TemporaryDirectory() as data, running_service("--data", data, *options) as running:
        client = running.client
        (key,) = re.findall(r"rt_\S+", running.logged())
        client.headers["authorization"] = f"Bearer {key}"
        prepare(client)
        server = running.process.pid
        before_ms = setpoints_cpu_ms(client, server, asked.requests)
        memory: list[int] = []
        seen = mixed_load(client, asked.clients, asked.seconds, lambda: memory.append(resident_bytes(server)))
        after_ms = setpoints_cpu_ms(client, server, asked.requests)
        tracebacks = running.logged().count("Traceback")
    rows = [
        ("setpoints/now, CPU of the server", *_shown(before_ms)),
        ("the same after the load", *_shown(after_ms)),
        *((f"{kind}, latency under load", *_shown([1e3 * each for each in seen.latency_s[kind]])) for kind in _SHARES),
    ]
    table(("", "p50", "p99"), rows)
    done = {kind: len(taken) for kind, taken in seen.latency_s.items()}
    growth = memory[-1] / memory[len(memory) // 4] - 1
    say(f"{sum(done.values())} answers in {asked.seconds:.0f} s ({done}); {len(seen.errors)} errors.")
    first, quarter, last = (memory[at] / 2**20 for at in (0, len(memory) // 4, -1))
    say(f"Memory of the server: {first:.0f} MiB, after a quarter {quarter:.0f} MiB, at the end {last:.0f} MiB.")
    every_ten = ", ".join(f"{each / 2**20:.0f}" for each in memory[::10])
    say(f"Every ten seconds: {every_ten} MiB.\n")
    keep("living_service", {"rows": rows, "answers": done, "errors": len(seen.errors), "memory_bytes": memory})
    for line, count in Counter(seen.errors).most_common(5):
        print(f"{count} times: {line}")
    failed = seen.errors or tracebacks or growth > MOST_GROWTH
    return 1 if failed or max(p99(before_ms), p99(after_ms)) >= MOST_CPU_MS else 0


def prepare(client: httpx.Client) -> None:
    """Store a site, a reading and a plan."""
    document = site_document({"prices": REMOVED, "tariff": "dominion-gs-4"})
    client.put(SITE, json=document).raise_for_status()
    client.post(f"{SITE}/telemetry", json=reading(random.Random(0))).raise_for_status()  # noqa: S311 - no secret
    client.post(f"{SITE}/plans", json={"why": "the first"}, timeout=120).raise_for_status()
    answer = client.get(f"{SITE}/setpoints/now").raise_for_status().json()
    assert answer["mode"] in {"plan", "hold"}
    say(f"The site is on {answer['mode']}: {answer['why']}.")


def reading(drawn: random.Random) -> dict[str, Any]:
    """A reading of now, as a meter and a UPS send it."""
    system = {"stored_kwh": 900 + drawn.uniform(-5, 5), "load_kw": 4300 + drawn.uniform(-20, 20), "mode": "normal"}
    measured_at = datetime.now(UTC) - timedelta(milliseconds=drawn.randrange(1, 900))
    return {"measured_at": measured_at.isoformat(), "grid_kw": 5566 + drawn.uniform(-20, 20), "ups": {"pod-1": system}}


def setpoints_cpu_ms(client: httpx.Client, server: int, count: int) -> list[float]:
    """CPU milliseconds of the server for each answer, one after the other."""
    taken = []
    for _ in range(count):
        before = process_cpu_ns(server)
        client.get(f"{SITE}/setpoints/now").raise_for_status()
        taken.append((process_cpu_ns(server) - before) / 1e6)
    return taken


def mixed_load(client: httpx.Client, clients: int, seconds: float, sample: Any) -> Seen:  # noqa: ANN401 - called
    """Let clients ask as fast as they are answered, and take a sample every second."""
    seen, until = Seen(), time.monotonic() + seconds
    threads = [threading.Thread(target=_ask, args=(client, number, until, seen)) for number in range(clients)]
    for thread in threads:
        thread.start()
    while time.monotonic() < until:
        sample()
        time.sleep(_SAMPLED_EVERY_S)
    for thread in threads:
        thread.join()
    sample()
    return seen


def _ask(like: httpx.Client, seed: int, until: float, seen: Seen) -> None:
    drawn = random.Random(seed)  # noqa: S311 - no secret
    with httpx.Client(base_url=like.base_url, headers=like.headers, timeout=120) as client:
        while time.monotonic() < until:
            (kind,) = drawn.choices(list(_SHARES), list(_SHARES.values()))
            began = time.perf_counter()
            try:
                if kind == "setpoints":
                    answer = client.get(f"{SITE}/setpoints/now")
                elif kind == "telemetry":
                    answer = client.post(f"{SITE}/telemetry", json=reading(drawn))
                else:
                    answer = client.post(f"{SITE}/plans", json={"why": "under load"})
            except httpx.HTTPError as error:
                seen.errors.append(f"{kind}: {error!r}")
                continue
            seen.latency_s[kind].append(time.perf_counter() - began)
            if not answer.is_success:
                seen.errors.append(f"{kind}: {answer.status_code} {answer.text[:200]}")


def process_cpu_ns(process: int) -> int:
    """CPU time of a process with all its threads, also of those that have ended (Linux's clock of a process)."""
    return time.clock_gettime_ns((~process << 3) | 2)


def resident_bytes(process: int) -> int:
    """Resident memory of a process."""
    (line,) = (each for each in Path(f"/proc/{process}/status").read_text().splitlines() if each.startswith("VmRSS"))
    return int(line.split()[1]) * 1024


def _shown(taken_ms: Sequence[float]) -> tuple[str, str]:
    if not taken_ms:
        return "none", "none"
    return f"{statistics.median(taken_ms):.1f} ms", f"{p99(taken_ms):.1f} ms"


if __name__ == "__main__":
    sys.exit(main())
