"""Every request, as those who run the service see it: an id, a line in the log, and what is counted.

The id is the client's `X-Request-ID`, if it is one, and is answered in the same header. A route is named by its
template, so that a label never holds what a client wrote. A route that makes or follows a plan says which by
`request.state.plan_id`.
"""

import re
import time
from typing import Any
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ridethrough.api.logs import REQUEST_ID, log_answer
from ridethrough.api.metrics import REQUEST_S, REQUESTS, REQUESTS_IN_PROGRESS

UNMATCHED = "none"
"""The label of requests that no route answers."""
_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_METHODS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"})
_FAILED = 500


class Observed:
    """An application whose requests are counted, timed and logged."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, and note how."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        noted = _Noted(scope)
        REQUEST_ID.set(noted.request_id)

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = noted.start(message)
            await send(message)

        REQUESTS_IN_PROGRESS.inc()
        try:
            await self._app(scope, receive, noting)
        finally:
            REQUESTS_IN_PROGRESS.dec()
            noted.end()


class _Noted:
    """What is noted of one request."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._began = time.perf_counter()
        self._status = _FAILED
        given = dict(scope["headers"]).get(b"x-request-id", b"")
        self.request_id = given.decode() if _ID.fullmatch(given) else uuid4().hex

    def start(self, message: Message) -> Message:
        """Note the status of an answer that begins, and give it the id."""
        self._status = message["status"]
        return {**message, "headers": [*message["headers"], (b"x-request-id", self.request_id.encode())]}

    def end(self) -> None:
        """Count and log the answer."""
        seconds = time.perf_counter() - self._began
        method = self._scope["method"] if self._scope["method"] in _METHODS else "other"
        route = getattr(self._scope.get("route"), "path", UNMATCHED)
        REQUESTS.labels(method=method, route=route, status=str(self._status)).inc()
        REQUEST_S.labels(method=method, route=route).observe(seconds)
        client = self._scope.get("client")
        state: dict[str, Any] = self._scope.get("state", {})
        caller = getattr(state.get("caller"), "name", None)
        plan_id = state.get("plan_id")
        about = "" if plan_id is None else f" plan_id={plan_id}"
        asked = f'{client[0] if client else "-"} "{method} {self._scope["path"]}"'
        log_answer(
            f"{asked} {self._status} {seconds * 1e3:.0f} ms{about}",
            method=method,
            path=self._scope["path"],
            route=route,
            status=self._status,
            duration_ms=round(seconds * 1e3, 1),
            client=client[0] if client else None,
            caller=caller,
            **({} if plan_id is None else {"plan_id": plan_id}),
        )
