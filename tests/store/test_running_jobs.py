"""Jobs in the store: who may write to one, what its followers see, and what is left of it, on both databases."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ridethrough.store.database import Database
from ridethrough.store.running.job_parts import JobFile, events_of, file_names, file_of
from ridethrough.store.running.jobs import (
    Job,
    JobState,
    add_job,
    begin_job,
    cancel_job,
    end_job,
    is_owner,
    job_of,
    jobs_of_site,
    keep_file,
    next_round,
    note_progress,
    open_jobs,
    release_job,
)

NOW = datetime(2026, 7, 15, 12, tzinfo=UTC)
RESULT = JobFile(name="result.json", media_type="application/json", content=b"{}")
OWN = JobFile(name=".checkpoint", media_type="application/octet-stream", content=b"\x00\xff")


def add(database: Database, key: str = "k", *, kind: str = "study", **more: Any) -> Job:  # noqa: ANN401
    with database.writing() as connection:
        return add_job(
            connection, kind=kind, site_id="hall", key=key, arguments={"n": 1}, now=more.pop("now", NOW), **more
        )


def states(database: Database, job: Job) -> list[tuple[int, str, int]]:
    with database.reading() as connection:
        found = list(events_of(connection, job.job_id, after=0))
    return [(each.number, each.document["state"], each.document["done"]) for each in found]


def test_a_job_that_is_asked_for_twice_is_one(database: Database) -> None:
    first, again = add(database), add(database, now=NOW + timedelta(hours=1), why="later")
    assert first == again
    assert add(database, "other").job_id != first.job_id
    assert states(database, first) == [(1, "waiting", 0)]


def test_only_its_owner_writes_to_a_job(database: Database) -> None:
    job = add(database)
    with database.writing() as connection:
        assert begin_job(connection, job.job_id, "a", NOW)
        assert begin_job(connection, job.job_id, "b", NOW), "the later one has it"
        assert not is_owner(connection, job.job_id, "a")
        assert not note_progress(connection, job.job_id, "a", done=1, total=2, now=NOW)
        assert not keep_file(connection, job.job_id, "a", OWN, NOW)
        assert not end_job(connection, job.job_id, "a", state=JobState.DONE, now=NOW, files=(RESULT,))
        assert not release_job(connection, job.job_id, "a", failed=True, why="", now=NOW)
        assert note_progress(connection, job.job_id, "b", done=1, total=2, now=NOW)
    with database.reading() as connection:
        assert file_of(connection, job.job_id, RESULT.name) is None
    assert states(database, job) == [(1, "waiting", 0), (2, "running", 0), (3, "running", 0), (4, "running", 1)]


def test_a_job_ends_with_its_files_and_without_its_own(database: Database) -> None:
    job = add(database)
    with database.writing() as connection:
        begin_job(connection, job.job_id, "a", NOW)
        keep_file(connection, job.job_id, "a", OWN, NOW)
        keep_file(connection, job.job_id, "a", OWN, NOW)
        assert file_of(connection, job.job_id, OWN.name) == OWN
        assert file_names(connection, job.job_id) == []
        assert end_job(connection, job.job_id, "a", state=JobState.DONE, now=NOW, files=(RESULT,))
    with database.reading() as connection:
        assert file_names(connection, job.job_id) == [RESULT.name]
        assert file_of(connection, job.job_id, OWN.name) is None
        done = job_of(connection, job.job_id)
        assert open_jobs(connection) == []
    assert done is not None
    assert (done.state, done.owner, done.ended_at, done.state.is_open) == (JobState.DONE, "", NOW, False)


@pytest.mark.parametrize("ends", ["done", "cancelled"])
def test_what_has_ended_does_not_begin_again(database: Database, ends: str) -> None:
    job = add(database)
    with database.writing() as connection:
        begin_job(connection, job.job_id, "a", NOW)
        if ends == "done":
            end_job(connection, job.job_id, "a", state=JobState.DONE, now=NOW)
        else:
            keep_file(connection, job.job_id, "a", OWN, NOW)
            assert cancel_job(connection, job.job_id, NOW)
        assert begin_job(connection, job.job_id, "b", NOW) is None
        assert not next_round(connection, job.job_id, 1)
        assert not cancel_job(connection, job.job_id, NOW)
        assert file_of(connection, job.job_id, OWN.name) is None


def test_a_job_is_put_into_the_queue_again_once_a_round(database: Database) -> None:
    job = add(database)
    with database.writing() as connection:
        begin_job(connection, job.job_id, "a", NOW)
        assert release_job(connection, job.job_id, "a", failed=True, why="it died", now=NOW)
        assert next_round(connection, job.job_id, 1)
        assert not next_round(connection, job.job_id, 1), "another process was faster"
        again = job_of(connection, job.job_id)
    assert again is not None
    assert (again.state, again.round, again.failures, again.why) == (JobState.WAITING, 2, 1, "it died")


def test_a_job_that_gets_further_has_not_failed(database: Database) -> None:
    job = add(database)
    with database.writing() as connection:
        for _ in range(3):
            begin_job(connection, job.job_id, "a", NOW)
            release_job(connection, job.job_id, "a", failed=True, why="", now=NOW)
        begin_job(connection, job.job_id, "a", NOW)
        keep_file(connection, job.job_id, "a", OWN, NOW)
        found = job_of(connection, job.job_id)
    assert found is not None
    assert found.failures == 0


def test_jobs_of_a_site_are_read_the_newest_first(database: Database) -> None:
    for hour in range(4):
        add(database, f"k{hour}", now=NOW + timedelta(hours=hour))
    add(database, "plan", kind="plan")
    missed = add(database, "late", state=JobState.MISSED, why="too late", kind="plan")
    with database.reading() as connection:
        assert [each.key for each in jobs_of_site(connection, "hall", "study", most=3)] == ["k3", "k2", "k1"]
        assert jobs_of_site(connection, "other", "study", most=3) == []
        assert len(open_jobs(connection)) == 5
    assert missed.ended_at == NOW


def test_followers_read_on_from_what_they_have(database: Database) -> None:
    job = add(database)
    with database.writing() as connection:
        begin_job(connection, job.job_id, "a", NOW)
        note_progress(connection, job.job_id, "a", done=1, total=4, now=NOW)
    with database.reading() as connection:
        assert [each.number for each in events_of(connection, job.job_id, after=2)] == [3]
