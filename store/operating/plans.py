"""Plans of sites: every one that was made, with what was known, what replaced it and why."""

import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Index,
    Integer,
    LargeBinary,
    Row,
    String,
    Table,
    Text,
    and_,
    select,
    update,
)

from ridethrough.store.schema import IDENTITY, METADATA, canonical, microseconds, moment

_PREFIX = "plan-"
_MOST_DIGITS = 18

PLANS = Table(
    "plans",
    METADATA,
    Column("id", IDENTITY, primary_key=True, autoincrement=True),
    Column("site_id", String(200), nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("made_by", String(200), nullable=False),
    Column("why", Text, nullable=False),
    Column("starts_at", BigInteger, nullable=False),
    Column("ends_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("status", String(20), nullable=False),
    Column("status_because", Text, nullable=False),
    Column("certified", Boolean, nullable=False),
    Column("site_version", Integer, nullable=False),
    Column("known_at", BigInteger, nullable=False),
    Column("telemetry_id", BigInteger, nullable=True),
    Column("telemetry_known_id", BigInteger, nullable=True),
    Column("telemetry_before_id", BigInteger, nullable=True),  # only a process of the version before writes it
    Column("software", String(40), nullable=False),
    Column("document", LargeBinary, nullable=False),
    Column("orders", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("superseded_by", BigInteger, nullable=True),
    Column("superseded_at", BigInteger, nullable=True),
    Column("superseded_because", Text, nullable=True),
    Column("cancelled_at", BigInteger, nullable=True),
    Column("cancelled_by", String(200), nullable=True),
    Column("cancelled_because", Text, nullable=True),
    Index("plans_in_force", "site_id", "certified", "made_at"),
    Index("plans_by_site", "site_id", "id"),
)

_LISTED = [each for each in PLANS.columns if each.name not in ("document", "orders")]


@dataclass(frozen=True, slots=True, kw_only=True)
class _PlanFacts:
    """What is kept of a plan beside itself. `known_at`, `site_version` and two readings are what it was made from."""

    site_id: str
    made_at: datetime
    made_by: str
    why: str
    starts_at: datetime
    ends_at: datetime
    expires_at: datetime
    status: str
    status_because: str
    certified: bool
    site_version: int
    known_at: datetime
    telemetry_id: int | None
    telemetry_known_id: int | None
    software: str
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPlan(_PlanFacts):
    """A plan to keep, and its orders."""

    document: Mapping[str, Any]
    orders: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanRecord(_PlanFacts):
    """What the store says of a plan, without the plan itself."""

    id: int
    superseded_by: int | None
    superseded_at: datetime | None
    superseded_because: str | None
    cancelled_at: datetime | None
    cancelled_by: str | None
    cancelled_because: str | None

    @property
    def plan_id(self) -> str:
        """The name of the plan."""
        return f"{_PREFIX}{self.id}"


def number_of(plan_id: str) -> int | None:
    """The number in the name of a plan; None where it is no such name."""
    digits = plan_id.removeprefix(_PREFIX)
    whole = plan_id.startswith(_PREFIX) and digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS
    return int(digits) if whole else None


def add(connection: Connection, new: NewPlan) -> PlanRecord:
    """Keep a plan. Where it is certified it supersedes the certified plan before it."""
    row = connection.execute(
        PLANS.insert()
        .values(
            site_id=new.site_id,
            made_at=microseconds(new.made_at),
            made_by=new.made_by,
            why=new.why,
            starts_at=microseconds(new.starts_at),
            ends_at=microseconds(new.ends_at),
            expires_at=microseconds(new.expires_at),
            status=new.status,
            status_because=new.status_because,
            certified=new.certified,
            site_version=new.site_version,
            known_at=microseconds(new.known_at),
            telemetry_id=new.telemetry_id,
            telemetry_known_id=new.telemetry_known_id,
            software=new.software,
            document=_packed(new.document),
            orders=_packed(new.orders),
            sha256=new.sha256,
        )
        .returning(*_LISTED)
    ).one()
    if new.certified:
        _supersede(connection, new, row.id)
    return by_number(connection, new.site_id, row.id) or _record(row)


def _supersede(connection: Connection, new: NewPlan, number: int) -> None:
    """Note what the plan takes the place of; or what has taken its place, where one was made from later knowledge."""
    of_site = and_(PLANS.c.site_id == new.site_id, PLANS.c.certified, PLANS.c.id != number)
    later = connection.execute(
        select(PLANS.c.id, PLANS.c.made_at, PLANS.c.why)
        .where(of_site, PLANS.c.made_at > microseconds(new.made_at), PLANS.c.starts_at <= microseconds(new.ends_at))
        .order_by(PLANS.c.made_at.desc(), PLANS.c.id.desc())
        .limit(1)
    ).first()
    if later is not None:
        superseded = {"superseded_by": later.id, "superseded_at": later.made_at, "superseded_because": later.why}
        connection.execute(update(PLANS).where(PLANS.c.id == number).values(**superseded))
        return
    connection.execute(
        update(PLANS)
        .where(of_site, PLANS.c.superseded_by.is_(None), PLANS.c.cancelled_at.is_(None))
        .values(superseded_by=number, superseded_at=microseconds(new.made_at), superseded_because=new.why)
    )


def cancel(connection: Connection, site_id: str, number: int, *, by: str, why: str, now: datetime) -> PlanRecord | None:
    """Cancel a plan; None where it was cancelled before, or is not of this site."""
    row = connection.execute(
        update(PLANS)
        .where(PLANS.c.site_id == site_id, PLANS.c.id == number, PLANS.c.cancelled_at.is_(None))
        .values(cancelled_at=microseconds(now), cancelled_by=by, cancelled_because=why)
        .returning(*_LISTED)
    ).first()
    return None if row is None else _record(row)


def by_number(connection: Connection, site_id: str, number: int) -> PlanRecord | None:
    """One plan of a site."""
    row = connection.execute(select(*_LISTED).where(PLANS.c.site_id == site_id, PLANS.c.id == number)).first()
    return None if row is None else _record(row)


def document_of(connection: Connection, number: int) -> dict[str, Any]:
    """The plan as it was answered when it was made."""
    return _unpacked(connection.execute(select(PLANS.c.document).where(PLANS.c.id == number)).scalar_one())


def orders_of(connection: Connection, number: int) -> dict[str, Any]:
    """What the plan orders."""
    return _unpacked(connection.execute(select(PLANS.c.orders).where(PLANS.c.id == number)).scalar_one())


def listed(
    connection: Connection, site_id: str, *, before: int | None = None, limit: int = 100
) -> tuple[PlanRecord, ...]:
    """The newest plans of a site, at most `limit`; those before the number `before` where it is given."""
    earlier = PLANS.c.id < before if before is not None else PLANS.c.id > 0
    rows = connection.execute(
        select(*_LISTED).where(PLANS.c.site_id == site_id, earlier).order_by(PLANS.c.id.desc()).limit(limit)
    )
    return tuple(_record(row) for row in rows)


def newest(connection: Connection, site_id: str, *, now: datetime) -> PlanRecord | None:
    """The newest plan that was made until `now`, certified or not."""
    row = connection.execute(
        select(*_LISTED)
        .where(PLANS.c.site_id == site_id, PLANS.c.made_at <= microseconds(now))
        .order_by(PLANS.c.made_at.desc(), PLANS.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else _record(row)


def begun(connection: Connection, site_id: str, *, now: datetime) -> PlanRecord | None:
    """The newest certified plan that was made and has begun by `now`; it may have ended, or have been cancelled since.

    A plan that is not certified never takes the place of one that is. One that begins later leaves the one before it
    in force until then.
    """
    at_us = microseconds(now)
    row = connection.execute(
        select(*_LISTED)
        .where(
            and_(PLANS.c.site_id == site_id, PLANS.c.certified),
            PLANS.c.made_at <= at_us,
            PLANS.c.starts_at <= at_us,
        )
        .order_by(PLANS.c.made_at.desc(), PLANS.c.id.desc())
        .limit(1)
    ).first()
    return None if row is None else _record(row)


def _packed(document: Mapping[str, Any]) -> bytes:
    return zlib.compress(canonical(document).encode())


def _unpacked(packed: bytes) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(zlib.decompress(packed).decode())
    return document


def _record(row: Row) -> PlanRecord:  # type: ignore[type-arg]
    return PlanRecord(
        id=row.id,
        site_id=row.site_id,
        made_at=moment(row.made_at),
        made_by=row.made_by,
        why=row.why,
        starts_at=moment(row.starts_at),
        ends_at=moment(row.ends_at),
        expires_at=moment(row.expires_at),
        status=row.status,
        status_because=row.status_because,
        certified=row.certified,
        site_version=row.site_version,
        known_at=moment(row.known_at),
        telemetry_id=row.telemetry_id,
        telemetry_known_id=row.telemetry_known_id,
        software=row.software,
        sha256=row.sha256,
        superseded_by=row.superseded_by,
        superseded_at=None if row.superseded_at is None else moment(row.superseded_at),
        superseded_because=row.superseded_because,
        cancelled_at=None if row.cancelled_at is None else moment(row.cancelled_at),
        cancelled_by=row.cancelled_by,
        cancelled_because=row.cancelled_because,
    )
