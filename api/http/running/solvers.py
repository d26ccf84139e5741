"""Worker processes that solve, each with hard limits of time and memory.

A worker that dies, hangs or is given up is replaced; the others continue.
"""

import asyncio
import resource
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context, set_start_method
from multiprocessing.connection import Connection
from typing import Any, TypeVar

from ridethrough.api.metrics import SOLVE_S, SOLVES
from ridethrough.domain import UnableToAccept

T = TypeVar("T")
Reply = tuple[Any, Exception | None]
"""The result of work, or its exception."""

MEMORY_LIMIT_BYTES = 4 * 2**30
"""Of address space, for one worker; one that has warmed up has 0.2 GiB."""
MOST_WAITING = 64
"""The most requests that may wait for a free worker; further requests are refused at once."""

_SPAWN = get_context("spawn")
_STOPPING = "the service is stopping; ask again"


class UnableToSolve(RuntimeError):
    """A worker gave no answer within its hard limits, or it died, or none was free."""


class Solvers:
    """`total` workers; work waits for a free one no longer than `patience_s`; waiting and work take at most `limit_s`.

    A worker has at most `memory_limit_bytes` of address space; work that needs more fails, and its worker goes on.
    Work whose caller has gone away is given `grace_s` more, and then ended with its worker: most is done by then, and a
    worker is dear to replace. `warm_up` is what every worker does first, also one that replaces another.
    """

    def __init__(
        self,
        total: int,
        *,
        limit_s: float,
        patience_s: float,
        grace_s: float = 1.0,
        memory_limit_bytes: int = MEMORY_LIMIT_BYTES,
        warm_up: Callable[[], object] | None = None,
    ) -> None:
        self.total = total
        self._limit_s = limit_s
        self._patience_s = patience_s
        self._grace_s = grace_s
        self._workers = [_Worker(warm_up, memory_limit_bytes) for _ in range(total)]
        self._idle: asyncio.Queue[_Worker | None] = asyncio.Queue()
        self._jobs: set[asyncio.Future[Any]] = set()
        self._waiting = 0
        self._stopping = False
        for worker in self._workers:
            self._idle.put_nowait(worker)

    @property
    def idle(self) -> int:
        """The number of idle workers."""
        return self._idle.qsize()

    @property
    def waiting(self) -> int:
        """How many wait for a worker."""
        return self._waiting

    @property
    def cold(self) -> int:
        """How many workers have not warmed up."""
        return sum(worker.is_cold for worker in self._workers)

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The ids of the workers' processes."""
        return tuple(worker.process_id for worker in self._workers)

    async def warm(self) -> None:
        """Wait until every worker has warmed up."""
        await asyncio.gather(*(asyncio.to_thread(worker.warm, self._limit_s) for worker in self._workers))

    async def run(self, work: Callable[..., T], *arguments: object, within_s: float | None = None) -> T:
        """Run `work` in a worker; waiting for one and the work take `within_s` together, `limit_s` without it.

        Raises `UnableToSolve` where there is no answer in time, and whatever `work` raises. Where it is cancelled, the
        worker is free again when the work is done, or replaced after `grace_s`.
        """
        limit_s = self._limit_s if within_s is None else min(within_s, self._limit_s)
        until = time.monotonic() + limit_s
        worker = await self._free_worker(min(self._patience_s, limit_s))
        name = _name_of(work, arguments)
        job = asyncio.ensure_future(asyncio.to_thread(worker.call, work, arguments, until, limit_s))
        began = time.perf_counter()
        self._jobs.add(job)
        job.add_done_callback(lambda done: self._free(worker, done))
        job.add_done_callback(lambda done: _count(name, done, time.perf_counter() - began))
        try:
            return await asyncio.shield(job)  # what is asked of a worker goes on in its thread
        except asyncio.CancelledError:
            asyncio.get_running_loop().call_later(self._grace_s, _give_up, worker, job)
            raise

    async def _free_worker(self, patience_s: float) -> "_Worker":
        if self._stopping:
            raise UnableToSolve(_STOPPING)
        if self._waiting >= MOST_WAITING:
            raise UnableToSolve(f"every solver is busy, and {self._waiting} requests wait; ask again")
        self._waiting += 1
        try:
            worker = await asyncio.wait_for(self._idle.get(), patience_s)
        except TimeoutError as error:
            raise UnableToSolve(f"every solver was busy for {patience_s:g} s; ask again") from error
        finally:
            self._waiting -= 1
        if worker is None:
            raise UnableToSolve(_STOPPING)
        return worker

    def _free(self, worker: "_Worker", job: asyncio.Future[Any]) -> None:
        self._jobs.discard(job)
        self._idle.put_nowait(worker)

    async def stop(self, grace_s: float) -> None:
        """Turn away what waits and what comes, give what is at work `grace_s` to end, and end the workers."""
        self._stopping = True
        for _ in range(self._waiting):
            self._idle.put_nowait(None)
        if self._jobs:
            await asyncio.wait(self._jobs, timeout=grace_s)
        self.close()

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.close()


