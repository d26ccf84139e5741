"""Webhooks: signed so that a receiver can tell, sent until they are taken, and never to where they must not go."""

import hashlib
import hmac
import json
import socket
import threading
import time
from datetime import timedelta

import pytest
from receivers import Answer, Receiver, hangs_up, receiver, says, stalls
from stored_sites import NOW, Clock

from ridethrough.api.operating import webhook_address
from ridethrough.api.operating.sending import deliver_due
from ridethrough.api.operating.webhook_address import UnableToReach, address_of, check_target, target_of
from ridethrough.domain import UnableToAccept
from ridethrough.store import webhooks
from ridethrough.store.database import Database

SECRET = "wonderful-secret"  # noqa: S105 - a test's own


def queue(database: Database, url: str, *, messages: int = 1) -> int:
    with database.writing() as connection:
        added = webhooks.add(connection, "site", url=url, secret=SECRET, events=(), by="ada", now=NOW)
        for index in range(messages):
            webhooks.queue(connection, "site", "held", {"index": index}, now=NOW)
    return added.id


def kept(database: Database, webhook_id: int) -> webhooks.Message:
    with database.reading() as connection:
        return webhooks.messages(connection, "site", webhook_id)[0]


def test_a_receiver_can_tell_who_sent_a_message_and_when(database: Database) -> None:
    with receiver(says("HTTP/1.1 200 OK")) as found:
        webhook_id = queue(database, found.url)
        assert deliver_due(database, Clock(), to_loopback=True) == 1
    (request,) = found.requests
    head, _, body = request.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    assert lines[0] == "POST /hook?site=pod HTTP/1.1"
    headers = dict(line.split(": ", 1) for line in lines[1:])
    stamp, given = (part.split("=")[1] for part in headers["Ridethrough-Signature"].split(","))
    signed = f"{stamp}.{headers['Ridethrough-Delivery']}.".encode() + body
    assert hmac.new(SECRET.encode(), signed, hashlib.sha256).hexdigest() == given
    assert int(stamp) == int(NOW.timestamp())
    assert json.loads(body) == {"index": 0}
    assert headers["Ridethrough-Event"] == "held"
    assert SECRET not in request.decode()
    assert kept(database, webhook_id).delivered_at == NOW
    assert deliver_due(database, Clock(NOW + timedelta(days=1)), to_loopback=True) == 0, (
        "what is taken is not sent again"
    )


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (says("HTTP/1.1 500 Oops"), "status 500"),
        (says("HTTP/1.1 302 Found"), "status 302"),
        (says("HTTP/1.1 199 Lie"), "status 199"),
        (says("220 mail.example ESMTP"), "no answer: ValueError"),
        (says("HTTP/1.1 OK"), "no answer: ValueError"),
        (says("x" * 5000), "no answer: ValueError"),
        (hangs_up, "no answer"),
        (stalls, "no answer within 0.5 s"),
    ],
)
def test_a_message_that_is_not_taken_is_sent_again(sqlite_database: Database, answer: Answer, error: str) -> None:
    clock = Clock()
    with receiver(answer, says("HTTP/1.1 204 No Content")) as found:
        webhook_id = queue(sqlite_database, found.url)
        begun = time.monotonic()
        assert deliver_due(sqlite_database, clock, to_loopback=True, patience_s=0.5) == 0
        assert time.monotonic() - begun < 3
        failed = kept(sqlite_database, webhook_id)
        assert failed.last_error is not None
        assert failed.last_error.startswith(error)
        assert failed.due_at == NOW + timedelta(seconds=webhooks.BACK_OFF_S[0])
        assert deliver_due(sqlite_database, clock, to_loopback=True) == 0, "not yet"
        if answer is stalls:
            time.sleep(4.5)
        clock.pass_by(timedelta(seconds=10))
        assert deliver_due(sqlite_database, clock, to_loopback=True) == 1
    first, again = (each.split(b"\r\n\r\n")[1] for each in found.requests)
    assert first == again


def test_nobody_listens(sqlite_database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    webhook_id = queue(sqlite_database, Receiver(port=port).url)
    assert deliver_due(sqlite_database, Clock(), to_loopback=True) == 0
    assert kept(sqlite_database, webhook_id).last_error == "no answer: ConnectionRefusedError"


def test_one_that_stalls_does_not_keep_the_others_waiting(sqlite_database: Database) -> None:
    with receiver(stalls) as slow, receiver(says("HTTP/1.1 200 OK")) as quick:
        queue(sqlite_database, slow.url)
        queue(sqlite_database, quick.url)
        assert deliver_due(sqlite_database, Clock(), to_loopback=True, patience_s=0.5) == 1
    assert len(quick.requests) == 1


REFUSED = [
    "ftp://example.com/",
    "http://example.com/",
    "https://",
    "https://user:secret@example.com/",
    "https://example.com/#part",
    "https://example.com:99999/",
    "https://exa mple.com/",
    "https://example.com/\r\nHost: other",
    "https://exämple.com/",
    "https://127.0.0.1/",
    "https://127.1.2.3/",
    "https://localhost/",
    "https://db.localhost/",
    "https://[::1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://169.254.169.254/latest/meta-data/",
    "https://[fe80::1]/",
    "https://0.0.0.0/",
    "https://224.0.0.1/",
    "http://10.0.0.7/",
    "https://" + "a" * 2000 + ".com/",
]


@pytest.mark.parametrize("url", REFUSED)
def test_a_service_that_others_reach_refuses_what_only_it_can_reach(url: str) -> None:
    with pytest.raises(UnableToAccept):
        check_target(target_of(url), to_loopback=False)


@pytest.mark.parametrize("url", ["https://example.com/hook", "https://10.0.0.7:8443/", "https://8.8.8.8/?a=b"])
def test_other_machines_are_told_by_https(url: str) -> None:
    check_target(target_of(url), to_loopback=False)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000/", "http://localhost/", "https://[::1]/"])
def test_a_service_that_only_its_machine_reaches_tells_its_machine(url: str) -> None:
    check_target(target_of(url), to_loopback=True)


@pytest.mark.parametrize("addresses", [["127.0.0.1"], ["8.8.8.8", "169.254.169.254"], []])
def test_a_name_that_leads_to_a_refused_address_is_not_sent_to(
    monkeypatch: pytest.MonkeyPatch, addresses: list[str]
) -> None:
    """The name is looked up when a message is sent: it may have led elsewhere when the webhook was added."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, 443)) for each in addresses]
    monkeypatch.setattr(webhook_address.socket, "getaddrinfo", lambda *_, **__: found)
    with pytest.raises(UnableToReach):
        address_of(target_of("https://rebound.example/"), to_loopback=False)


def test_a_receiver_without_a_certificate_gets_nothing(sqlite_database: Database) -> None:
    with socket.create_server(("127.0.0.1", 0)) as plain:
        plain.settimeout(5)
        webhook_id = queue(sqlite_database, f"https://127.0.0.1:{plain.getsockname()[1]}/")
        got: list[bytes] = []

        def answer() -> None:
            connection, _ = plain.accept()
            with connection:
                got.append(connection.recv(4096))
                connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        assert deliver_due(sqlite_database, Clock(), to_loopback=True, patience_s=2) == 0
        thread.join(5)
    assert b"index" not in got[0]
    assert kept(sqlite_database, webhook_id).last_error == "no answer: SSLError"
