"""Idempotency keys: a request that is sent again gets the answer of the first, and is not carried out twice."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BigInteger, Column, Connection, Integer, String, Table, Text, delete, select, update

from ridethrough.store.schema import METADATA, insert_once, microseconds

KEPT = timedelta(days=2)
"""Answers are kept this long; the next request with a key removes those of its site that are older."""
GIVEN_UP = timedelta(minutes=5)
"""A request that has not been answered by then was lost with its process; the key is free again."""

KEYS = Table(
    "idempotency_keys",
    METADATA,
    Column("site_id", String(200), primary_key=True),
    Column("key", String(200), primary_key=True),
    Column("request_sha256", String(64), nullable=False),
    Column("begun_at", BigInteger, nullable=False),
    Column("status", Integer, nullable=True),
    Column("location", Text, nullable=True),
    Column("answer", Text, nullable=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """What is known of a key: the request it was first sent with, and its answer (None while it is being made)."""

    request_sha256: str
    status: int | None
    location: str | None
    answer: str | None


def begin(connection: Connection, site_id: str, key: str, request_sha256: str, *, now: datetime) -> Earlier | None:
    """Take a key for a request; None where it was free, else what it was used for."""
    of_key = (KEYS.c.site_id == site_id) & (KEYS.c.key == key)
    connection.execute(delete(KEYS).where(KEYS.c.site_id == site_id, KEYS.c.begun_at < microseconds(now - KEPT)))
    lost = KEYS.c.status.is_(None) & (KEYS.c.begun_at < microseconds(now - GIVEN_UP))
    connection.execute(delete(KEYS).where(of_key, lost))
    row = {"site_id": site_id, "key": key, "request_sha256": request_sha256, "begun_at": microseconds(now)}
    if insert_once(connection, KEYS, row):
        return None
    taken = connection.execute(select(KEYS).where(of_key)).one()
    return Earlier(
        request_sha256=taken.request_sha256, status=taken.status, location=taken.location, answer=taken.answer
    )


def answer(connection: Connection, site_id: str, key: str, *, status: int, location: str | None, answer: str) -> None:
    """Keep the answer of a request under its key."""
    connection.execute(
        update(KEYS)
        .where(KEYS.c.site_id == site_id, KEYS.c.key == key)
        .values(status=status, location=location, answer=answer)
    )


def give_back(connection: Connection, site_id: str, key: str) -> None:
    """Free a key whose request was refused or failed."""
    connection.execute(delete(KEYS).where(KEYS.c.site_id == site_id, KEYS.c.key == key, KEYS.c.status.is_(None)))
