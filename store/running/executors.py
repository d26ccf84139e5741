"""Executors: the processes that run jobs, and the beats by which they say that they live.

A beat is a number that its process raises. Whoever watches measures by its own clock how long a number has stayed the
same, so that clocks of different machines are never compared.
"""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, String, Table, delete, select, update

from ridethrough.store.schema import METADATA, insert_once, microseconds

EXECUTORS = Table(
    "executors",
    METADATA,
    Column("executor_id", String(80), primary_key=True),
    Column("beat", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)


def beat(connection: Connection, executor_id: str, now: datetime) -> None:
    """Raise the number of an executor, which is made if it is not there."""
    at = microseconds(now)
    if not insert_once(connection, EXECUTORS, {"executor_id": executor_id, "beat": 1, "at": at}):
        mine = EXECUTORS.c.executor_id == executor_id
        connection.execute(update(EXECUTORS).where(mine).values(beat=EXECUTORS.c.beat + 1, at=at))


def beats(connection: Connection) -> dict[str, int]:
    """Read the number of every executor."""
    return {row.executor_id: row.beat for row in connection.execute(select(EXECUTORS))}


def forget_executor(connection: Connection, executor_id: str, beat_seen: int) -> None:
    """Delete an executor that still has the number at which it was given up."""
    seen = (EXECUTORS.c.executor_id == executor_id, EXECUTORS.c.beat == beat_seen)
    connection.execute(delete(EXECUTORS).where(*seen))
