import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ridethrough.api.jobs.engine import Engine, UnableToRunJobs, engine_url
from ridethrough.api.jobs.jobs import Jobs
from ridethrough.api.jobs.task import Kind, Task, UnableToBeInTime
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.store.database import Database, open_database
from ridethrough.store.running.job_parts import JobFile, events_of, file_names, file_of
from ridethrough.store.running.jobs import Job, JobState, add_job, job_of

DEAD_AFTER_S = 0.6
WITHIN_S = 20.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'store.db'}")
    yield opened
    opened.close()


def clock() -> datetime:
    return datetime.now(UTC)


@contextmanager
def running(database: Database, run: Callable[[Task], tuple[JobFile, ...]], **options: int) -> Iterator[Jobs]:
    with ThreadPoolExecutor() as threads:

        def in_worker(work: Callable[..., object], *arguments: object) -> "Future[object]":
            return threads.submit(work, *arguments)

        jobs = Jobs(
            database,
            [Kind(name="test", run=run)],
            clock=clock,
            in_workers={"test": in_worker},  # type: ignore[dict-item]
            dead_after_s=DEAD_AFTER_S,
            **options,
        )
        jobs.start()
        try:
            yield jobs
        finally:
            jobs.stop()


def submitted(jobs: Jobs, key: str = "key") -> Job:
    return jobs.submit("test", site_id="site", key=key, arguments={"of": key})


def ended(database: Database, job: Job) -> Job:
    return _when(database, job, lambda found: not found.state.is_open)


def _when(database: Database, job: Job, holds: Callable[[Job], bool]) -> Job:
    until = time.monotonic() + WITHIN_S
    while time.monotonic() < until:
        with database.reading() as connection:
            found = job_of(connection, job.job_id)
        if found is not None and holds(found):
            return found
        time.sleep(0.05)
    raise AssertionError(found)


def one_file(task: Task) -> tuple[JobFile, ...]:
    return (JobFile(name="a", media_type="text/plain", content=str(task.job.arguments["of"]).encode()),)


def test_a_job_is_done_once_and_its_file_is_there_with_its_end(database: Database) -> None:
    runs: list[str] = []

    def run(task: Task) -> tuple[JobFile, ...]:
        runs.append(task.job.job_id)
        return one_file(task)

    with running(database, run) as jobs:
        first = submitted(jobs)
        assert submitted(jobs).job_id == first.job_id
        done = ended(database, first)
        assert submitted(jobs).state is JobState.DONE
    assert done.state is JobState.DONE
    assert runs == [first.job_id]
    with database.reading() as connection:
        file = file_of(connection, first.job_id, "a")
        events = [each.document["state"] for each in events_of(connection, first.job_id, after=0)]
    assert file is not None
    assert file.content == b"key"
    assert events == ["waiting", "running", "done"]


def test_a_job_that_only_the_store_knows_is_done(database: Database) -> None:
    with running(database, one_file):
        with database.writing() as connection:
            job = add_job(connection, kind="test", site_id="site", key="k", arguments={"of": "k"}, now=clock())
        assert ended(database, job).state is JobState.DONE


def test_a_job_survives_the_loss_of_everything_that_the_engine_noted(database: Database) -> None:
    begun = threading.Event()

    def run(task: Task) -> tuple[JobFile, ...]:
        begun.set()
        return task.work(_work_while_running, database, task.job)

    with running(database, run) as jobs:
        job = submitted(jobs)
        assert begun.wait(WITHIN_S)
    released = _when(database, job, lambda found: found.state is JobState.WAITING)
    assert released.why == "the service is stopping"
    assert released.failures == 0
    for path in Path(str(database.url.database)).parent.glob("store-jobs.db*"):
        path.unlink()
    with running(database, one_file):
        assert ended(database, job).state is JobState.DONE


def _work_while_running(database: Database, job: Job) -> tuple[JobFile, ...]:
    _when(database, job, lambda found: found.state is not JobState.RUNNING)
    return ()


def test_a_failure_is_tried_again_and_given_up_after_so_many_in_a_row(database: Database) -> None:
    tries: list[int] = []

    def run(_: Task) -> tuple[JobFile, ...]:
        tries.append(1)
        raise RuntimeError("the worker died")

    with running(database, run, most_failures=2) as jobs:
        failed = ended(database, submitted(jobs))
    assert failed.state is JobState.FAILED
    assert failed.why == "given up after 2 failures in a row; the last: RuntimeError: the worker died"
    assert len(tries) == 2


def test_refused_input_is_not_tried_again(database: Database) -> None:
    def run(_: Task) -> tuple[JobFile, ...]:
        raise UnableToAccept([Fault(field="to", value="2026-08-01", allowed="a day that the series cover")])

    with running(database, run) as jobs:
        failed = ended(database, submitted(jobs))
    assert (failed.state, failed.round) == (JobState.FAILED, 1)
    assert "a day that the series cover" in failed.why


def test_a_job_whose_time_has_passed_is_missed(database: Database) -> None:
    def run(_: Task) -> tuple[JobFile, ...]:
        raise UnableToBeInTime("the next plan is due")

    with running(database, run) as jobs:
        missed = ended(database, submitted(jobs))
    assert (missed.state, missed.why) == (JobState.MISSED, "the next plan is due")


def test_a_job_at_work_is_cancelled_and_what_it_still_writes_is_refused(database: Database) -> None:
    begun, cancelled = threading.Event(), threading.Event()

    def run(task: Task) -> tuple[JobFile, ...]:
        begun.set()
        cancelled.wait(WITHIN_S)
        return one_file(task)

    with running(database, run) as jobs:
        job = submitted(jobs)
        assert begun.wait(WITHIN_S)
        assert jobs.cancel(job.job_id)
        cancelled.set()
        time.sleep(0.3)
        assert ended(database, job).state is JobState.CANCELLED
        assert not jobs.cancel(job.job_id)
    with database.reading() as connection:
        assert file_names(connection, job.job_id) == []


def test_jobs_on_sqlite_connect_to_nothing(database: Database) -> None:
    connections: list[object] = []
    watching = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if watching and event in {"socket.connect", "socket.getaddrinfo", "socket.sendto"}:
            connections.append((event, arguments[1:]))

    sys.addaudithook(watch)  # it stays for the rest of the process, and then sees nothing
    with running(database, one_file) as jobs:
        assert ended(database, submitted(jobs)).state is JobState.DONE
    watching = False
    assert connections == []


def test_one_service_runs_jobs_in_a_process(database: Database, tmp_path: Path) -> None:
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    with running(database, one_file), pytest.raises(UnableToRunJobs, match="a process of its own"):
        Engine(other.url, executor_id="b", queues={"test": 1}, run=print).start()
    other.close()


def test_the_engine_refuses_to_connect_to_its_makers(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBOS__CLOUD", "true")
    with pytest.raises(UnableToRunJobs, match="unset it"):
        Engine(database.url, executor_id="a", queues={"test": 1}, run=print).start()


def test_the_engine_keeps_its_tables_beside_the_store(database: Database) -> None:
    assert engine_url(database.url).endswith("/store-jobs.db")
