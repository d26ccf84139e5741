from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from ridethrough.api.jobs.schedule import PLAN, Schedule, hours, plan_kind, publications
from ridethrough.api.jobs.task import Task, UnableToBeInTime
from ridethrough.store.database import Database, open_database
from ridethrough.store.running.jobs import Job, JobState, add_job, jobs_of_site

BERLIN = "Europe/Berlin"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@dataclass(slots=True)
class SubmittedOnly:
    """Jobs that are written and not run."""

    database: Database
    now: datetime
    enqueued: list[str] = field(default_factory=list)

    def enqueue(self, job: Job) -> None:
        self.enqueued.append(job.key)

    def submit(self, kind: str, *, site_id: str, key: str, arguments: Mapping[str, Any]) -> Job:
        with self.database.writing() as connection:
            return add_job(connection, kind=kind, site_id=site_id, key=key, arguments=arguments, now=self.now)


@dataclass(slots=True)
class Service:
    """A service whose clock the test moves. `others` are processes with the same store."""

    database: Database
    jobs: SubmittedOnly
    reported: list[str] = field(default_factory=list)
    wanted: tuple[str, ...] = ()

    def schedule(self) -> Schedule:
        return Schedule(
            self.jobs,  # type: ignore[arg-type]
            self.database,
            sites=lambda _: [("hall", BERLIN)],
            clock=lambda: self.jobs.now,
            report=self._report,
            watch=lambda *_: self.wanted,
        )

    def _report(self, _: Connection, site_id: str, why: str, now: datetime) -> None:
        assert (site_id, now) == ("hall", self.jobs.now)
        self.reported.append(why)

    def deal_at(self, text: str, *, processes: int = 1) -> None:
        self.jobs.now = at(text)
        for _ in range(processes):
            self.schedule().deal()

    def plans(self) -> list[tuple[str, JobState]]:
        with self.database.reading() as connection:
            found = jobs_of_site(connection, "hall", PLAN, most=1000)
        return sorted((each.key, each.state) for each in found)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    database = open_database(f"sqlite:///{tmp_path / 'store.db'}")
    yield Service(database, SubmittedOnly(database, at("2026-07-01T10:20+02:00")))
    database.close()


def test_a_day_has_a_plan_an_hour_and_one_when_prices_are_published(service: Service) -> None:
    service.deal_at("2026-07-01T10:20+02:00")
    for minute in range(24 * 60):
        service.deal_at((at("2026-07-01T10:20+02:00") + timedelta(minutes=minute)).isoformat())
    keys = [key for key, _ in service.plans()]
    assert sum(key.startswith("hourly/") for key in keys) == 24
    assert [key for key in keys if key.startswith("day-ahead/")] == ["day-ahead/2026-07-01T12:00:00+00:00"]
    assert sorted(service.jobs.enqueued) == keys
    assert service.reported == []


def test_many_processes_deal_with_a_time_once(service: Service) -> None:
    service.deal_at("2026-07-01T10:20+02:00", processes=3)
    service.deal_at("2026-07-01T11:00+02:00", processes=3)
    assert service.plans() == [("hourly/2026-07-01T09:00:00+00:00", JobState.WAITING)]


def test_after_a_night_without_a_process_the_last_plan_is_made_and_the_others_are_reported(service: Service) -> None:
    service.deal_at("2026-07-01T20:20+02:00")
    service.deal_at("2026-07-02T06:10+02:00")
    assert service.plans() == [
        ("hourly/2026-07-01T19:00:00+00:00/2026-07-02T03:00:00+00:00", JobState.MISSED),
        ("hourly/2026-07-02T04:00:00+00:00", JobState.WAITING),
    ]
    (report,) = service.reported
    assert report == (
        "9 plans were not made, due because the hour begins, from 2026-07-01 19:00+0000 to 2026-07-02 03:00+0000: "
        "no process ran then; found at 2026-07-02 04:10+0000"
    )


def test_a_missed_day_ahead_plan_is_made_late_until_the_next_one_is_due(service: Service) -> None:
    service.deal_at("2026-07-01T13:50+02:00")
    service.deal_at("2026-07-02T13:59+02:00")
    assert ("day-ahead/2026-07-01T12:00:00+00:00", JobState.WAITING) in service.plans()
    service.deal_at("2026-07-04T14:01+02:00")
    assert [(key, state) for key, state in service.plans() if key.startswith("day-ahead/")] == [
        ("day-ahead/2026-07-01T12:00:00+00:00", JobState.WAITING),
        ("day-ahead/2026-07-02T12:00:00+00:00/2026-07-03T12:00:00+00:00", JobState.MISSED),
        ("day-ahead/2026-07-04T12:00:00+00:00", JobState.WAITING),
    ]


