"""Jobs: work that outlives a request, its progress, its events and its files.

| state | means |
|---|---|
| `waiting` | nobody is at it |
| `running` | `owner` is at it; only the owner may write to it |
| `done` | its files are complete |
| `failed` | it gave up; `why` says for what reason |
| `cancelled` | somebody asked for its end |
| `missed` | its time passed before anybody could begin it |

A job is written once for its kind, its site and its key, whoever asks for it again. What ends a job is one transaction:
a reader sees all of its files, or none.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, Integer, Row, String, Table, Text, select, update

from ridethrough.store.running.job_parts import JobFile, delete_files, note_event, write_file
from ridethrough.store.schema import METADATA, insert_once, microseconds, moment


class JobState(StrEnum):
    """What is known of a job."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    MISSED = "missed"

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self in OPEN


OPEN = frozenset({JobState.WAITING, JobState.RUNNING})

JOBS = Table(
    "jobs",
    METADATA,
    Column("job_id", String(64), primary_key=True),
    Column("kind", String(40), nullable=False),
    Column("site_id", String(200), nullable=False),
    Column("key", String(200), nullable=False),
    Column("arguments", Text, nullable=False),
    Column("state", String(20), nullable=False),
    Column("round", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("owner", String(80), nullable=False),
    Column("why", Text, nullable=False),
    Column("done", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("submitted_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("ended_at", BigInteger, nullable=True),
    Index("jobs_of_site", "site_id", "kind", "submitted_at"),
    Index("jobs_by_state", "state"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One piece of work. `done` of `total` says how far it is; `total` is 0 while that is not known.

    `round` counts how often it was put into the queue, `failures` how often its process or worker failed.
    """

    job_id: str
    kind: str
    site_id: str
    key: str
    arguments: Mapping[str, Any]
    state: JobState
    round: int
    failures: int
    owner: str
    why: str
    done: int
    total: int
    submitted_at: datetime
    updated_at: datetime
    ended_at: datetime | None


def job_id_of(kind: str, site_id: str, key: str) -> str:
    """The id of a job: the same for everyone who asks for the same."""
    return hashlib.sha256(f"{kind}\0{site_id}\0{key}".encode()).hexdigest()[:32]


def add_job(
    connection: Connection,
    *,
    kind: str,
    site_id: str,
    key: str,
    arguments: Mapping[str, Any],
    now: datetime,
    state: JobState = JobState.WAITING,
    why: str = "",
) -> Job:
    """Write a job, unless it is there: then it stays as it is."""
    job_id, at = job_id_of(kind, site_id, key), microseconds(now)
    row = {
        "job_id": job_id,
        "kind": kind,
        "site_id": site_id,
        "key": key,
        "arguments": json.dumps(arguments, sort_keys=True),
        "state": state.value,
        "round": 1,
        "failures": 0,
        "owner": "",
        "why": why,
        "done": 0,
        "total": 0,
        "submitted_at": at,
        "updated_at": at,
        "ended_at": None if state.is_open else at,
    }
    if insert_once(connection, JOBS, row):
        _note(connection, job_id, now)
    found = job_of(connection, job_id)
    if found is None:
        raise LookupError(job_id)
    return found


def job_of(connection: Connection, job_id: str) -> Job | None:
    """Read one job."""
    row = connection.execute(select(JOBS).where(JOBS.c.job_id == job_id)).one_or_none()
    return None if row is None else _job(row)


def jobs_of_site(connection: Connection, site_id: str, kind: str, *, most: int) -> list[Job]:
    """Read the newest jobs of one kind of a site, the newest first."""
    found = select(JOBS).where(JOBS.c.site_id == site_id, JOBS.c.kind == kind)
    newest = found.order_by(JOBS.c.submitted_at.desc(), JOBS.c.job_id).limit(most)
    return [_job(row) for row in connection.execute(newest)]


def open_jobs(connection: Connection) -> list[Job]:
    """Read every job that has not ended, the oldest first."""
    found = select(JOBS).where(JOBS.c.state.in_([each.value for each in OPEN]))
    return [_job(row) for row in connection.execute(found.order_by(JOBS.c.submitted_at, JOBS.c.job_id))]


def begin_job(connection: Connection, job_id: str, owner: str, now: datetime) -> Job | None:
    """Make `owner` the only one who may write to a job; None if it has ended."""
    changed = _change(connection, job_id, now, state=JobState.RUNNING.value, owner=owner)
    if not changed:
        return None
    _note(connection, job_id, now)
    return job_of(connection, job_id)


def is_owner(connection: Connection, job_id: str, owner: str) -> bool:
    """Whether the job is still running for this owner."""
    found = select(JOBS.c.job_id).where(
        JOBS.c.job_id == job_id, JOBS.c.owner == owner, JOBS.c.state == JobState.RUNNING.value
    )
    return connection.execute(found).first() is not None


def note_progress(connection: Connection, job_id: str, owner: str, *, done: int, total: int, now: datetime) -> bool:
    """Note how far a job is; False where it is no longer this owner's."""
    changed = _change(connection, job_id, now, owner_is=owner, done=done, total=total)
    if changed:
        _note(connection, job_id, now)
    return changed


def keep_file(connection: Connection, job_id: str, owner: str, file: JobFile, now: datetime) -> bool:
    """Keep what a job needs to go on, in place of an earlier file; False where it is no longer this owner's.

    A job that gets further has not failed: its failures are counted anew.
    """
    changed = _change(connection, job_id, now, owner_is=owner, failures=0)
    if changed:
        write_file(connection, job_id, file)
    return changed


def end_job(
    connection: Connection,
    job_id: str,
    owner: str,
    *,
    state: JobState,
    now: datetime,
    why: str = "",
    files: tuple[JobFile, ...] = (),
) -> bool:
    """End a job with its files; False where it is no longer this owner's, and then nothing is written."""
    changed = _change(
        connection, job_id, now, owner_is=owner, state=state.value, owner="", why=why, ended_at=microseconds(now)
    )
    if changed:
        delete_files(connection, job_id, only_own=True)
        for file in files:
            write_file(connection, job_id, file)
        _note(connection, job_id, now)
    return changed


def release_job(connection: Connection, job_id: str, owner: str, *, failed: bool, why: str, now: datetime) -> bool:
    """Let somebody else take a job; `failed` counts as a failure of the one who had it."""
    failures = JOBS.c.failures + (1 if failed else 0)
    changed = _change(
        connection, job_id, now, owner_is=owner, state=JobState.WAITING.value, owner="", why=why, failures=failures
    )
    if changed:
        _note(connection, job_id, now)
    return changed


def next_round(connection: Connection, job_id: str, after: int) -> bool:
    """Count a job as put into the queue once more; False where another process was faster."""
    conditions = (JOBS.c.job_id == job_id, JOBS.c.round == after, JOBS.c.state.in_([each.value for each in OPEN]))
    return connection.execute(update(JOBS).where(*conditions).values(round=after + 1)).rowcount == 1


def cancel_job(connection: Connection, job_id: str, now: datetime) -> bool:
    """End a job that has not ended; False where it has."""
    changed = _change(
        connection, job_id, now, state=JobState.CANCELLED.value, owner="", ended_at=microseconds(now), why="cancelled"
    )
    if changed:
        delete_files(connection, job_id, only_own=False)
        _note(connection, job_id, now)
    return changed


def _change(
    connection: Connection, job_id: str, now: datetime, *, owner_is: str | None = None, **values: object
) -> bool:
    """Change a job that has not ended and, if one is given, has this owner."""
    conditions = [JOBS.c.job_id == job_id, JOBS.c.state.in_([each.value for each in OPEN])]
    if owner_is is not None:
        conditions += [JOBS.c.owner == owner_is, JOBS.c.state == JobState.RUNNING.value]
    changed = update(JOBS).where(*conditions).values(updated_at=microseconds(now), **values)
    return connection.execute(changed).rowcount == 1


def _note(connection: Connection, job_id: str, now: datetime) -> None:
    """Write the state of a job as its next event."""
    job = job_of(connection, job_id)
    if job is not None:
        document = {"state": job.state.value, "done": job.done, "total": job.total, "why": job.why}
        note_event(connection, job_id, document, now)


def _job(row: Row[Any]) -> Job:
    return Job(
        job_id=row.job_id,
        kind=row.kind,
        site_id=row.site_id,
        key=row.key,
        arguments=json.loads(row.arguments),
        state=JobState(row.state),
        round=row.round,
        failures=row.failures,
        owner=row.owner,
        why=row.why,
        done=row.done,
        total=row.total,
        submitted_at=moment(row.submitted_at),
        updated_at=moment(row.updated_at),
        ended_at=None if row.ended_at is None else moment(row.ended_at),
    )
