"""The process that makes plans beside the loop, and another one after it was killed.

Where memory is short the system kills it, in the middle of a plan. A pool of processes takes nothing more after that,
and the loop would fail at every cycle.
"""

from collections.abc import Callable
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class PlannerProcess(Executor):
    """One process that works; what was under way when it was killed fails, and what is asked later does not."""

    def __init__(self) -> None:
        self._pool = _pool()

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Ask for a piece of work."""
        try:
            return self._pool.submit(fn, *args, **kwargs)
        except BrokenProcessPool:
            self._pool.shutdown(wait=False)
            self._pool = _pool()
            return self._pool.submit(fn, *args, **kwargs)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:  # noqa: FBT001, FBT002 - as `Executor`
        """End the process."""
        self._pool.shutdown(wait=wait, cancel_futures=cancel_futures)


def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))
