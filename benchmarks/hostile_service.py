"""The HTTP service under bodies that no client should send: it answers each, and goes on.

PYTHONPATH=$(make -s support) python -m benchmarks.hostile_service [--bodies 20000] [--workers 2] [--clients 4]

A real server on a free port of this machine, with a stored site and a key; bodies go to every route that takes one.
Exits with 1 where an answer is a 5xx or none at all, where a refusal is no problem document, where the log holds a
traceback, or where a worker does not answer afterwards. A 503 of a service that is busy is counted, and is no fault:
the first study of a worker compiles for seconds.
"""

import argparse
import re
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice

import httpx
from hostile_bodies import REQUESTS, SITE_PATH, SITE_REQUESTS, hostile_requests
from service import running_service

_HEADERS = {"content-type": "application/json"}
_PROBLEM = "application/problem+json"
_MOST_SHOWN = 20
_BUSY = 503


@dataclass(slots=True)
class Outcome:
    """How often each status was the answer, and what was answered badly, with the body."""

    statuses: Counter[int] = field(default_factory=Counter)
    bad: list[str] = field(default_factory=list)


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--bodies", type=int, default=20_000)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--clients", type=int, default=4)
    arguments.add_argument("--seed", type=int, default=2026)
    asked = arguments.parse_args()
    began = time.monotonic()
    options = ("--workers", str(asked.workers), "--requests-per-minute", "1000000")
    with tempfile.TemporaryDirectory() as data, running_service("--data", data, *options) as running:
        client = running.client
        (key,) = re.findall(r"rt_\S+", running.logged())
        client.headers["authorization"] = f"Bearer {key}"
        keep_site(client)
        parts = attack(client, asked.bodies, asked.clients, asked.seed)
        after = [client.post("/v1/plans", json=REQUESTS["/v1/plans"]).status_code for _ in range(asked.workers)]
        idle = client.get("/healthz").json()["solvers"]["idle"]
        tracebacks = running.logged().count("Traceback (most recent call last)")
    spent_s = time.monotonic() - began
    statuses = sum((part.statuses for part in parts), Counter())
    bad = [line for part in parts for line in part.bad]
    print(f"{sum(statuses.values()):,} bodies in {spent_s:,.0f} s, by status: {dict(sorted(statuses.items()))}")
    print(
        f"bad answers: {len(bad)}; tracebacks in the log: {tracebacks}; plans afterwards: {after}; idle workers: {idle}"
    )
    for line in bad[:_MOST_SHOWN]:
        print(f"  {line}")
    unsent = asked.bodies // asked.clients * asked.clients - sum(statuses.values())
    return 1 if bad or unsent or tracebacks or set(after) != {200} or idle != asked.workers else 0


def keep_site(client: httpx.Client) -> None:
    """Store a site, so that its routes have something to refuse."""
    client.put(SITE_PATH, json=SITE_REQUESTS["PUT", SITE_PATH]).raise_for_status()
    listed = client.get("/openapi.json").json()["paths"]
    known = {*SITE_REQUESTS, *(("POST", path) for path in REQUESTS)}
    routes = [(method, path) for path in listed for method in listed[path]]
    taking = [(method.upper(), path) for method, path in routes if "requestBody" in listed[path][method]]
    fillings = {"site_id": "pod", "name": "load", "plan_id": "plan-1", "alarm_id": "1"}
    unasked = {(method, path.format_map(fillings)) for method, path in taking} - known
    assert not unasked, f"no hostile bodies go to {unasked}: add their requests"


def attack(client: httpx.Client, bodies: int, clients: int, seed: int) -> list[Outcome]:
    """Send bodies from several clients at once."""
    parts = [Outcome() for _ in range(clients)]
    threads = [
        threading.Thread(target=send, args=(client, bodies // clients, seed + number, part))
        for number, part in enumerate(parts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return parts


def send(like: httpx.Client, count: int, seed: int, outcome: Outcome) -> None:
    """Send bodies one after the other, and note how each was answered."""
    asked = {**{("POST", path): request for path, request in REQUESTS.items()}, **SITE_REQUESTS}
    headers = {**like.headers, **_HEADERS}
    with httpx.Client(base_url=like.base_url, headers=headers, timeout=120) as client:
        for number, (method, path, body) in enumerate(islice(hostile_requests(seed, asked), count)):
            try:
                answer = client.request(method, path, content=body)
            except httpx.HTTPError as error:
                outcome.bad.append(f"seed {seed}, body {number}, {path}: {error!r}: {body[:300]!r}")
                continue
            outcome.statuses[answer.status_code] += 1
            failed = answer.status_code >= 500 and answer.status_code != _BUSY
            if failed or (not answer.is_success and answer.headers.get("content-type") != _PROBLEM):
                said = answer.text[:200]
                outcome.bad.append(f"seed {seed}, body {number}, {path}: {answer.status_code} {said}: {body[:300]!r}")


if __name__ == "__main__":
    sys.exit(main())
