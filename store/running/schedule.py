"""The schedule: for every site and every kind of time, up to when what was due has been dealt with."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, ColumnElement, Connection, String, Table, select, update

from ridethrough.store.schema import METADATA, insert_once, microseconds, moment

SCHEDULE = Table(
    "schedule",
    METADATA,
    Column("site_id", String(200), primary_key=True),
    Column("name", String(40), primary_key=True),
    Column("dealt_until", BigInteger, nullable=False),
)


def dealt_until(connection: Connection, site_id: str, name: str) -> datetime | None:
    """Read up to when what was due has been dealt with; None where nothing was yet."""
    found = select(SCHEDULE.c.dealt_until).where(*_which(site_id, name))
    at = connection.execute(found).scalar_one_or_none()
    return None if at is None else moment(at)


def deal_until(connection: Connection, site_id: str, name: str, until: datetime) -> None:
    """Note up to when what was due has been dealt with."""
    at = microseconds(until)
    if not insert_once(connection, SCHEDULE, {"site_id": site_id, "name": name, "dealt_until": at}):
        connection.execute(update(SCHEDULE).where(*_which(site_id, name)).values(dealt_until=at))


def _which(site_id: str, name: str) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return (SCHEDULE.c.site_id == site_id, SCHEDULE.c.name == name)
