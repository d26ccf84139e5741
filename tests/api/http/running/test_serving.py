"""Slow clients, too many of them, and the end of the service, on a real server."""

import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import h11
import httpx
import pytest
from documents import DAY, site_document
from service import running_service, service_in_thread

from ridethrough.api.http.running import serving
from ridethrough.api.http.server import create_app

HEAD = b"GET /healthz HTTP/1.1\r\nHost: local\r\n"
BODY = b"POST /v1/plans HTTP/1.1\r\nHost: local\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
CHUNKED = b"POST /v1/plans HTTP/1.1\r\nHost: local\r\nTransfer-Encoding: chunked\r\n\r\n"
QUICK_S = 1.0


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_in_thread(create_app()) as client:
        yield client


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(serving.LIMITS_S, h11.IDLE, 0.4)
    monkeypatch.setitem(serving.LIMITS_S, h11.SEND_BODY, 0.4)


def connected(client: httpx.Client, sent: bytes) -> socket.socket:
    opened = socket.create_connection(("127.0.0.1", client.base_url.port or 0), timeout=10)
    opened.sendall(sent)
    return opened


def answer_of(opened: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """The answer, read to the end of the connection."""
    received = b""
    while part := opened.recv(65536):
        received += part
    opened.close()
    head, _, body = received.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return int(first.split()[1]), {name.lower(): value for name, _, value in (x.partition(": ") for x in lines)}, body


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("sent", [b"", HEAD, BODY], ids=["nothing", "half a head", "half a body"])
def test_a_request_that_does_not_become_whole_is_answered_and_closed(client: httpx.Client, sent: bytes) -> None:
    began = time.monotonic()

    status, headers, body = answer_of(connected(client, sent))

    assert status == 408
    assert headers["content-type"] == "application/problem+json"
    assert headers["connection"] == "close"
    assert json.loads(body)["title"] == "The request was not whole within 0.4 s"
    assert time.monotonic() - began == pytest.approx(0.4, abs=0.4)


@pytest.mark.parametrize("part", [b"not HTTP at all\r\n\r\n", CHUNKED + b"zz\r\n", CHUNKED + b"1\r\n{\r\nzz\r\n"])
def test_what_is_no_http_is_answered_once(client: httpx.Client, part: bytes, caplog: pytest.LogCaptureFixture) -> None:
    status, headers, body = answer_of(connected(client, part))

    assert (status, headers["content-type"]) == (400, "application/problem+json")
    assert json.loads(body)["title"] == "Invalid HTTP request received"
    assert client.get("/healthz").status_code == 200
    assert not [record for record in caplog.records if record.exc_info]


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("sent", [HEAD + b"X-Slow: ", BODY], ids=["head", "body"])
def test_bytes_that_trickle_in_do_not_put_the_deadline_off(client: httpx.Client, sent: bytes) -> None:
    began = time.monotonic()

    with connected(client, sent) as opened, suppress(OSError):
        while time.monotonic() - began < 3:
            opened.sendall(b"a")
            time.sleep(0.1)

    assert time.monotonic() - began < 2


@pytest.mark.usefixtures("impatient")
def test_one_connection_may_ask_again_and_again(client: httpx.Client) -> None:
    with connected(client, b"") as opened:
        for _ in range(4):
            opened.sendall(HEAD + b"\r\n")
            received = b""
            while not received.endswith(b"}}"):
                received += opened.recv(65536)
            assert received.startswith(b"HTTP/1.1 200")
            time.sleep(0.2)


@pytest.mark.usefixtures("impatient")
def test_an_answer_that_takes_longer_than_the_request_may_is_waited_for(client: httpx.Client) -> None:
    site = site_document({"interval_minutes": 5, "prices": None, "tariff": "dominion-gs-4"})

    assert client.post("/v1/plans", json={"site": site, "date": DAY}).status_code == 200


def test_a_client_that_does_not_take_its_answer_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(serving, "TAKE_LIMIT_S", 0.5)
    app = create_app()

    @app.get("/much")
    async def much() -> dict[str, str]:
        return {"text": "a" * 50_000_000}

    asked = b"GET /much HTTP/1.1\r\nHost: local\r\n\r\n"
    with service_in_thread(app) as client, connected(client, asked) as opened:
        time.sleep(2)
        _, headers, body = answer_of(opened)

    assert len(body) < int(headers["content-length"])


def test_room_is_made_by_closing_the_one_that_waits_longest(
    client: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving.PatientProtocol, "most_connections", 3)
    waiting = [connected(client, HEAD) for _ in range(5)]
    time.sleep(0.2)

    assert httpx.get(f"{client.base_url}/healthz").status_code == 200

    assert [is_closed(opened) for opened in waiting] == [True, True, True, False, False]


def is_closed(opened: socket.socket) -> bool:
    """Whether the other end has closed; closes this one."""
    with opened:
        opened.settimeout(0.2)
        try:
            return opened.recv(1) == b""
        except ConnectionResetError:
            return True
        except TimeoutError:
            return False


@pytest.mark.parametrize(("descriptors", "connections"), [(256, 156), (65536, 1024), (64, 1)])
def test_connections_leave_descriptors_for_workers_and_files(
    descriptors: int, connections: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("resource.getrlimit", lambda _: (descriptors, descriptors))

    assert serving.most_connections(workers=1) == connections


@pytest.mark.long
def test_six_hundred_slow_clients_at_256_descriptors_leave_the_service_quick() -> None:
    with running_service(descriptors=256) as running:
        slow: list[socket.socket] = []

        def come() -> None:
            slow.extend(connected(running.client, HEAD if number % 2 else BODY) for number in range(600))

        coming = threading.Thread(target=come)
        coming.start()
        waits_s = []
        until = time.monotonic() + 12
        while time.monotonic() < until:
            began = time.monotonic()
            assert httpx.get(f"{running.client.base_url}/healthz", timeout=10).status_code == 200
            waits_s.append(time.monotonic() - began)
        coming.join()
        for opened in slow:
            opened.close()
        logged = running.logged()

    assert max(waits_s) < QUICK_S
    assert "Too many open files" not in logged


def long_solve() -> dict[str, Any]:
    """A request whose work takes much longer than the grace of the service."""
    changes = {"prices": None, "tariff": "dominion-gs-4", "interval_minutes": 5}
    site = site_document({**changes, "interconnection.import_limit_kw": 30_000})
    site["ups"] = [{**site["ups"][0], "id": f"pod-{number}", "units": 5 + number % 2} for number in range(4)]
    return {"site": site, "date": DAY, "look_ahead_h": 24 * 31.0}


@pytest.mark.long
def test_sigterm_while_a_solve_runs_is_answered_and_ends_without_a_trace() -> None:
    with running_service() as running:
        answers: list[httpx.Response] = []
        asking = threading.Thread(
            target=lambda: answers.append(
                httpx.post(f"{running.client.base_url}/v1/plans", json=long_solve(), timeout=30)
            )
        )
        asking.start()
        half = connected(running.client, BODY)
        while running.client.get("/healthz").json()["solvers"]["idle"]:
            time.sleep(0.05)

        running.process.terminate()

        status, headers, _ = answer_of(half)
        assert (status, headers["retry-after"]) == (503, "5")
        asking.join()
        assert running.process.wait(20) == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{running.client.base_url}/healthz")
        logged = running.logged()

    assert answers[0].status_code == 503
    assert answers[0].headers["content-type"] == "application/problem+json"
    assert int(answers[0].headers["retry-after"]) >= 1
    assert "the service is stopping" in answers[0].json()["detail"]
    assert "Traceback" not in logged
    assert "leaked" not in logged
