"""The queue engine: DBOS behind one class. No other module imports it.

DBOS keeps its tables in a file beside a SQLite store, or in the schema `dbos` of a PostgreSQL store. They only say
which process runs what: losing them loses no job, because `Jobs` enqueues again whatever the store says is open.

| what DBOS 3.4 does | what is done here |
|---|---|
| it gives work of a dead process back only to a process with the same executor id | executor ids are unique; `Reaper` |
| its recovery of other executors is not public | `give_back` uses one private function, which is atomic |
| it connects to its makers' cloud if `DBOS__CLOUD` is set | the engine refuses to start |
| it prints to the console | its logger passes on to the service's own log |
"""

import logging
import os
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import URL, make_url

if TYPE_CHECKING:
    from dbos import DBOS

VERSION = "1"
"""Of the agreement between processes on what a task means: those of different versions take no tasks of each other."""
POLLED_EVERY_S = 0.5
_APPLICATION = "ridethrough"
_WORKFLOW = "ridethrough.task"
_CONNECTIONS = 6
_MOST_STARTS = 1000
"""DBOS gives a task up after as many starts; `Jobs` gives up long before, and says why."""
_KEPT = timedelta(days=1)
_DELETED_AT_ONCE = 500
_ONLY_ONE = threading.Lock()


class UnableToRunJobs(RuntimeError):
    """The queue engine could not start."""


