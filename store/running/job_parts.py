"""What belongs to a job: its events, which its followers read in order, and its files."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Integer, LargeBinary, String, Table, Text, delete, func, select

from ridethrough.store.schema import METADATA, microseconds, moment

_HIDDEN = "."
"""Files whose name begins so are the job's own, and go when it ends."""

JOB_EVENTS = Table(
    "job_events",
    METADATA,
    Column("job_id", String(64), primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
)
JOB_FILES = Table(
    "job_files",
    METADATA,
    Column("job_id", String(64), primary_key=True),
    Column("name", String(80), primary_key=True),
    Column("media_type", String(100), nullable=False),
    Column("content", LargeBinary, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class JobEvent:
    """Something that happened to a job; the numbers of a job's events are 1, 2, 3 ..."""

    number: int
    at: datetime
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobFile:
    """A file that a job made."""

    name: str
    media_type: str
    content: bytes = field(repr=False)


def events_of(connection: Connection, job_id: str, *, after: int) -> Iterator[JobEvent]:
    """Read the events of a job after a number."""
    found = select(JOB_EVENTS).where(JOB_EVENTS.c.job_id == job_id, JOB_EVENTS.c.number > after)
    for row in connection.execute(found.order_by(JOB_EVENTS.c.number)):
        yield JobEvent(number=row.number, at=moment(row.at), document=json.loads(row.document))


def file_of(connection: Connection, job_id: str, name: str) -> JobFile | None:
    """Read one file of a job."""
    found = select(JOB_FILES).where(JOB_FILES.c.job_id == job_id, JOB_FILES.c.name == name)
    row = connection.execute(found).one_or_none()
    return None if row is None else JobFile(name=row.name, media_type=row.media_type, content=row.content)


def file_names(connection: Connection, job_id: str) -> list[str]:
    """Name the files that a job made."""
    names = connection.execute(select(JOB_FILES.c.name).where(JOB_FILES.c.job_id == job_id).order_by(JOB_FILES.c.name))
    return [name for (name,) in names if not name.startswith(_HIDDEN)]


def note_event(connection: Connection, job_id: str, document: Mapping[str, Any], now: datetime) -> None:
    """Write the next event of a job; its row, just changed, keeps other writers away until the transaction ends."""
    last = select(func.coalesce(func.max(JOB_EVENTS.c.number), 0)).where(JOB_EVENTS.c.job_id == job_id)
    connection.execute(
        JOB_EVENTS.insert().values(
            job_id=job_id,
            number=connection.execute(last).scalar_one() + 1,
            at=microseconds(now),
            document=json.dumps(document),
        )
    )


def write_file(connection: Connection, job_id: str, file: JobFile) -> None:
    """Write a file of a job, in place of an earlier one of its name."""
    connection.execute(delete(JOB_FILES).where(JOB_FILES.c.job_id == job_id, JOB_FILES.c.name == file.name))
    row = {"job_id": job_id, "name": file.name, "media_type": file.media_type, "content": file.content}
    connection.execute(JOB_FILES.insert().values(**row))


def delete_files(connection: Connection, job_id: str, *, only_own: bool) -> None:
    """Delete the files of a job; `only_own`, those that it needed to go on and nobody else reads."""
    wanted = JOB_FILES.c.job_id == job_id
    if only_own:
        wanted &= JOB_FILES.c.name.startswith(_HIDDEN, autoescape=True)
    connection.execute(delete(JOB_FILES).where(wanted))
