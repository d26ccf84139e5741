"""Publishers beside the control loop: each in a thread of its own, which no cycle ever waits for.

A publisher that blocks, fails or is slow delays nobody: it is given the latest cycle when it is ready for one, and what
came meanwhile is left out. Its failures are told once, and so is that it works again.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from ridethrough.bms.publishing.publisher import Published, Publisher

EVERY_S = 2.0
"""A publisher tells no more often than this."""
AGAIN_S = 5.0
"""After a failure it waits this long."""
LONGEST_S = 60.0
"""A publisher that has not told within this time has failed: whom it waits for may never answer."""
_GOODBYE_S = 5.0

Tell = Callable[[str, str], None]
"""Told of a publisher by its name, and why it failed (empty: it works again)."""


@dataclass(slots=True)
class _Thread:
    """One publisher with its thread, and the latest that it has not told yet."""

    publisher: Publisher
    tell: Tell
    every_s: float
    again_s: float
    longest_s: float
    latest: Published | None = None
    ended: bool = False
    failed: str | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)
    thread: threading.Thread | None = None

    def start(self) -> None:
        self.thread = threading.Thread(target=self._run, name=f"publish {self.publisher.name}", daemon=True)
        self.thread.start()

    def offer(self, published: Published) -> None:
        with self.changed:
            self.latest = published
            self.changed.notify()

    def end(self) -> None:
        with self.changed:
            self.ended = True
            self.changed.notify()

    def _run(self) -> None:
        asyncio.run(self._publish_all())

    async def _publish_all(self) -> None:
        loop = asyncio.get_running_loop()
        while (published := await loop.run_in_executor(None, self._next)) is not None:
            why = await self._failure(published)
            if why != (self.failed or ""):
                self.tell(self.publisher.name, why)
            self.failed = why
            await loop.run_in_executor(None, self._rest, self.again_s if why else self.every_s)
        try:
            async with asyncio.timeout(_GOODBYE_S):
                await self.publisher.close()
        except Exception as error:  # noqa: BLE001 - whatever it is, the control loop has ended already
            self.tell(self.publisher.name, f"at its end: {_why(error)}")

    async def _failure(self, published: Published) -> str:
        """Why publishing failed; empty where it did not."""
        try:
            async with asyncio.timeout(self.longest_s):
                await self.publisher.publish(published)
        except TimeoutError as error:
            return str(error) or f"it did not end within {self.longest_s:g} s"
        except BaseException as error:  # noqa: BLE001 - errors of bacpypes3 are none of `Exception`; its thread goes on
            return _why(error)
        return ""

    def _next(self) -> Published | None:
        """Wait for something to tell; None at the end."""
        with self.changed:
            self.changed.wait_for(lambda: self.latest is not None or self.ended)
            published, self.latest = self.latest, None
            return None if self.ended else published

    def _rest(self, seconds: float) -> None:
        with self.changed:
            self.changed.wait_for(lambda: self.ended, timeout=seconds)


class Beside:
    """All publishers of a site; `tell` is called from the control loop's own thread, by `told`."""

    def __init__(
        self,
        publishers: Sequence[Publisher],
        *,
        every_s: float = EVERY_S,
        again_s: float = AGAIN_S,
        longest_s: float = LONGEST_S,
    ) -> None:
        self._said: queue.SimpleQueue[tuple[str, str]] = queue.SimpleQueue()
        self._threads = [_Thread(each, self._note, every_s, again_s, longest_s) for each in publishers]

    def start(self) -> None:
        """Start their threads."""
        for each in self._threads:
            each.start()

    def offer(self, published: Published) -> None:
        """Give them a cycle; this never waits."""
        for each in self._threads:
            each.offer(published)

    def told(self) -> Sequence[tuple[str, str]]:
        """What failed or works again since this was asked last: the publisher, and why (empty: it works again)."""
        return [self._said.get_nowait() for _ in range(self._said.qsize())]  # nobody else takes any out

    def stop(self) -> None:
        """End them; one that does not end in time is left behind, and ends with the process."""
        for each in self._threads:
            each.end()
        for each in self._threads:
            if each.thread is not None:
                each.thread.join(2 * _GOODBYE_S)

    def _note(self, name: str, why: str) -> None:
        self._said.put((name, why))


def _why(error: BaseException) -> str:
    return str(error) or type(error).__name__
