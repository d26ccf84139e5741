import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from postgresql import PostgresServer
from service import children_of, running_service
from stored_studies import MONTHS, WITHIN_S, events_of, stored_site, submitted


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
@pytest.mark.parametrize("victim", ["service", "worker"])
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
