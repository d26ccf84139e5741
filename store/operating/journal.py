"""The journal of a site: every change of it, with who made it, when, and what it was. Nothing is ever taken out.

What concerns all sites is in the journal of the service itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, String, Table, Text, select

from ridethrough.store.schema import IDENTITY, METADATA, canonical, microseconds, moment

SERVICE = ""
"""Stands for the service in place of a site's id, which is never empty."""
JOURNAL = Table(
    "journal",
    METADATA,
    Column("id", IDENTITY, primary_key=True, autoincrement=True),
    Column("site_id", String(200), nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("who", String(200), nullable=False),
    Column("what", String(60), nullable=False),
    Column("detail", Text, nullable=False),
    Index("journal_by_site", "site_id", "id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One change: `what` is its kind (`plan_made`, `held`, ...), `detail` its figures."""

    id: int
    site_id: str
    at: datetime
    who: str
    what: str
    detail: Mapping[str, Any]


def write(
    connection: Connection, site_id: str, *, who: str, what: str, now: datetime, detail: Mapping[str, Any] | None = None
) -> None:
    """Write an entry, in the transaction of the change itself."""
    connection.execute(
        JOURNAL.insert().values(
            site_id=site_id, at=microseconds(now), who=who, what=what, detail=canonical(dict(detail or {}))
        )
    )


def entries(connection: Connection, site_id: str, *, before: int | None = None, limit: int = 100) -> tuple[Entry, ...]:
    """The newest entries, at most `limit`; those before the entry `before` where it is given."""
    earlier = JOURNAL.c.id < before if before is not None else JOURNAL.c.id > 0
    rows = connection.execute(
        select(JOURNAL).where(JOURNAL.c.site_id == site_id, earlier).order_by(JOURNAL.c.id.desc()).limit(limit)
    )
    return tuple(
        Entry(
            id=row.id,
            site_id=row.site_id,
            at=moment(row.at),
            who=row.who,
            what=row.what,
            detail=json.loads(row.detail),
        )
        for row in rows
    )
