"""Servers on this machine that answer as publishers of prices do, also when they are slow, broken or busy."""

import socket
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler

from http_servers import Answering, served

from ridethrough.api.reading.price_sources.price_source import PriceQuestion


@dataclass(kw_only=True)
class Scripted:
    """What a server answers, and how: `dies` after that many bytes, waits `pause_s` before each of its `pieces`."""

    content: bytes = b""
    status: int = 200
    kind: str = "text/plain"
    headers: Mapping[str, str] = field(default_factory=dict)
    dies: int | None = None
    pause_s: float = 0.0
    pieces: int = 1


@dataclass(kw_only=True)
class Server:
    """Where it listens, and what it was asked (path and query)."""

    address: str
    asked: list[str] = field(default_factory=list)
    forms: list[bytes] = field(default_factory=list)


TOKEN = "t0ken-of-a-test"  # noqa: S105 - no key


@contextmanager
def serving(*answers: Scripted, signing_in: Scripted | None = None) -> Iterator[Server]:
    """Answer each request by the next of `answers`, the last one stays; and a form by `signing_in`: with a token."""
    token = signing_in or Scripted(content=f'{{"access_token": "{TOKEN}", "expires_in": 3600}}'.encode())
    said = Server(address="")

    class Handler(Answering):
        def do_GET(self) -> None:
            answer = answers[min(len(said.asked), len(answers) - 1)]
            said.asked.append(self.path)
            self._answer(answer)

        def do_POST(self) -> None:
            said.forms.append(self.content())
            self._answer(token)

        def _answer(self, answer: Scripted) -> None:
            kind = {"Content-Type": answer.kind} if answer.kind else {}
            self.begin(answer.status, len(answer.content), {**kind, **answer.headers})
            _send_content(self, answer)

    with served(Handler) as said.address:
        yield said


def _send_content(to: BaseHTTPRequestHandler, answer: Scripted) -> None:
    if answer.dies is not None:
        to.wfile.write(answer.content[: answer.dies])
        to.wfile.flush()
        to.connection.shutdown(socket.SHUT_RDWR)
        return
    size = max(1, -(-len(answer.content) // answer.pieces))
    for first in range(0, len(answer.content), size):
        time.sleep(answer.pause_s)
        try:
            to.wfile.write(answer.content[first : first + size])
            to.wfile.flush()
        except OSError:
            return


def question(
    start: str,
    end: str,
    *,
    zone: str = "DE_LU",
    currency: str = "EUR",
    timezone: str = "Europe/Berlin",
    now: str = "2026-06-30T14:00+02:00",
) -> PriceQuestion:
    """A question as tests ask it."""
    moments = [datetime.fromisoformat(each) for each in (start, end, now)]
    first, last, asked_at = moments
    return PriceQuestion(zone=zone, start=first, end=last, now=asked_at, currency=currency, timezone=timezone)
