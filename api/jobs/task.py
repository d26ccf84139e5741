"""What runs a job: its kind, and the task through which its code sees the rest of the service."""

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeVar

from ridethrough.store.database import Database
from ridethrough.store.running.job_parts import JobFile
from ridethrough.store.running.jobs import Job, is_owner

T = TypeVar("T")

CHECKED_EVERY_S = 0.5
"""How soon a task notices that its job was cancelled, or that the service stops."""


class UnableToContinue(RuntimeError):
    """The job is no longer this task's: it was cancelled, given to another process, or the service stops."""


class UnableToBeInTime(RuntimeError):
    """The time for the job has passed; it ends as missed."""


class InWorker(Protocol):
    """Runs work in a worker process. A future that is cancelled ends the work."""

    def __call__(self, work: Callable[..., T], *arguments: object) -> "Future[T]":
        """Begin the work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One attempt at a job, by `owner`. What it writes is refused when the job has another owner."""

    job: Job
    owner: str
    database: Database
    clock: Callable[[], datetime]
    in_worker: InWorker
    stopping: Callable[[], bool]

    @property
    def database_url(self) -> str:
        """The database, for a worker to open."""
        return self.database.url.render_as_string(hide_password=False)

    def check(self) -> None:
        """Raise `UnableToContinue` if the job is no longer this task's."""
        if self.stopping():
            raise UnableToContinue("the service is stopping")
        with self.database.reading() as connection:
            if not is_owner(connection, self.job.job_id, self.owner):
                raise UnableToContinue("the job was cancelled, or another process has it")

    def work(self, work: Callable[..., T], *arguments: object) -> T:
        """Run work in a worker process, and end it when the job is no longer this task's.

        Raises `UnableToContinue`, and whatever the work raises.
        """
        future = self.in_worker(work, *arguments)
        try:
            while True:
                try:
                    return future.result(timeout=CHECKED_EVERY_S)
                except TimeoutError:
                    if future.done():
                        raise
                self.check()
        finally:
            future.cancel()


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of job: `run` does it and returns its files; a process runs `at_once` of them.

    `run` may begin again after a crash, in this process or another: whatever it writes, it must be able to write twice.
    """

    name: str
    run: Callable[[Task], tuple[JobFile, ...]]
    at_once: int = 1
