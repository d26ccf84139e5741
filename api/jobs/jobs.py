"""Jobs: submit, follow, cancel. What it knows is in the store; the engine only says which process runs what.

A job is acknowledged when the store has it. A process that dies at any moment after loses nothing:

| it dies | then |
|---|---|
| before the engine has the task | the next sweep of any process enqueues it |
| while a worker is at it | its beat stops, and the next sweep of any other process gives the task back to the queue |
| after the files are written, before the engine knows | the task is run again, finds the job ended, and does nothing |

A job that was started twice has one owner: the store refuses what the other one writes.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from ridethrough.api.jobs.engine import Engine, TaskStatus
from ridethrough.api.jobs.reaper import Reaper
from ridethrough.api.jobs.repeating import Repeating
from ridethrough.api.jobs.task import InWorker, Kind, Task, UnableToBeInTime, UnableToContinue
from ridethrough.domain import UnableToAccept
from ridethrough.store.database import Database
from ridethrough.store.running.executors import beat
from ridethrough.store.running.jobs import (
    Job,
    JobState,
    add_job,
    begin_job,
    cancel_job,
    end_job,
    job_of,
    next_round,
    open_jobs,
    release_job,
)

DEAD_AFTER_S = 12.0
"""An executor whose beat has not changed for so long is taken for dead."""
_BEATS = 6
"""Of an executor, and sweeps, in that time."""
MOST_FAILURES = 5
"""A job whose worker failed so often in a row, without getting further, is given up."""
STOP_GRACE_S = 5.0
_TIDIED_EVERY_S = 3600.0
_LONGEST_PAUSE_S = 30.0
_LOG = logging.getLogger(__name__)


class Jobs:
    """The jobs of a store, and this process's part in running them, each kind in workers of its own.

    `start` and `stop` are for a thread, not for that of an event loop.
    """

    def __init__(
        self,
        database: Database,
        kinds: Iterable[Kind],
        *,
        clock: Callable[[], datetime],
        in_workers: Mapping[str, InWorker],
        most_failures: int = MOST_FAILURES,
        dead_after_s: float = DEAD_AFTER_S,
    ) -> None:
        self._database = database
        self._kinds = {kind.name: kind for kind in kinds}
        self._clock = clock
        self._in_workers = in_workers
        self._most_failures = most_failures
        self._stopping = threading.Event()
        self.executor_id = uuid.uuid4().hex
        self._dead_after_s, self._beaten_s = dead_after_s, time.monotonic()
        at_once = {kind.name: kind.at_once for kind in self._kinds.values()}
        self._engine = Engine(database.url, executor_id=self.executor_id, queues=at_once, run=self._run)
        self._reaper = Reaper(database, self._engine, dead_after_s=dead_after_s)
        self._repeating = [
            Repeating("jobs-beat", dead_after_s / _BEATS, self._beat),
            Repeating("jobs-sweep", dead_after_s / _BEATS, self.sweep),
            Repeating("jobs-tidy", _TIDIED_EVERY_S, lambda: self._engine.forget_old(clock())),
        ]

    def start(self) -> None:
        """Begin to run jobs. The first beat comes before the first task: a claim without a beat is an old one."""
        self._beat()
        self._engine.start()
        for each in self._repeating:
            each.start()

    def every(self, name: str, seconds: float, do: Callable[[], object]) -> None:
        """Call something again and again in this process, until it stops. Other processes may do the same meanwhile."""
        repeating = Repeating(name, seconds, do)
        self._repeating.append(repeating)
        repeating.start()

    @property
    def is_alive(self) -> bool:
        """Whether this process says often enough that it lives; else others take its jobs."""
        return time.monotonic() - self._beaten_s < self._dead_after_s

    @property
    def is_stopping(self) -> bool:
        """Whether this process runs no more jobs."""
        return self._stopping.is_set()

    def submit(self, kind: str, *, site_id: str, key: str, arguments: Mapping[str, Any]) -> Job:
        """Have a job done, once for its kind, site and key: who submits it again gets the same job."""
        with self._database.writing() as connection:
            job = add_job(connection, kind=kind, site_id=site_id, key=key, arguments=arguments, now=self._clock())
        self.enqueue(job)
        return job

    def enqueue(self, job: Job) -> None:
        """Hand a job of the store to the engine now; without this the next sweep would. What fails is left to it."""
        if job.state is not JobState.WAITING or job.kind not in self._kinds:
            return
        try:
            self._engine.enqueue(job.kind, _task_id(job))
        except Exception:  # noqa: BLE001 - the job is acknowledged, whatever the engine says
            _LOG.exception("the job %s is in the store, but could not be enqueued; it will be tried again", job.job_id)

    def cancel(self, job_id: str) -> bool:
        """End a job that has not ended; its worker is ended within seconds. False where it has ended already."""
        with self._database.writing() as connection:
            job = job_of(connection, job_id)
            cancelled = cancel_job(connection, job_id, self._clock())
        if job is not None and cancelled:
            self._engine.cancel(_task_id(job))
        return cancelled

    def begin_stop(self) -> None:
        """Let every task of this process end: their jobs go back to the queue, with what they have kept."""
        self._stopping.set()

    def stop(self) -> None:
        """Stop, after a grace for the tasks at work."""
        self.begin_stop()
        until = time.monotonic() + STOP_GRACE_S
        for each in self._repeating:
            each.stop()
        while self._engine.running and time.monotonic() < until:
            time.sleep(0.05)
        self._engine.stop()

    def sweep(self) -> None:
        """Give back what dead executors have claimed, and enqueue what is open and in no queue."""
        self._reaper.sweep()
        with self._database.reading() as connection:
            waiting = [job for job in open_jobs(connection) if job.kind in self._kinds and self._is_due(job)]
        statuses = self._engine.statuses([_task_id(job) for job in waiting])
        for job in waiting:
            status = statuses.get(_task_id(job))
            if status is None:
                self._engine.enqueue(job.kind, _task_id(job))
            elif status is TaskStatus.ENDED:
                self._enqueue_again(job)

    def _is_due(self, job: Job) -> bool:
        """Whether a job has waited long enough: for the one who submitted it, and longer after each failure."""
        pause_s = min(_LONGEST_PAUSE_S, 2.0**job.failures)
        return self._clock() - job.updated_at >= timedelta(seconds=pause_s) or self._clock() < job.updated_at

    def _enqueue_again(self, job: Job) -> None:
        """Enqueue a job whose task ended and left it open, under its next number; the first to count it does so."""
        with self._database.writing() as connection:
            counted = next_round(connection, job.job_id, job.round)
            again = job_of(connection, job.job_id)
        if counted and again is not None:
            self._engine.enqueue(again.kind, _task_id(again))

    def _beat(self) -> None:
        with self._database.writing() as connection:
            beat(connection, self.executor_id, self._clock())
        self._beaten_s = time.monotonic()

    def _run(self, task_id: str) -> None:
        """Run one task of the engine. It always returns, so that the store alone says what became of the job."""
        job_id, owner = task_id.rpartition(".")[0], f"{self.executor_id}.{uuid.uuid4().hex[:8]}"
        if self.is_stopping:
            return
        with self._database.writing() as connection:
            job = begin_job(connection, job_id, owner, self._clock())
        if job is None:
            return
        task = Task(
            job=job,
            owner=owner,
            database=self._database,
            clock=self._clock,
            in_worker=self._in_workers[job.kind],
            stopping=self._stopping.is_set,
        )
        self._attempt(task, self._kinds[job.kind])

    def _attempt(self, task: Task, kind: Kind) -> None:
        job_id = task.job.job_id
        try:
            files = kind.run(task)
        except UnableToContinue as error:
            self._release(task, failed=False, why=str(error))
        except UnableToBeInTime as error:
            self._end(task, JobState.MISSED, str(error))
        except UnableToAccept as error:
            self._end(task, JobState.FAILED, str(error))
        except Exception as error:  # noqa: BLE001 - the job must learn of any error
            if self.is_stopping:
                self._release(task, failed=False, why="the service is stopping")
                return
            _LOG.exception("the job %s failed", job_id)
            self._after_failure(task, f"{type(error).__name__}: {error}")
        else:
            with self._database.writing() as connection:
                end_job(connection, job_id, task.owner, state=JobState.DONE, now=self._clock(), files=files)

    def _after_failure(self, task: Task, why: str) -> None:
        with self._database.reading() as connection:
            job = job_of(connection, task.job.job_id)
        if job is not None and job.failures + 1 >= self._most_failures:
            self._end(task, JobState.FAILED, f"given up after {job.failures + 1} failures in a row; the last: {why}")
        else:
            self._release(task, failed=True, why=why)

    def _end(self, task: Task, state: JobState, why: str) -> None:
        with self._database.writing() as connection:
            end_job(connection, task.job.job_id, task.owner, state=state, now=self._clock(), why=why)

    def _release(self, task: Task, *, failed: bool, why: str) -> None:
        with self._database.writing() as connection:
            release_job(connection, task.job.job_id, task.owner, failed=failed, why=why, now=self._clock())


def _task_id(job: Job) -> str:
    """The engine's name of a job's place in the queue; each round is a place of its own."""
    return f"{job.job_id}.{job.round}"
