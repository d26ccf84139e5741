"""Sites: documents in versions. Nothing is overwritten; what is deleted keeps its history.

`recorded_at` rises strictly within a site, over its documents, its series and whatever else is recorded by
`record_at`. So `known_until`, the latest of them that a reader sees, names exactly what that reader could know: a read
with `known_at` at that moment gives the same again for ever, although clocks of writers and readers differ.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    func,
    insert,
    select,
    update,
)

from ridethrough.store.schema import METADATA, canonical, insert_once, microseconds, moment, sha256_of

LONGEST_ID = 200

SITE_VERSIONS = Table(
    "site_versions",
    METADATA,
    Column("site_id", String(LONGEST_ID), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("recorded_at", BigInteger, nullable=False),
    Column("recorded_by", String(200), nullable=False),
    Column("deleted", Boolean, nullable=False),
    Column("document", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
)
RECORDED = Table(
    "recorded",
    METADATA,
    Column("site_id", String(LONGEST_ID), primary_key=True),
    Column("recorded_at", BigInteger, nullable=False),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSite:
    """One version of a site's document; a deleted one keeps the document that was deleted."""

    site_id: str
    version: int
    recorded_at: datetime
    recorded_by: str
    deleted: bool
    document: Mapping[str, Any]
    sha256: str


class UnableToReplace(RuntimeError):
    """The site is not at the version that the writer has seen; `current` is what it is at (None: there is none)."""

    def __init__(self, site_id: str, expected: int | None, current: int | None) -> None:
        self.current = current
        now = "is not there" if current is None else f"is at version {current}"
        seen = "not to be there" if expected is None else f"at version {expected}"
        super().__init__(f"the site {site_id} {now}, and was expected {seen}")


def put_site(
    connection: Connection, site_id: str, document: Mapping[str, Any], *, now: datetime, by: str
) -> StoredSite:
    """Write the next version of a site; a document that it already has stays the version that it is."""
    text = canonical(document)
    last = _last(connection, site_id)
    if last is not None and not last.deleted and last.sha256 == sha256_of(text):
        return last
    return _added(connection, site_id, last, text, now=now, by=by, deleted=False)


def delete_site(connection: Connection, site_id: str, *, now: datetime, by: str) -> StoredSite | None:
    """Mark a site as deleted, and keep its history; None where there is none."""
    last = _last(connection, site_id)
    if last is None or last.deleted:
        return None
    return _added(connection, site_id, last, canonical(last.document), now=now, by=by, deleted=True)


def require_version(connection: Connection, site_id: str, expected: int | None) -> None:
    """Check that a site is at a version (None: that there is no such site).

    Raises `UnableToReplace` where it is not.
    """
    last = _last(connection, site_id)
    current = last.version if last is not None and not last.deleted else None
    if current != expected:
        raise UnableToReplace(site_id, expected, current)


def read_stored_site(connection: Connection, site_id: str, *, known_at: datetime | None = None) -> StoredSite | None:
    """Read a site's document as it was known at a moment, the newest without one; None where there was no site."""
    if "\x00" in site_id:  # PostgreSQL takes no such text, and no site has it
        return None
    found = _last(connection, site_id, known_at)
    return None if found is None or found.deleted else found


def site_version(connection: Connection, site_id: str, version: int) -> StoredSite | None:
    """Read one version of a site, also of a deleted one; None where it never was."""
    wanted = _of(site_id).where(SITE_VERSIONS.c.version == version)
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _site(row)


def site_versions(connection: Connection, site_id: str) -> list[StoredSite]:
    """Read all versions of a site, the oldest first."""
    return [_site(row) for row in connection.execute(_of(site_id).order_by(SITE_VERSIONS.c.version))]


def deleted_at(connection: Connection, site_id: str, *, known_at: datetime | None = None) -> datetime | None:
    """When a site of this id was last deleted, by what was known at a moment; None where it never was."""
    mine = (SITE_VERSIONS.c.site_id == site_id) & SITE_VERSIONS.c.deleted
    if known_at is not None:
        mine &= SITE_VERSIONS.c.recorded_at <= microseconds(known_at)
    at = connection.execute(select(func.max(SITE_VERSIONS.c.recorded_at)).where(mine)).scalar()
    return None if at is None else moment(at)


def stored_sites(connection: Connection) -> list[StoredSite]:
    """Read the newest version of every site that is there, by id."""
    newest = select(SITE_VERSIONS.c.site_id, func.max(SITE_VERSIONS.c.version).label("version"))
    last = newest.group_by(SITE_VERSIONS.c.site_id).subquery()
    joined = select(SITE_VERSIONS).join(
        last, (SITE_VERSIONS.c.site_id == last.c.site_id) & (SITE_VERSIONS.c.version == last.c.version)
    )
    sites = (_site(row) for row in connection.execute(joined.order_by(SITE_VERSIONS.c.site_id)))
    return [site for site in sites if not site.deleted]


def record_at(connection: Connection, site_id: str, now: datetime) -> datetime:
    """The moment under which something about a site is recorded: `now`, or just after the one before it."""
    insert_once(connection, RECORDED, {"site_id": site_id, "recorded_at": microseconds(now) - 1})
    mine = RECORDED.c.site_id == site_id
    last = connection.execute(select(RECORDED.c.recorded_at).where(mine)).scalar_one()
    at = max(microseconds(now), last + 1)
    connection.execute(update(RECORDED).where(mine).values(recorded_at=at))
    return moment(at)


def known_until(connection: Connection, site_id: str) -> datetime | None:
    """The latest moment recorded of a site: `known_at` for all that this connection sees; None for an unknown site."""
    at = connection.execute(select(RECORDED.c.recorded_at).where(RECORDED.c.site_id == site_id)).scalar_one_or_none()
    return None if at is None else moment(at)


def _of(site_id: str) -> Select[Any]:
    return select(SITE_VERSIONS).where(SITE_VERSIONS.c.site_id == site_id)


def _last(connection: Connection, site_id: str, known_at: datetime | None = None) -> StoredSite | None:
    wanted = _of(site_id).order_by(SITE_VERSIONS.c.version.desc()).limit(1)
    if known_at is not None:
        wanted = wanted.where(SITE_VERSIONS.c.recorded_at <= microseconds(known_at))
    row = connection.execute(wanted).one_or_none()
    return None if row is None else _site(row)


def _added(
    connection: Connection, site_id: str, last: StoredSite | None, text: str, *, now: datetime, by: str, deleted: bool
) -> StoredSite:
    row = {
        "site_id": site_id,
        "version": 1 if last is None else last.version + 1,
        "recorded_at": microseconds(record_at(connection, site_id, now)),
        "recorded_by": by,
        "deleted": deleted,
        "document": text,
        "sha256": sha256_of(text),
    }
    connection.execute(insert(SITE_VERSIONS).values(**row))
    return StoredSite(**{**row, "recorded_at": moment(row["recorded_at"]), "document": json.loads(text)})  # type: ignore[arg-type]


def _site(row: Row[Any]) -> StoredSite:
    return StoredSite(
        site_id=row.site_id,
        version=row.version,
        recorded_at=moment(row.recorded_at),
        recorded_by=row.recorded_by,
        deleted=row.deleted,
        document=json.loads(row.document),
        sha256=row.sha256,
    )