def test_a_clock_that_is_set_back_makes_nothing_twice(service: Service) -> None:
    service.deal_at("2026-07-01T10:20+02:00")
    service.deal_at("2026-07-01T11:30+02:00")
    service.deal_at("2026-07-01T10:40+02:00")
    service.deal_at("2026-07-01T11:30+02:00")
    assert len(service.plans()) == 1


def test_readings_that_leave_the_plan_ask_for_one_plan_in_five_minutes(service: Service) -> None:
    service.wanted = ("the load has left the plan",)
    for minute in range(10):
        service.deal_at((at("2026-07-01T10:20+02:00") + timedelta(minutes=minute)).isoformat(), processes=2)
    assert [key.partition("/")[0] for key, _ in service.plans()] == ["wanted", "wanted"]


@pytest.mark.parametrize(
    ("now", "why"),
    [
        ("2026-07-01T12:00:30+00:00", "the hour begins"),
        ("2026-07-01T12:31:00+00:00", "the hour begins (31 min late)"),
    ],
)
def test_a_late_plan_says_so(service: Service, now: str, why: str) -> None:
    asked: list[tuple[object, ...]] = []

    class Recorded:
        job = _waiting(service, due="2026-07-01T12:00:00+00:00", next_at="2026-07-01T13:00:00+00:00")
        database_url = "sqlite://"

        def clock(self) -> datetime:
            return at(now)

        def work(self, *given: object) -> None:
            asked.append(given[2:])

    assert plan_kind(_make, _make).run(Recorded()) == ()  # type: ignore[arg-type]
    assert asked == [("sqlite://", "hall", at(now), why)]


def test_a_plan_that_waited_until_the_next_one_is_missed(service: Service) -> None:
    job = _waiting(service, due="2026-07-01T12:00:00+00:00", next_at="2026-07-01T13:00:00+00:00")
    task = Task(
        job=job,
        owner="me",
        database=service.database,
        clock=lambda: at("2026-07-01T13:00:00+00:00"),
        in_worker=None,  # type: ignore[arg-type]
        stopping=lambda: False,
    )
    reported: list[str] = []
    kind = plan_kind(_make, lambda *given: reported.append(given[2]))
    with pytest.raises(UnableToBeInTime, match="before the next one was due") as error:
        kind.run(task)
    assert reported == [str(error.value)]


def _make(*_: object) -> None:
    raise AssertionError


def _waiting(service: Service, *, due: str, next_at: str) -> Job:
    arguments = {"name": "hourly", "what": "the hour begins", "due": due, "next": next_at}
    return service.jobs.submit(PLAN, site_id="hall", key=due, arguments=arguments)


@pytest.mark.parametrize(("day", "expected"), [("2026-03-29", 23), ("2026-10-25", 25), ("2026-07-01", 24)])
def test_a_day_of_a_clock_change_has_its_own_number_of_hours(day: str, expected: int) -> None:
    first = datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=ZoneInfo(BERLIN))
    last = first + timedelta(days=1)
    assert len(list(hours(first.astimezone(UTC), last.astimezone(UTC), BERLIN))) == expected
    assert len(list(publications(first.astimezone(UTC), last.astimezone(UTC), BERLIN))) == 1


@given(
    start=st.datetimes(min_value=datetime(2026, 1, 1), max_value=datetime(2026, 12, 1)),  # noqa: DTZ001 - made aware below
    minutes=st.lists(st.integers(0, 600), max_size=8),
    timezone=st.sampled_from([BERLIN, "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"]),
)
def test_times_are_the_same_however_the_time_between_is_cut(start: datetime, minutes: list[int], timezone: str) -> None:
    first = start.replace(tzinfo=UTC)
    cuts = [first + timedelta(minutes=sum(minutes[: index + 1])) for index in range(len(minutes))]
    for between in (hours, publications):
        parts = [
            each for begin, end in zip([first, *cuts], cuts, strict=False) for each in between(begin, end, timezone)
        ]
        assert parts == list(between(first, cuts[-1] if cuts else first, timezone))
