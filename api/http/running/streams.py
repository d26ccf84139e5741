"""Answers that stay open (server-sent events): they end when the service stops, and it does not wait for them."""

import asyncio
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_STREAM = b"text/event-stream"


class OpenStreams:
    """The streams that are open now."""

    def __init__(self) -> None:
        self._open: set[asyncio.Task[Any]] = set()
        self._ended: set[asyncio.Task[Any]] = set()

    def add(self, task: asyncio.Task[Any]) -> None:
        """Note the task that answers with a stream."""
        self._open.add(task)

    def remove(self, task: asyncio.Task[Any]) -> bool:
        """Forget a task, and tell whether its stream was ended here."""
        self._open.discard(task)
        was_ended = task in self._ended
        self._ended.discard(task)
        return was_ended

    def end(self) -> None:
        """End every stream: its client sees the end of the answer, and connects again elsewhere or later."""
        for task in self._open - self._ended:
            self._ended.add(task)
            task.cancel()


class EndingStreams:
    """An application whose streams can be ended."""

    def __init__(self, app: ASGIApp, streams: OpenStreams) -> None:
        self._app = app
        self._streams = streams

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; where a stream is ended, finish the answer in good order."""
        task = asyncio.current_task()
        if scope["type"] != "http" or task is None:
            await self._app(scope, receive, send)
            return

        async def noting(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_stream(message):
                self._streams.add(task)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        except asyncio.CancelledError:
            if not self._streams.remove(task):
                raise
            task.uncancel()
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            self._streams.remove(task)


def _is_stream(message: Message) -> bool:
    return any(name.lower() == b"content-type" and value.startswith(_STREAM) for name, value in message["headers"])