def _name_of(work: Callable[..., object], arguments: tuple[object, ...]) -> str:
    """The work's name; that of the first argument where the work passes on to it."""
    passed_to = arguments[0] if arguments and callable(arguments[0]) else work
    return getattr(passed_to, "__name__", "work")


def _count(name: str, job: asyncio.Future[Any], seconds: float) -> None:
    """Count work that has ended, by how."""
    error = None if job.cancelled() else job.exception()
    if job.cancelled() or isinstance(error, UnableToSolve):
        outcome = "no answer"
    elif error is None:
        outcome = "answered"
    else:
        outcome = "refused" if isinstance(error, UnableToAccept) else "failed"
    SOLVES.labels(work=name, outcome=outcome).inc()
    SOLVE_S.labels(work=name).observe(seconds)


def _give_up(worker: "_Worker", job: asyncio.Future[Any]) -> None:
    """End a worker whose work nobody waits for; the calling thread notices its end and replaces it."""
    if not job.done():
        worker.kill()


class _Worker:
    """One process that answers through a pipe. Its end of the pipe closes when the service dies, and it ends."""

    def __init__(self, warm_up: Callable[[], object] | None, memory_limit_bytes: int) -> None:
        self._warm_up = warm_up
        self._memory_limit_bytes = memory_limit_bytes
        self._closed = False
        self._start()

    @property
    def process_id(self) -> int:
        return self._process.pid or 0

    def _start(self) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=answer_calls, args=(theirs, self._memory_limit_bytes), daemon=True)
        self._process.start()
        theirs.close()
        self.is_cold = self._warm_up is not None
        if self.is_cold:
            self._pipe.send((self._warm_up, ()))

    def warm(self, limit_s: float) -> None:
        """Wait until the process has warmed up.

        Raises `UnableToSolve` where that takes longer than `limit_s`, and whatever went wrong in the process.
        """
        reply = self._warmed(limit_s)
        if reply is None:
            raise UnableToSolve(f"a solver did not start within {limit_s:g} s")
        _answer_of(reply)

    def _warmed(self, limit_s: float) -> Reply | None:
        """The answer to the warm-up, an empty one if it was read before; None if it is not there in time."""
        if not self.is_cold:
            return (None, None)
        if not self._pipe.poll(limit_s):
            return None
        self.is_cold = False
        return self._pipe.recv()  # type: ignore[no-any-return]

    def call(self, work: Callable[..., T], arguments: tuple[object, ...], until: float, limit_s: float) -> T:
        """Wait in this thread for the answer of `work` until a moment of the monotonic clock, `limit_s` from asking."""
        if not self._process.is_alive():
            self._restart()
        try:
            reply = self._warmed(_left_s(until))
            if reply is not None:
                self._pipe.send((work, arguments))
                reply = self._pipe.recv() if self._pipe.poll(_left_s(until)) else None
        except (EOFError, OSError) as error:
            if self._closed:
                raise UnableToSolve(_STOPPING) from error
            self._restart()
            raise UnableToSolve("the solver process died; keep the last certified plan or hold") from error
        if reply is None:
            self._restart()
            raise UnableToSolve(f"no plan within {limit_s:g} s; keep the last certified plan or hold")
        return _answer_of(reply)  # type: ignore[no-any-return]

    def _restart(self) -> None:
        self._end()
        if not self._closed:
            self._start()

    def kill(self) -> None:
        """End the process immediately."""
        self._process.kill()

    def close(self) -> None:
        """End the process for good."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _left_s(until: float) -> float:
    return max(0.0, until - time.monotonic())


def _answer_of(reply: Reply) -> Any:  # noqa: ANN401 - what the work returned
    answer, error = reply
    if isinstance(error, MemoryError):
        raise UnableToSolve("it takes more memory than a solver may use; ask for less at once") from error
    if error is not None:
        raise error
    return answer


def answer_calls(pipe: Connection, memory_limit_bytes: int) -> None:
    """Answer one call after the other until the pipe closes; what goes wrong travels back with its traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service ends its workers itself
    set_start_method(
        "fork", force=True
    )  # locks that libraries make are then unlinked at once: a kill leaves none behind
    resource.setrlimit(resource.RLIMIT_AS, (memory_limit_bytes, resource.getrlimit(resource.RLIMIT_AS)[1]))
    with suppress(EOFError, OSError):
        while True:
            work, arguments = pipe.recv()
            reply: Reply
            try:
                reply = (work(*arguments), None)
            except Exception as error:  # noqa: BLE001 - the caller must learn of any error
                error.add_note(traceback.format_exc())
                reply = (None, error)
            pipe.send(reply)
