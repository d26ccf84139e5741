"""What the store forgets: jobs, messages and alarms that are over, after a time. All that tells of a site stays.

| what | is forgotten |
|---|---|
| jobs that made plans or fetched prices, with their events | 30 days after they ended |
| studies, with their events and files | 400 days after they ended |
| messages to webhooks | 30 days after they were delivered, or given up |
| alarms that are over | 400 days after they ended |

Documents, series, readings, plans and the journal are never forgotten: the time machine shows them.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Table, delete, select

from ridethrough.store.operating.alarms import ALARMS
from ridethrough.store.running.job_parts import JOB_EVENTS, JOB_FILES
from ridethrough.store.running.jobs import JOBS
from ridethrough.store.schema import microseconds
from ridethrough.store.webhooks import BACK_OFF_S, MESSAGES

LONG, SHORT = timedelta(days=400), timedelta(days=30)
AT_ONCE = 500
"""At most so many of each are forgotten in one transaction: other writers wait for it."""
_KEPT_LONG = ("study",)
_TRIED = timedelta(seconds=sum(BACK_OFF_S))


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """How many were forgotten."""

    jobs: int
    messages: int
    alarms: int

    @property
    def may_be_more(self) -> bool:
        """Whether there may be more to forget."""
        return AT_ONCE in (self.jobs, self.messages, self.alarms)


def forget_old(connection: Connection, now: datetime) -> Forgotten:
    """Forget what is over for long enough, at most `AT_ONCE` of each kind."""
    short, long = microseconds(now - SHORT), microseconds(now - LONG)
    is_long = JOBS.c.kind.in_(_KEPT_LONG)
    old_jobs = (is_long & (JOBS.c.ended_at < long)) | (~is_long & (JOBS.c.ended_at < short))
    jobs = connection.execute(select(JOBS.c.job_id).where(old_jobs).limit(AT_ONCE)).scalars().all()
    for table in (JOB_EVENTS, JOB_FILES, JOBS):
        connection.execute(delete(table).where(table.c.job_id.in_(jobs)))
    is_sent = MESSAGES.c.delivered_at < short
    is_given_up = (
        MESSAGES.c.delivered_at.is_(None)
        & MESSAGES.c.due_at.is_(None)
        & (MESSAGES.c.queued_at < microseconds(now - SHORT - _TRIED))
    )
    old_alarms = ALARMS.c.cleared_at < long
    return Forgotten(
        jobs=len(jobs),
        messages=_forget(connection, MESSAGES, is_sent | is_given_up),
        alarms=_forget(connection, ALARMS, old_alarms),
    )


def _forget(connection: Connection, table: Table, old: ColumnElement[bool]) -> int:
    found = connection.execute(select(table.c.id).where(old).limit(AT_ONCE)).scalars().all()
    connection.execute(delete(table).where(table.c.id.in_(found)))
    return len(found)
