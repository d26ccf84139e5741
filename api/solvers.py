"""Worker processes that solve, each with a hard time limit; one that dies or hangs is replaced alone."""

import asyncio
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any, TypeVar

T = TypeVar("T")

_SPAWN = get_context("spawn")


class UnableToSolve(RuntimeError):
    """A worker gave no answer within its hard limit, or died, or none was free."""


class Solvers:
    """`total` workers; work waits for a free one no longer than `patience_s`, and then runs at most `limit_s`."""

    def __init__(self, total: int, *, limit_s: float, patience_s: float) -> None:
        self.total = total
        self._limit_s = limit_s
        self._patience_s = patience_s
        self._workers = [_Worker() for _ in range(total)]
        self._idle: asyncio.Queue[_Worker] = asyncio.Queue()
        for worker in self._workers:
            self._idle.put_nowait(worker)

    @property
    def idle(self) -> int:
        """How many workers wait for work."""
        return self._idle.qsize()

    @property
    def process_ids(self) -> tuple[int, ...]:
        """The workers' processes."""
        return tuple(worker.process_id for worker in self._workers)

    async def warm(self, work: Callable[[], object]) -> None:
        """Let every worker import what it needs."""
        await asyncio.gather(*(self.run(work) for _ in range(self.total)))

    async def run(self, work: Callable[..., T], *arguments: object) -> T:
        """Run `work` in a worker.

        Raises `UnableToSolve` where there is no answer in time, and whatever `work` raises.
        """
        try:
            worker = await asyncio.wait_for(self._idle.get(), self._patience_s)
        except TimeoutError as error:
            raise UnableToSolve(f"every solver was busy for {self._patience_s:g} s; ask again") from error
        job = asyncio.ensure_future(asyncio.to_thread(worker.call, work, arguments, self._limit_s))
        job.add_done_callback(lambda _: self._idle.put_nowait(worker))
        return await asyncio.shield(job)  # a caller that goes away does not free a worker that still solves

    def close(self) -> None:
        """End the workers."""
        for worker in self._workers:
            worker.close()


class _Worker:
    """One process that answers through a pipe. Its end of the pipe closes when the service dies, and it ends."""

    def __init__(self) -> None:
        self._closed = False
        self._start()

    @property
    def process_id(self) -> int:
        return self._process.pid or 0

    def _start(self) -> None:
        self._pipe, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=answer_calls, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def call(self, work: Callable[..., T], arguments: tuple[object, ...], limit_s: float) -> T:
        """Wait for the answer of `work`, in this thread."""
        if not self._process.is_alive():
            self._restart()
        try:
            self._pipe.send((work, arguments))
            reply = self._pipe.recv() if self._pipe.poll(limit_s) else None
        except (EOFError, OSError) as error:
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

    def close(self) -> None:
        """End the process for good."""
        self._closed = True
        self._end()

    def _end(self) -> None:
        self._process.kill()
        self._process.join()
        self._pipe.close()


def _answer_of(reply: tuple[Any, Exception | None]) -> Any:  # noqa: ANN401 - what the work returned
    answer, error = reply
    if error is not None:
        raise error
    return answer


def answer_calls(pipe: Connection) -> None:
    """Answer one call after the other until the pipe closes; what goes wrong travels back with its traceback."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the service ends its workers itself
    with suppress(EOFError, OSError):
        while True:
            work, arguments = pipe.recv()
            reply: tuple[object, Exception | None]
            try:
                reply = (work(*arguments), None)
            except Exception as error:  # noqa: BLE001 - whatever it is, the caller must learn of it
                error.add_note(traceback.format_exc())
                reply = (None, error)
            pipe.send(reply)
