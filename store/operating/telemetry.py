"""Readings of sites, as they came. None is overwritten: one sent twice is kept once, and a correction beside it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Index,
    Row,
    String,
    Table,
    Text,
    case,
    func,
    null,
    select,
)

from ridethrough.domain.telemetry import CLOCK_TOLERANCE
from ridethrough.store.database import adds
from ridethrough.store.operating.energies import Told, energies_of, energies_text
from ridethrough.store.schema import IDENTITY, METADATA, microseconds, moment, sha256_of

MOST_ROWS = 10_000

TELEMETRY = Table(
    "telemetry",
    METADATA,
    Column("id", IDENTITY, primary_key=True, autoincrement=True),
    Column("site_id", String(200), nullable=False),
    Column("measured_at", BigInteger, nullable=False),
    Column("received_at", BigInteger, nullable=False),
    Column("received_from", String(200), nullable=False),
    Column("in_outage", Boolean, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("document", Text, nullable=False),
    Column("energies", Text, nullable=True),
    Column("counted", Text, nullable=True),
    Index("telemetry_by_measured", "site_id", "measured_at", "id"),
    Index("telemetry_by_received", "site_id", "id"),
    Index("telemetry_in_outage", "site_id", "in_outage", "measured_at"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEnergies:
    """What one reading told of stored energy, by system; its times are microseconds since 1970."""

    id: int
    measured_us: int
    received_us: int
    ups: Mapping[str, Told]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredReading:
    """A reading as it was received; `document` is its JSON text.

    `counted` is the JSON text of what readings have told of wear until this one; None where nothing was counted.
    """

    id: int
    site_id: str
    measured_at: datetime
    received_at: datetime
    received_from: str
    document: str
    counted: str | None = None


def add(
    connection: Connection,
    site_id: str,
    document: str,
    *,
    measured_at: datetime,
    in_outage: bool,
    sender: str,
    now: datetime,
    counted: str | None = None,
) -> tuple[StoredReading, bool]:
    """Keep a reading; the one that is kept, and whether it is new: the same document of the same time is kept once."""
    digest = sha256_of(document)
    of_site = (TELEMETRY.c.site_id == site_id) & (TELEMETRY.c.measured_at == microseconds(measured_at))
    same = connection.execute(select(TELEMETRY).where(of_site, TELEMETRY.c.sha256 == digest)).first()
    if same is not None:
        return _reading(same), False
    added = connection.execute(
        TELEMETRY.insert()
        .values(
            site_id=site_id,
            measured_at=microseconds(measured_at),
            received_at=microseconds(now),
            received_from=sender,
            in_outage=in_outage,
            sha256=digest,
            document=document,
            energies=energies_text(document),
            counted=counted,
        )
        .returning(TELEMETRY)
    ).one()
    adds(connection)
    return _reading(added), True


def latest(
    connection: Connection, site_id: str, *, now: datetime, after: datetime | None = None
) -> StoredReading | None:
    """The reading that tells the state of a site at a moment, by what was received until then.

    It is the newest by its own time. Where the last one received is of the future, that one is it: the clock of its
    sender is wrong, and whoever judges it must see that. A reading that was of the future when it was received is never
    believed later, when its time comes: it was measured long before. What was received until `after` does not count.
    """
    known = (TELEMETRY.c.site_id == site_id) & (TELEMETRY.c.received_at <= microseconds(now))
    if after is not None:
        known &= TELEMETRY.c.received_at > microseconds(after)
    last = connection.execute(select(TELEMETRY).where(known).order_by(TELEMETRY.c.id.desc()).limit(1)).first()
    if last is not None and last.measured_at > microseconds(now + CLOCK_TOLERANCE):
        return _reading(last)
    tolerance_us = CLOCK_TOLERANCE // timedelta(microseconds=1)
    by_right_clock = TELEMETRY.c.measured_at <= TELEMETRY.c.received_at + tolerance_us
    until = TELEMETRY.c.measured_at <= microseconds(now + CLOCK_TOLERANCE)
    newest = select(TELEMETRY).where(known, by_right_clock, until)
    row = connection.execute(newest.order_by(TELEMETRY.c.measured_at.desc(), TELEMETRY.c.id.desc()).limit(1)).first()
    return None if row is None else _reading(row)


def counted_before(
    connection: Connection, site_id: str, measured_at: datetime, *, after: datetime | None = None
) -> str | None:
    """What was counted at the last reading that was measured before a moment, and that counted anything."""
    known = (TELEMETRY.c.site_id == site_id) & (TELEMETRY.c.measured_at < microseconds(measured_at))
    if after is not None:
        known &= TELEMETRY.c.received_at > microseconds(after)
    newest = select(TELEMETRY.c.counted).where(known, TELEMETRY.c.counted.is_not(None))
    in_order = newest.order_by(TELEMETRY.c.measured_at.desc(), TELEMETRY.c.id.desc()).limit(1)
    counted: str | None = connection.execute(in_order).scalar()
    return counted


def newest_id(connection: Connection, site_id: str) -> int:
    """The id of the reading of a site that was kept last; 0 where there is none."""
    newest = select(func.max(TELEMETRY.c.id)).where(TELEMETRY.c.site_id == site_id)
    return connection.execute(newest).scalar() or 0


def told_since(connection: Connection, site_id: str, since: datetime) -> list[ToldEnergies]:
    """What the readings measured since a moment told of stored energy, in the order in which they were kept."""
    return _told(connection, TELEMETRY.c.site_id == site_id, TELEMETRY.c.measured_at >= microseconds(since))


def told_after(connection: Connection, site_id: str, reading_id: int) -> list[ToldEnergies]:
    """What the readings told of stored energy that were kept after one, in their order."""
    return _told(connection, TELEMETRY.c.site_id == site_id, TELEMETRY.c.id > reading_id)


def last_outage_at(connection: Connection, site_id: str, *, now: datetime) -> datetime | None:
    """When a reading last said that batteries carry the load, by what was received until `now`."""
    found = connection.execute(
        select(TELEMETRY.c.measured_at)
        .where(
            TELEMETRY.c.site_id == site_id,
            TELEMETRY.c.in_outage,
            TELEMETRY.c.measured_at <= microseconds(now + CLOCK_TOLERANCE),
            TELEMETRY.c.received_at <= microseconds(now),
        )
        .order_by(TELEMETRY.c.measured_at.desc())
        .limit(1)
    ).scalar()
    return None if found is None else moment(found)


def outage_heard_at(connection: Connection, site_id: str, *, now: datetime) -> datetime | None:
    """When a reading that says that batteries carry the load was last received until `now`, however old."""
    found = connection.execute(
        select(func.max(TELEMETRY.c.received_at)).where(
            TELEMETRY.c.site_id == site_id, TELEMETRY.c.in_outage, TELEMETRY.c.received_at <= microseconds(now)
        )
    ).scalar()
    return None if found is None else moment(found)


def by_id(connection: Connection, reading_id: int) -> StoredReading | None:
    """One reading."""
    row = connection.execute(select(TELEMETRY).where(TELEMETRY.c.id == reading_id)).first()
    return None if row is None else _reading(row)


def between(
    connection: Connection, site_id: str, start: datetime, end: datetime, *, limit: int = MOST_ROWS
) -> tuple[StoredReading, ...]:
    """Readings measured from `start` until before `end`, in order, at most `limit` of them."""
    rows = connection.execute(
        select(TELEMETRY)
        .where(
            TELEMETRY.c.site_id == site_id,
            TELEMETRY.c.measured_at >= microseconds(start),
            TELEMETRY.c.measured_at < microseconds(end),
        )
        .order_by(TELEMETRY.c.measured_at, TELEMETRY.c.id)
        .limit(limit)
    )
    return tuple(_reading(row) for row in rows)


def _told(connection: Connection, *conditions: ColumnElement[bool]) -> list[ToldEnergies]:
    """Read them. A process of the version before keeps readings without their energies: those are in the document."""
    table = TELEMETRY.c
    document = case((table.energies.is_(None), table.document), else_=null())
    wanted = select(table.id, table.measured_at, table.received_at, table.energies, document).where(*conditions)
    return [
        ToldEnergies(
            id=reading_id,
            measured_us=measured_us,
            received_us=received_us,
            ups=energies_of(json.loads(text)) if kept is None else json.loads(kept),
        )
        for reading_id, measured_us, received_us, kept, text in connection.execute(wanted.order_by(table.id))
    ]


def _reading(row: Row) -> StoredReading:  # type: ignore[type-arg]
    return StoredReading(
        id=row.id,
        site_id=row.site_id,
        measured_at=moment(row.measured_at),
        received_at=moment(row.received_at),
        received_from=row.received_from,
        document=row.document,
        counted=row.counted,
    )
