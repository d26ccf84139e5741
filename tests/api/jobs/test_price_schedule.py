"""Prices are asked for once by all processes, again after a while, and followed by a plan."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ridethrough.api.jobs.price_schedule import PRICES, PriceSchedule, prices_kind
from ridethrough.api.jobs.schedule import PLAN
from ridethrough.api.jobs.task import Task
from ridethrough.store.database import Database, open_database
from ridethrough.store.running.jobs import Job, begin_job, jobs_of_site

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    changed: int
    until: datetime | None
    again_after: timedelta


@dataclass(slots=True)
class Service:
    """A service whose clock the test moves, with one site that lacks prices."""

    database: Database
    now: datetime = NOW
    enqueued: list[str] = field(default_factory=list)

    def enqueue(self, job: Job) -> None:
        self.enqueued.append(job.job_id)

    def deal(self, after: timedelta, *, processes: int = 1) -> None:
        self.now = NOW + after
        jobs: Any = self
        for _ in range(processes):
            PriceSchedule(jobs, self.database, lacking=lambda *_: ["hall"], clock=lambda: self.now).deal()

    def run(self, answered: Answered) -> None:
        with self.database.writing() as connection:
            job = begin_job(connection, self.enqueued[-1], "me", self.now)
        assert job is not None
        anything: Any = None
        task = Task(
            job=job,
            owner="me",
            database=self.database,
            clock=lambda: self.now,
            in_worker=anything,
            stopping=lambda: False,
        )
        assert prices_kind(lambda *_: answered).run(task) == ()

    def jobs(self, kind: str) -> list[Job]:
        with self.database.reading() as connection:
            return jobs_of_site(connection, "hall", kind, most=100)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    database = open_database(f"sqlite:///{tmp_path / 'store.db'}")
    yield Service(database)
    database.close()


def test_many_processes_ask_once(service: Service) -> None:
    service.deal(timedelta(), processes=3)
    service.deal(15 * SECOND, processes=3)
    assert len(service.jobs(PRICES)) == len(service.enqueued) == 1


def test_a_job_that_never_ends_does_not_keep_others_from_asking(service: Service) -> None:
    service.deal(timedelta())
    service.deal(121 * SECOND)
    assert len(service.jobs(PRICES)) == 2


def test_it_is_asked_again_when_the_answer_says_so(service: Service) -> None:
    service.deal(timedelta())
    service.run(Answered(changed=0, until=None, again_after=timedelta(minutes=30)))
    service.deal(timedelta(minutes=29))
    assert len(service.jobs(PRICES)) == 1
    service.deal(timedelta(minutes=30))
    assert len(service.jobs(PRICES)) == 2
    assert service.jobs(PLAN) == []


def test_new_prices_are_planned_with(service: Service) -> None:
    service.deal(timedelta())
    until = NOW + timedelta(hours=34)
    service.run(Answered(changed=96, until=until, again_after=timedelta(minutes=5)))
    (plan,) = service.jobs(PLAN)
    assert plan.arguments["what"] == f"prices until {until.isoformat(timespec='minutes')} have come"
    service.run(Answered(changed=96, until=until, again_after=timedelta(minutes=5)))
    assert len(service.jobs(PLAN)) == 1, "a job that is run again asks for no other plan"
