"""The server that the application runs in: clients that are slow or too many, and an orderly end.

| a connection that | is |
|---|---|
| has not sent the head of a request in `HEAD_LIMIT_S` or its body in `BODY_LIMIT_S` | answered with 408 and closed |
| does not take its answer within `TAKE_LIMIT_S` | closed |
| waits for the rest of its request longest, where there are more than the server may hold | closed for a new one |

On SIGTERM and SIGINT nothing new is accepted, streams end, requests that wait or still arrive get 503 at once, those at
work after `GRACE_S`, and the process ends with exit code 0.
"""

import asyncio
import json
import resource
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import h11
import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.h11_impl import H11Protocol

from ridethrough.api.http.access.headers import NOT_KEPT, SECURITY_HEADERS
from ridethrough.api.http.running.memory import share_one_arena
from ridethrough.api.logs import LogFormat, log_config

HEAD_LIMIT_S = 10.0
BODY_LIMIT_S = 30.0
TAKE_LIMIT_S = 30.0
GRACE_S = 5.0
RETRY_AFTER_S = 5
MOST_CONNECTIONS = 1024
_ACCEPTED_AT_ONCE = 16
"""Connections accepted before any of them is looked at: as many more descriptors than connections are in use."""
_WAITING_TO_BE_ACCEPTED = 1024
_OTHER_DESCRIPTORS = 80
_DESCRIPTORS_A_WORKER = 4
LIMITS_S: dict[object, float] = {h11.IDLE: HEAD_LIMIT_S, h11.SEND_BODY: BODY_LIMIT_S}
"""What of a request may be outstanding (the client's state), and for how long."""


def run(app: FastAPI, *, host: str, port: int, workers: int, log_format: LogFormat = LogFormat.TEXT) -> None:
    """Serve an application of `create_app` until a signal ends it."""
    config = uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=log_config(log_format),
        access_log=False,
        server_header=False,
        http=PatientProtocol,
        ws="none",
        backlog=_ACCEPTED_AT_ONCE,
        timeout_graceful_shutdown=int(2 * GRACE_S),
    )
    PatientProtocol.most_connections = most_connections(workers)
    share_one_arena()
    _Server(config).run()


def most_connections(workers: int) -> int:
    """How many connections the process's file descriptors allow beside its workers and files."""
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    spare = descriptors - _OTHER_DESCRIPTORS - _DESCRIPTORS_A_WORKER * workers - _ACCEPTED_AT_ONCE
    return max(1, min(MOST_CONNECTIONS, spare))


class PatientProtocol(H11Protocol):
    """HTTP/1.1 with deadlines, and with room for those who send a whole request."""

    most_connections = MOST_CONNECTIONS

    def __init__(self, *given: Any, **named: Any) -> None:  # noqa: ANN401 - uvicorn's own arguments
        super().__init__(*given, **named)
        self._awaited: object = None
        self.awaited_since_s = 0.0
        self._deadline: asyncio.TimerHandle | None = None
        self._taken_by: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Give a new connection its time, and close another one for it where there are too many."""
        super().connection_made(transport)
        self._await_request()
        if len(self.connections) > self.most_connections:
            self._longest_waiting().give_way()

    def _longest_waiting(self) -> "PatientProtocol":
        """The connection whose request has been outstanding longest; this one where none other is."""
        waiting = (each for each in self.connections if isinstance(each, PatientProtocol) and each.is_awaiting)
        return min(waiting, key=lambda each: each.awaited_since_s, default=self)

    @property
    def is_awaiting(self) -> bool:
        """Whether some of a request is outstanding."""
        return self._deadline is not None

    def give_way(self) -> None:
        """Close at once, for another connection."""
        self._forget_deadlines()
        self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget what was awaited."""
        self._forget_deadlines()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; what is still to come keeps the deadline it has."""
        super().data_received(data)
        self._await_request()

    def on_response_complete(self) -> None:
        """Await the next request."""
        super().on_response_complete()
        self._await_request()

    def pause_writing(self) -> None:
        """Give the client time to take what was sent."""
        super().pause_writing()
        self._taken_by = self.loop.call_later(TAKE_LIMIT_S, self.transport.abort)

    def resume_writing(self) -> None:
        """Go on: the client has taken it."""
        if self._taken_by is not None:
            self._taken_by.cancel()
            self._taken_by = None
        super().resume_writing()

    def shutdown(self) -> None:
        """End: an outstanding request is not waited for."""
        if self.is_awaiting and self._awaited is h11.SEND_BODY:
            self._answer_and_close(503, "The service is stopping")
        else:
            super().shutdown()

    def send_400_response(self, msg: str) -> None:
        """Answer what is no HTTP; the application does not answer as well."""
        self._answer_and_close(400, msg.rstrip("."))

    def _await_request(self) -> None:
        """Set the deadline of what is outstanding now, unless it is set."""
        state = self.conn.their_state
        awaited = state if state in LIMITS_S and not self.transport.is_closing() else None
        if awaited is self._awaited:
            return
        if self._deadline is not None:
            self._deadline.cancel()
        self._awaited, self.awaited_since_s = awaited, self.loop.time()
        self._deadline = None if awaited is None else self.loop.call_later(LIMITS_S[awaited], self._too_slow)

    def _forget_deadlines(self) -> None:
        for handle in (self._deadline, self._taken_by):
            if handle is not None:
                handle.cancel()
        self._deadline = self._taken_by = self._awaited = None

    def _too_slow(self) -> None:
        limit_s = LIMITS_S[self._awaited]
        self._answer_and_close(408, f"The request was not whole within {limit_s:g} s")

    def _answer_and_close(self, status: int, title: str) -> None:
        """Answer with a problem, unless an answer has begun; the application sees the client gone."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            problem = {"type": "about:blank", "title": title, "status": status, "detail": title}
            body = json.dumps(problem).encode()
            headers = [
                (b"content-type", b"application/problem+json"),
                (b"content-length", str(len(body)).encode()),
                (b"retry-after", str(RETRY_AFTER_S).encode()),
                (b"connection", b"close"),
                *SECURITY_HEADERS,
                NOT_KEPT,
            ]
            for event in (h11.Response(status_code=status, headers=headers), h11.Data(data=body), h11.EndOfMessage()):
                self.transport.write(self.conn.send(event) or b"")
        if self.cycle and not self.cycle.response_complete:  # type: ignore[truthy-bool] # None before a request
            self.cycle.disconnected = True
            self.cycle.message_event.set()
        self._forget_deadlines()
        self.transport.close()


class _Server(uvicorn.Server):
    """uvicorn's server, which tells the solvers when it stops and does not end by the signal that stopped it."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and let the system keep more connections waiting than are accepted at once."""
        await super().startup(sockets)
        for server in getattr(self, "servers", ()):
            for listening in server.sockets:
                with listening.dup() as same:
                    same.listen(_WAITING_TO_BE_ACCEPTED)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop, the solvers and open streams first."""
        state = self.config.app.state  # type: ignore[union-attr]
        stopping = asyncio.ensure_future(state.solvers.stop(GRACE_S))
        state.streams.end()
        await super().shutdown(sockets)
        await stopping

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop at a signal; uvicorn's own would raise it again at the end, and the exit code would be that."""
        before = {each: signal.signal(each, self.handle_exit) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)
