"""Alarms of sites. One that is open is not raised again; it is seen again. One that is over stays on record."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import BigInteger, Column, Connection, Index, Row, String, Table, Text, select, update

from ridethrough.store.schema import IDENTITY, METADATA, microseconds, moment

ALARMS = Table(
    "alarms",
    METADATA,
    Column("id", IDENTITY, primary_key=True, autoincrement=True),
    Column("site_id", String(200), nullable=False),
    Column("kind", String(40), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("message", Text, nullable=False),
    Column("raised_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("cleared_at", BigInteger, nullable=True),
    Column("acknowledged_at", BigInteger, nullable=True),
    Column("acknowledged_by", String(200), nullable=True),
    Index("alarms_by_site", "site_id", "cleared_at", "id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One alarm: its kind, what it is about (a system, or the site), and since when."""

    id: int
    kind: str
    subject: str
    message: str
    raised_at: datetime
    seen_at: datetime
    cleared_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """What is wrong now, of one kind and subject."""

    kind: str
    subject: str
    message: str


def settle(
    connection: Connection, site_id: str, kinds: Iterable[str], found: Iterable[Raised], *, now: datetime
) -> tuple[Alarm, ...]:
    """Bring the alarms of some kinds to what was found: new ones are raised, those that are over are cleared.

    Returns the alarms that are new.
    """
    open_ = {
        (row.kind, row.subject): row
        for row in connection.execute(
            select(ALARMS).where(
                ALARMS.c.site_id == site_id, ALARMS.c.cleared_at.is_(None), ALARMS.c.kind.in_(list(kinds))
            )
        )
    }
    new = []
    at_us = microseconds(now)
    for each in found:
        row = open_.pop((each.kind, each.subject), None)
        if row is None:
            new.append(_raise(connection, site_id, each, at_us))
        else:
            connection.execute(update(ALARMS).where(ALARMS.c.id == row.id).values(seen_at=at_us, message=each.message))
    for row in open_.values():
        connection.execute(update(ALARMS).where(ALARMS.c.id == row.id).values(cleared_at=at_us))
    return tuple(new)


def listed(connection: Connection, site_id: str, *, only_open: bool = False, limit: int = 100) -> tuple[Alarm, ...]:
    """The newest alarms of a site, at most `limit`."""
    query = select(ALARMS).where(ALARMS.c.site_id == site_id)
    if only_open:
        query = query.where(ALARMS.c.cleared_at.is_(None))
    return tuple(_alarm(row) for row in connection.execute(query.order_by(ALARMS.c.id.desc()).limit(limit)))


def acknowledge(connection: Connection, site_id: str, alarm_id: int, *, by: str, now: datetime) -> Alarm | None:
    """Say that a person has seen an alarm; the first to say so stays. None where the site has no such alarm."""
    of_site = (ALARMS.c.site_id == site_id) & (ALARMS.c.id == alarm_id)
    connection.execute(
        update(ALARMS)
        .where(of_site, ALARMS.c.acknowledged_at.is_(None))
        .values(acknowledged_at=microseconds(now), acknowledged_by=by)
    )
    row = connection.execute(select(ALARMS).where(of_site)).first()
    return None if row is None else _alarm(row)


def _raise(connection: Connection, site_id: str, each: Raised, at_us: int) -> Alarm:
    return _alarm(
        connection.execute(
            ALARMS.insert()
            .values(
                site_id=site_id,
                kind=each.kind,
                subject=each.subject,
                message=each.message,
                raised_at=at_us,
                seen_at=at_us,
            )
            .returning(ALARMS)
        ).one()
    )


def _alarm(row: Row) -> Alarm:  # type: ignore[type-arg]
    return Alarm(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        message=row.message,
        raised_at=moment(row.raised_at),
        seen_at=moment(row.seen_at),
        cleared_at=None if row.cleared_at is None else moment(row.cleared_at),
        acknowledged_at=None if row.acknowledged_at is None else moment(row.acknowledged_at),
        acknowledged_by=row.acknowledged_by,
    )
