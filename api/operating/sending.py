"""Sends webhooks: signed, at least once, again after a while where the receiver does not take them.

A message has these headers: `Ridethrough-Event`, `Ridethrough-Delivery` (the message's id; the same when it is sent
again), and `Ridethrough-Signature: t=SECONDS,v1=HEX`, where HEX is the HMAC-SHA256, by the webhook's secret, of
`SECONDS.ID.BODY`. A receiver checks the signature, and that SECONDS is not long ago.
"""

import hashlib
import hmac
import socket
import ssl
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from ridethrough.api.operating.webhook_address import Target, UnableToReach, address_of, target_of
from ridethrough.store import webhooks
from ridethrough.store.database import Database, UnableToStore
from ridethrough.store.webhooks import Due

PATIENCE_S = 10.0
"""A receiver has this long from connection to status line."""
_AT_ONCE = 4
_EVERY_S = 1.0
_GRACE_S = 2.0
_LONGEST_STATUS_LINE = 1024
_TAKEN = range(200, 300)


def signature(secret: str, sent_at: int, message_id: int, body: bytes) -> str:
    """The value of the header that proves who sent a message, and when.

    >>> signature("secret", 1700000000, 7, b"{}")[:20]
    't=1700000000,v1=2476'
    """
    signed = f"{sent_at}.{message_id}.".encode() + body
    return f"t={sent_at},v1={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def deliver_due(
    database: Database, clock: Callable[[], datetime], *, to_loopback: bool, patience_s: float = PATIENCE_S
) -> int:
    """Send every message that is due, a few at once; how many receivers took theirs."""
    with database.writing() as connection:
        due = webhooks.take(connection, now=clock())
    if not due:
        return 0

    def deliver(each: Due) -> bool:
        error = send(each, clock(), to_loopback=to_loopback, patience_s=patience_s)
        with database.writing() as connection:
            if error is None:
                webhooks.delivered(connection, each.message.id, now=clock())
            else:
                webhooks.failed(connection, each.message, error, now=clock())
        return error is None

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return sum(pool.map(deliver, due))


def send(due: Due, now: datetime, *, to_loopback: bool, patience_s: float = PATIENCE_S) -> str | None:
    """Send one message; why it was not taken, None where it was."""
    until = time.monotonic() + patience_s
    try:
        target = target_of(due.url)
        address = address_of(target, to_loopback=to_loopback)
        with _connected(target, address, patience_s) as connection:
            connection.sendall(_request(due, target, int(now.timestamp())))
            status = _status(connection, until)
    except UnableToReach as error:
        return str(error)
    except TimeoutError:
        return f"no answer within {patience_s:g} s"
    except (OSError, ValueError) as error:
        return f"no answer: {type(error).__name__}"
    return None if status in _TAKEN else f"status {status}"


class WebhookSender:
    """A thread that sends what is due until it is stopped; every process of a service may have one."""

    def __init__(self, database: Database, clock: Callable[[], datetime], *, to_loopback: bool) -> None:
        self._database = database
        self._clock = clock
        self._to_loopback = to_loopback
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="webhooks", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def stop(self) -> None:
        """Send nothing more; what is being sent has a moment, and is sent again where it is not done by then."""
        self._stopping.set()
        self._thread.join(timeout=_GRACE_S)

    def _run(self) -> None:
        while not self._stopping.wait(_EVERY_S):
            try:
                deliver_due(self._database, self._clock, to_loopback=self._to_loopback)
            except UnableToStore:
                continue  # the messages stay queued, and the store says for itself what it lacks


def _connected(target: Target, address: str, patience_s: float) -> socket.socket:
    plain = socket.create_connection((address, target.port), timeout=patience_s)
    if target.scheme == "http":
        return plain
    try:
        return ssl.create_default_context().wrap_socket(plain, server_hostname=target.host)
    except BaseException:
        plain.close()
        raise


def _request(due: Due, target: Target, sent_at: int) -> bytes:
    body = due.message.body.encode()
    host = f"[{target.host}]" if ":" in target.host else target.host
    headers = {
        "Host": f"{host}:{target.port}",
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        "Ridethrough-Event": due.message.event,
        "Ridethrough-Delivery": str(due.message.id),
        "Ridethrough-Signature": signature(due.secret, sent_at, due.message.id, body),
    }
    lines = [f"POST {target.path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items()), "", ""]
    return "\r\n".join(lines).encode("ascii") + body


def _status(connection: socket.socket, until: float) -> int:
    """The status of the answer; nothing else of it is read.

    Raises `ValueError` for what is no HTTP, and `TimeoutError` where it is not there in time.
    """
    line = b""
    while b"\n" not in line and len(line) < _LONGEST_STATUS_LINE:
        left_s = until - time.monotonic()
        if left_s <= 0:
            raise TimeoutError
        connection.settimeout(left_s)
        part = connection.recv(_LONGEST_STATUS_LINE)
        if not part:
            break
        line += part
    protocol, _, rest = line.partition(b" ")
    if not protocol.startswith(b"HTTP/1."):
        raise ValueError("not HTTP")
    return int(rest[:3])
