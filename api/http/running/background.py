"""Worker processes for jobs, apart from those that answer requests: a study of hours delays no plan."""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import TypeVar

from ridethrough.api.http.running.solvers import Solvers

T = TypeVar("T")

LIMIT_S = 6 * 3600.0
"""The longest time for one piece of a job; a study that needs more goes on from its checkpoint."""
_PATIENCE_S = 60.0
LOW = 3
"""The niceness of work that nobody waits for: half of the time that the service itself gets."""


class BackgroundWorkers:
    """`total` workers, which threads may use. It belongs to the running event loop."""

    def __init__(self, total: int, *, niceness: int = 0, limit_s: float = LIMIT_S) -> None:
        self._loop = asyncio.get_running_loop()
        self._niceness = niceness
        self._solvers = Solvers(total, limit_s=limit_s, patience_s=_PATIENCE_S)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The ids of the workers' processes."""
        return self._solvers.process_ids

    def __call__(self, work: Callable[..., T], *arguments: object) -> "Future[T]":
        """Begin work in a worker; cancelling the future ends the work, with its worker."""
        niced = self._solvers.run(with_niceness, self._niceness, work, *arguments)
        return asyncio.run_coroutine_threadsafe(niced, self._loop)

    def close(self) -> None:
        """End the workers."""
        self._solvers.close()


def with_niceness(niceness: int, work: Callable[..., T], *arguments: object) -> T:
    """Do work in a process that gives way to those that answer requests."""
    os.nice(max(0, niceness - os.nice(0)))
    return work(*arguments)
