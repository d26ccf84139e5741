"""The HTTP service under requests: CPU of the server for each, latency, throughput, and errors.

PYTHONPATH=$(make -s support) python -m benchmarks.stateless_service [--requests 300] [--clients 8] [--seconds 60]
                                                                     [--workers 1]

A real server on a free port of this machine, `POST /v1/plans` with 96 steps on a tariff with demand charges. CPU is
that of the server and its workers (Linux). Exits with 1 where a request fails or an answer is not what it was before.
"""

import argparse
import os
import statistics
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from service import children_of, service

from benchmarks.timing import keep, say, say_load, table
from ridethrough.api.http.stateless.examples import TYPICAL_DAY

DAYS = tuple(f"2026-07-{day:02d}" for day in range(6, 11))
STORED_KWH = (700, 740, 780, 820, 860)
_NS = 1e9


@dataclass(slots=True)
class Load:
    """What many clients saw: seconds of each answer, and what was wrong."""

    latency_s: list[float] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--requests", type=int, default=300)
    arguments.add_argument("--clients", type=int, default=8)
    arguments.add_argument("--seconds", type=float, default=60.0)
    arguments.add_argument("--workers", type=int, default=1)
    asked = arguments.parse_args()
    say_load()
    with service("--workers", str(asked.workers)) as client:
        processes = server_processes()
        first = first_answer(client, processes)
        known = answers(client)
        alone = one_client(client, known, processes, asked.requests)
        began_ns, began = cpu_ns(processes), time.perf_counter()
        load = many_clients(client.base_url, known, asked.clients, asked.seconds)
        spent_s, wall_s = (cpu_ns(processes) - began_ns) / _NS, time.perf_counter() - began
    cpu_ms, wall_ms = zip(*alone, strict=True)
    rows = [
        ("first request, CPU", f"{first:.1f} ms", ""),
        ("one client, CPU of the server", f"{statistics.median(cpu_ms):.1f} ms", f"{p99(cpu_ms):.1f} ms"),
        ("one client, latency", f"{statistics.median(wall_ms):.1f} ms", f"{p99(wall_ms):.1f} ms"),
        (
            f"{asked.clients} clients, latency",
            f"{statistics.median(load.latency_s) * 1e3:.0f} ms",
            f"{p99(load.latency_s) * 1e3:.0f} ms",
        ),
    ]
    table(("", "p50", "p99"), rows)
    done = len(load.latency_s)
    say(f"{done} answers in {wall_s:.0f} s, {done / wall_s:.1f} a second; {len(load.errors)} errors.")
    say(f"{done / spent_s:.1f} plans a second of CPU (all processes of the server).\n")
    keep(
        "stateless_service",
        {"rows": rows, "answers": done, "errors": len(load.errors), "plans_per_cpu_s": done / spent_s},
    )
    for error in load.errors[:5]:
        print(error)
    return 1 if load.errors else 0


def requests() -> Iterator[dict[str, Any]]:
    """Requests of a few structures with other numbers in each: days of a week, and what is stored."""
    for day in DAYS:
        for stored_kwh in STORED_KWH:
            state = {
                "ups": {"pod-1": {"stored_kwh": stored_kwh}},
                "peaks_kw": {"on-peak demand": 5600 + stored_kwh / 10},
            }
            yield {**TYPICAL_DAY, "date": day, "state": state, "look_ahead_h": 0}


def first_answer(client: httpx.Client, processes: Sequence[int]) -> float:
    """CPU milliseconds of the first request after the service has started."""
    before_ns = cpu_ns(processes)
    client.post("/v1/plans", json=next(requests())).raise_for_status()
    return (cpu_ns(processes) - before_ns) / 1e6


def answers(client: httpx.Client) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    """Every request with its answer, which is checked once."""
    known = []
    for request in requests():
        plan = client.post("/v1/plans", json=request).raise_for_status().json()
        assert plan["status"] == "optimal"
        assert plan["certificate"]["certified"]
        assert len(plan["intervals"]) == 96
        known.append((request, lasting(plan)))
    return known


def lasting(plan: dict[str, Any]) -> dict[str, Any]:
    """A plan without what differs from one request to the next."""
    certificate = {name: value for name, value in plan["certificate"].items() if name != "issued_at"}
    kept = {name: value for name, value in plan.items() if name not in {"issued_at", "timing_ms"}}
    return {**kept, "certificate": certificate}


def one_client(
    client: httpx.Client,
    known: Sequence[tuple[dict[str, Any], dict[str, Any]]],
    processes: Sequence[int],
    count: int,
) -> list[tuple[float, float]]:
    """CPU of the server and latency (ms) of each of `count` requests, one after the other."""
    taken = []
    for index in range(count):
        request, _ = known[index % len(known)]
        before_ns, began = cpu_ns(processes), time.perf_counter()
        client.post("/v1/plans", json=request).raise_for_status()
        wall_ms = (time.perf_counter() - began) * 1e3
        taken.append(((cpu_ns(processes) - before_ns) / 1e6, wall_ms))
    return taken


def many_clients(
    url: httpx.URL, known: Sequence[tuple[dict[str, Any], dict[str, Any]]], clients: int, seconds: float
) -> Load:
    """Let clients ask as fast as they are answered, for some seconds; each answer is compared with the known one."""
    load, until = Load(), time.monotonic() + seconds
    threads = [
        threading.Thread(target=_ask, args=(url, known[number::clients] or known, until, load))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return load


def _ask(url: httpx.URL, known: Sequence[tuple[dict[str, Any], dict[str, Any]]], until: float, load: Load) -> None:
    with httpx.Client(base_url=url, timeout=60) as client:
        asked = 0
        while time.monotonic() < until:
            request, expected = known[asked % len(known)]
            asked += 1
            began = time.perf_counter()
            try:
                answer = client.post("/v1/plans", json=request)
            except httpx.HTTPError as error:
                load.errors.append(repr(error))
                continue
            load.latency_s.append(time.perf_counter() - began)
            if answer.status_code != httpx.codes.OK or lasting(answer.json()) != expected:
                load.errors.append(f"{answer.status_code}: {answer.text[:200]}")


def server_processes() -> list[int]:
    """The server that this process has started, and its workers."""
    (server,) = children_of(os.getpid())
    return [server, *children_of(server)]


def cpu_ns(processes: Sequence[int]) -> int:
    """CPU time of some processes and all their threads, to the nanosecond."""
    total = 0
    for process in processes:
        for task in Path(f"/proc/{process}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total


def p99(values: Sequence[float]) -> float:
    """The value that one in a hundred exceeds."""
    return sorted(values)[min(len(values) - 1, int(0.99 * len(values)))]


if __name__ == "__main__":
    sys.exit(main())
