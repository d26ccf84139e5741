"""Holds: times in which an operator wants every battery of a site to hold."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Index, String, Table, Text, and_, or_, select, update

from ridethrough.store.schema import IDENTITY, METADATA, microseconds, moment

HOLDS = Table(
    "holds",
    METADATA,
    Column("id", IDENTITY, primary_key=True, autoincrement=True),
    Column("site_id", String(200), nullable=False),
    Column("held_at", BigInteger, nullable=False),
    Column("held_by", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("released_at", BigInteger, nullable=True),
    Column("released_by", String(200), nullable=True),
    Index("holds_by_site", "site_id", "id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """One hold, in force at the moment that was asked about."""

    held_at: datetime
    held_by: str
    why: str


def hold(connection: Connection, site_id: str, *, by: str, why: str, now: datetime) -> None:
    """Hold a site; a hold on top of another one lasts until both are released, which one release does."""
    connection.execute(HOLDS.insert().values(site_id=site_id, held_at=microseconds(now), held_by=by, why=why))


def release(connection: Connection, site_id: str, *, by: str, now: datetime) -> int:
    """End every hold of a site; how many there were."""
    ended = connection.execute(
        update(HOLDS)
        .where(HOLDS.c.site_id == site_id, HOLDS.c.released_at.is_(None))
        .values(released_at=microseconds(now), released_by=by)
    )
    return int(ended.rowcount)


def in_force(connection: Connection, site_id: str, *, at: datetime | None) -> Hold | None:
    """The newest hold at a past moment; without one that of now, whatever the clock of who held the site says."""
    unreleased = HOLDS.c.released_at.is_(None)
    then = and_(unreleased)
    if at is not None:
        at_us = microseconds(at)
        then = and_(HOLDS.c.held_at <= at_us, or_(unreleased, HOLDS.c.released_at > at_us))
    row = connection.execute(
        select(HOLDS).where(HOLDS.c.site_id == site_id, then).order_by(HOLDS.c.id.desc()).limit(1)
    ).first()
    if row is None:
        return None
    return Hold(held_at=moment(row.held_at), held_by=row.held_by, why=row.why)
