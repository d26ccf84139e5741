"""What is over for long enough is forgotten; what is open, or tells of a site, stays. On both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from ridethrough.store import tidying, webhooks
from ridethrough.store.database import Database
from ridethrough.store.operating import alarms, journal
from ridethrough.store.operating.alarms import ALARMS, Raised
from ridethrough.store.running.job_parts import JOB_EVENTS, JOB_FILES, JobFile
from ridethrough.store.running.jobs import JOBS, JobState, add_job, begin_job, end_job
from ridethrough.store.schema import microseconds
from ridethrough.store.tidying import Forgotten, forget_old
from ridethrough.store.webhooks import MESSAGES

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def ended(database: Database, kind: str, at: datetime) -> None:
    file = JobFile(name="a", media_type="text/plain", content=b"x")
    with database.writing() as connection:
        job = add_job(connection, kind=kind, site_id="hall", key=at.isoformat(), arguments={}, now=at)
        begin_job(connection, job.job_id, "me", at)
        end_job(connection, job.job_id, "me", state=JobState.DONE, now=at, files=(file,))


def count(database: Database, *tables: Any) -> list[int]:  # noqa: ANN401
    with database.reading() as connection:
        return [connection.execute(select(func.count()).select_from(each)).scalar_one() for each in tables]


def forget(database: Database, now: datetime = NOW) -> Forgotten:
    with database.writing() as connection:
        return forget_old(connection, now)


def test_jobs_are_forgotten_with_all_that_belongs_to_them(database: Database) -> None:
    for kind in ("plan", "prices", "study"):
        for days in (401, 31, 29):
            ended(database, kind, NOW - days * DAY)
    with database.writing() as connection:
        add_job(connection, kind="plan", site_id="hall", key="open", arguments={}, now=NOW - 500 * DAY)
    assert forget(database).jobs == 2 + 2 + 1
    assert count(database, JOBS, JOB_FILES, JOB_EVENTS) == [5, 4, 13]
    assert forget(database).jobs == 0


def test_alarms_that_are_over_are_forgotten_and_open_ones_are_not(database: Database) -> None:
    with database.writing() as connection:
        for days, is_over in ((500, True), (450, False), (10, True)):
            at = NOW - days * DAY
            alarms.settle(
                connection, "hall", [f"k{days}"], [Raised(kind=f"k{days}", subject="hall", message="m")], now=at
            )
            if is_over:
                alarms.settle(connection, "hall", [f"k{days}"], [], now=at)
        journal.write(connection, "hall", who="ada", what="held", now=NOW - 900 * DAY, detail={})
    assert forget(database).alarms == 1
    with database.reading() as connection:
        assert {each.kind for each in alarms.listed(connection, "hall")} == {"k450", "k10"}
        assert len(journal.entries(connection, "hall")) == 1


def test_messages_are_forgotten_after_they_were_sent_or_given_up(database: Database) -> None:
    with database.writing() as connection:
        webhooks.add(connection, "hall", url="https://a.example/x", secret="s", events=(), by="ada", now=NOW)  # noqa: S106
        for days in (31, 29):
            webhooks.queue(connection, "hall", "held", {"days": days}, now=NOW - days * DAY)
        connection.execute(MESSAGES.update().values(delivered_at=MESSAGES.c.queued_at, due_at=None))
        webhooks.queue(connection, "hall", "held", {"waits": True}, now=NOW - 90 * DAY)
        webhooks.queue(connection, "hall", "held", {"given up": True}, now=NOW - 40 * DAY)
        given_up = MESSAGES.c.queued_at == microseconds(NOW - 40 * DAY)
        connection.execute(MESSAGES.update().where(given_up).values(due_at=None))
    assert forget(database).messages == 2
    with database.reading() as connection:
        left = sorted(connection.execute(select(MESSAGES.c.body)).scalars())
    assert left == ['{"days":29}', '{"waits":true}']


def test_much_is_forgotten_in_short_steps(database: Database, monkeypatch: Any) -> None:  # noqa: ANN401
    monkeypatch.setattr(tidying, "AT_ONCE", 2)
    for minute in range(3):
        ended(database, "plan", NOW - 40 * DAY + minute * timedelta(minutes=1))
    first, second = forget(database), forget(database)
    assert (first.jobs, first.may_be_more) == (2, True)
    assert (second.jobs, second.may_be_more) == (1, False)
    assert count(database, JOBS, ALARMS) == [0, 0]