class TaskStatus(StrEnum):
    """What the engine knows of a task."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    ENDED = "ended"


_STATUSES = {"ENQUEUED": TaskStatus.QUEUED, "DELAYED": TaskStatus.QUEUED, "PENDING": TaskStatus.CLAIMED}
"""Of DBOS; every other one means that it does nothing more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A task that an executor has taken and not ended."""

    task_id: str
    executor_id: str
    queue: str


class Engine:
    """Runs `run(task_id)` in a thread for every task of the queues, `queues[name]` of them at once in this process.

    There is one in a process at a time, because DBOS is one in a process.
    """

    def __init__(
        self, database_url: URL, *, executor_id: str, queues: Mapping[str, int], run: Callable[[str], None]
    ) -> None:
        self.executor_id = executor_id
        self._url = engine_url(database_url)
        self._queues = queues
        self._run = run
        self._running: set[str] = set()
        self._lock = threading.Lock()

    def start(self) -> None:
        """Start taking tasks; not from the thread of an event loop.

        Raises `UnableToRunJobs` where that is not possible.
        """
        if os.environ.get("DBOS__CLOUD") == "true":
            raise UnableToRunJobs("the environment sets DBOS__CLOUD, and DBOS would connect to its makers; unset it")
        if not _ONLY_ONE.acquire(blocking=False):
            raise UnableToRunJobs("another service runs jobs in this process; start it in a process of its own")
        try:
            _write_ahead(self._url)
            logging.getLogger("dbos").addHandler(logging.NullHandler())  # without any, DBOS adds one for the console
            self._launch()
        except BaseException as error:
            _dbos().destroy(destroy_registry=True)
            _ONLY_ONE.release()
            if isinstance(error, Exception):
                raise UnableToRunJobs(f"jobs cannot be run: {error}") from error
            raise

    def _launch(self) -> None:
        from dbos import DBOS, DBOSPortableJSONSerializer  # noqa: PLC0415 - it is slow to load, see _dbos

        DBOS(
            config={
                "name": _APPLICATION,
                "system_database_url": self._url,
                "application_version": VERSION,
                "executor_id": self.executor_id,
                "serializer": DBOSPortableJSONSerializer(),
                "sys_db_pool_size": _CONNECTIONS,
                "use_listen_notify": False,
                "enable_otlp": False,
                "log_level": "WARNING",
            }
        )

        def task(task_id: str) -> None:
            self._task(task_id)

        DBOS.workflow(name=_WORKFLOW, max_recovery_attempts=_MOST_STARTS)(task)
        DBOS.listen_queues(list(self._queues))
        DBOS.launch()
        for name, at_once in self._queues.items():
            DBOS.register_queue(
                name, worker_concurrency=at_once, polling_interval_sec=POLLED_EVERY_S, on_conflict="always_update"
            )

    def _task(self, task_id: str) -> None:
        with self._lock:
            self._running.add(task_id)
        try:
            self._run(task_id)
        finally:
            with self._lock:
                self._running.discard(task_id)

    @property
    def running(self) -> frozenset[str]:
        """The tasks that threads of this process are at."""
        with self._lock:
            return frozenset(self._running)

    def enqueue(self, queue: str, task_id: str) -> None:
        """Put a task into a queue, once: a task that the engine knows already stays as it is."""
        _dbos().enqueue_workflow_with_options(
            {"workflow_name": _WORKFLOW, "queue_name": queue, "workflow_id": task_id, "app_version": VERSION}, task_id
        )

    def statuses(self, task_ids: Collection[str]) -> dict[str, TaskStatus]:
        """The status of each of the tasks that the engine knows."""
        if not task_ids:
            return {}
        found = _dbos().list_workflows(workflow_ids=list(task_ids), load_input=False, load_output=False)
        return {each.workflow_id: _STATUSES.get(each.status, TaskStatus.ENDED) for each in found}

    def claims(self) -> Iterator[Claim]:
        """Every task that an executor has claimed, of this version and these queues."""
        found = _dbos().list_workflows(
            status="PENDING",
            app_version=VERSION,
            queue_name=list(self._queues),
            load_input=False,
            load_output=False,
        )
        for each in found:
            yield Claim(task_id=each.workflow_id, executor_id=each.executor_id or "", queue=each.queue_name or "")

    def give_back(self, claim: Claim) -> bool:
        """Put a claimed task back into its queue; False where its executor has no claim to it any more."""
        system = _dbos()(config={"name": _APPLICATION})._sys_db  # noqa: SLF001 - the one private function, see above
        return system.reenqueue_for_recovery(claim.task_id, [claim.executor_id], claim.queue)

    def cancel(self, task_id: str) -> None:
        """Let nobody start a task any more."""
        if self.statuses([task_id]).get(task_id, TaskStatus.ENDED) is not TaskStatus.ENDED:
            _dbos().cancel_workflow(task_id)

    def forget_old(self, now: datetime) -> None:
        """Delete what the engine noted of tasks that ended a day ago."""
        before = (now.astimezone(UTC) - _KEPT).isoformat()
        ended = _dbos().list_workflows(
            completed_before=before, limit=_DELETED_AT_ONCE, load_input=False, load_output=False
        )
        if ended:
            _dbos().delete_workflows([each.workflow_id for each in ended])

    def stop(self) -> None:
        """Take no more tasks. What has not ended stays claimed, until another process finds that this one is gone."""
        _dbos().destroy(destroy_registry=True)
        _ONLY_ONE.release()


def _dbos() -> "type[DBOS]":
    """DBOS, which takes a second to load: only a process that runs jobs loads it."""
    from dbos import DBOS  # noqa: PLC0415

    return DBOS


def engine_url(url: URL) -> str:
    """The database of the engine: beside a SQLite store the file `<name>-jobs.db`, in PostgreSQL the same database."""
    if url.get_backend_name() != "sqlite":
        return url.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    store = Path(url.database or "")
    return url.set(database=str(store.with_name(f"{store.stem}-jobs{store.suffix}"))).render_as_string()


def _write_ahead(url: str) -> None:
    """Let a SQLite file keep a write-ahead log: readers do not wait for writers, and a write costs one sync."""
    made = make_url(url)
    if made.get_backend_name() == "sqlite":
        with _opened(made.database or "") as file:
            file.execute("PRAGMA journal_mode=WAL")


@contextmanager
def _opened(path: str) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(path, timeout=30)
    try:
        yield connection
    finally:
        connection.close()
