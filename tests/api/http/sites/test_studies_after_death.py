import json
import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from documents import REMOVED, site_document
from postgresql import PostgresServer
from service import children_of, running_service

STUDIES = "/v1/sites/pod/studies"
DAY = {"from": "2026-07-15", "to": "2026-07-15", "information": "perfect"}
MAY = {"from": "2026-05-01", "to": "2026-05-31", "information": "perfect"}
MONTHS = {"from": "2026-05-01", "to": "2026-08-31", "information": "perfect"}
WITHIN_S = 300.0


def stored_site(minutes: int = 60) -> dict[str, Any]:
    return site_document({"prices": REMOVED, "tariff": "dominion-gs-4", "interval_minutes": minutes})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    number: int
    document: dict[str, Any]


def events_of(client: httpx.Client, path: str, *, after: int | None = None) -> list[Event]:
    """The events of a study until its end."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with client.stream("GET", f"{path}/events", headers=headers, timeout=WITHIN_S) as answered:
        assert answered.headers["content-type"].startswith("text/event-stream")
        lines = list(answered.iter_lines())
    numbers = [int(line.removeprefix("id: ")) for line in lines if line.startswith("id: ")]
    documents = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return [Event(number=number, document=each) for number, each in zip(numbers, documents, strict=True)]


def submitted(client: httpx.Client, asked: dict[str, Any], **headers: str) -> str:
    answered = client.post(STUDIES, json=asked, headers=headers)
    assert answered.status_code == 202, answered.text
    return answered.headers["location"]


@pytest.mark.long
def test_a_stream_ends_with_the_service_and_the_study_goes_on_after_it(tmp_path: Path) -> None:
    options = ("--data", str(tmp_path), "--no-auth")
    with running_service(*options) as running, ThreadPoolExecutor() as threads:
        running.client.put("/v1/sites/pod", json=stored_site(15))
        path = submitted(running.client, MONTHS)
        stream = threads.submit(events_of, running.client, path)
        _until_at(running.client, path, 0.05)
        begun_s = time.monotonic()
        running.process.send_signal(signal.SIGTERM)
        assert running.process.wait(30) == 0
        assert time.monotonic() - begun_s < 20
        assert stream.result()[-1].document["state"] in {"running", "waiting"}
    with running_service(*options) as running:
        assert events_of(running.client, path)[-1].document["state"] == "done"


@pytest.mark.long
@pytest.mark.parametrize("victim", ["service"])
def test_of_two_services_on_one_database_the_other_finishes_the_studies(
    postgresql: PostgresServer, victim: str
) -> None:
    url = postgresql.new_database()
    with ExitStack() as services:
        killed, other = (services.enter_context(running_service("--database", url, "--no-auth")) for _ in range(2))
        killed.client.put("/v1/sites/pod", json=stored_site(15))
        paths = [submitted(killed.client, MONTHS, **{"Idempotency-Key": str(key)}) for key in range(2)]
        for path in paths:
            _until_at(other.client, path, 0.3)
        if victim == "service":
            killed.process.kill()
        else:
            for child in children_of(killed.process.pid):
                os.kill(child, signal.SIGKILL)
        results = [_finished(other.client, path) for path in paths]
        fresh = _finished(other.client, submitted(other.client, MONTHS))
    assert results == [fresh, fresh]


def _finished(client: httpx.Client, path: str) -> dict[str, Any]:
    assert events_of(client, path)[-1].document["state"] == "done"
    result: dict[str, Any] = client.get(path).json()["result"]
    return result


def _until_at(client: httpx.Client, path: str, fraction: float) -> None:
    until = time.monotonic() + WITHIN_S
    while client.get(path).json()["progress"]["fraction"] < fraction:
        assert time.monotonic() < until, client.get(path).text
        time.sleep(0.05)
