"""Webhooks: who is told of what happens at a site, and every message until it was delivered or given up.

A message is written in the transaction of what it tells, so neither is there without the other. It is sent at least
once: a receiver that answered and was not heard gets it again, with the same id.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    and_,
    select,
    update,
)

from ridethrough.store.schema import IDENTITY, METADATA, canonical, microseconds, moment

BACK_OFF_S = (10, 30, 120, 600, 1800, 3600, 7200, 14400)
"""The waits between attempts; after the last one a message is given up, some eight hours after its first."""
LEASE = timedelta(seconds=60)
"""Who takes a message to send it has it for this long; then another sender may take it."""


WEBHOOKS = Table(
    "webhooks",
    METADATA,
    Column("id", IDENTITY, primary_key=True, autoincrement=True),
    Column("site_id", String(200), nullable=False),
    Column("url", Text, nullable=False),
    Column("secret", String(100), nullable=False),
    Column("events", Text, nullable=False),
    Column("added_at", BigInteger, nullable=False),
    Column("added_by", String(200), nullable=False),
    Column("removed_at", BigInteger, nullable=True),
    Index("webhooks_by_site", "site_id", "id"),
)

MESSAGES = Table(
    "webhook_messages",
    METADATA,
    Column("id", IDENTITY, primary_key=True, autoincrement=True),
    Column("webhook_id", BigInteger, nullable=False),
    Column("site_id", String(200), nullable=False),
    Column("event", String(60), nullable=False),
    Column("body", Text, nullable=False),
    Column("queued_at", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=True),
    Column("attempts", Integer, nullable=False),
    Column("delivered_at", BigInteger, nullable=True),
    Column("last_error", Text, nullable=True),
    Index("webhook_messages_due", "due_at"),
    Index("webhook_messages_by_webhook", "webhook_id", "id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Who is told: `events` are the kinds of journal entries and alarms it asked for, all where it is empty."""

    id: int
    site_id: str
    url: str
    events: tuple[str, ...]
    added_at: datetime
    added_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message to send: `due_at` is None where it was delivered or given up."""

    id: int
    webhook_id: int
    event: str
    body: str
    queued_at: datetime
    due_at: datetime | None
    attempts: int
    delivered_at: datetime | None
    last_error: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A message with where it goes, and the secret it is signed with."""

    message: Message
    url: str
    secret: str


def add(
    connection: Connection, site_id: str, *, url: str, secret: str, events: Iterable[str], by: str, now: datetime
) -> Webhook:
    """Tell a receiver from now on."""
    row = connection.execute(
        WEBHOOKS.insert()
        .values(
            site_id=site_id,
            url=url,
            secret=secret,
            events=canonical({"events": sorted(events)}),
            added_at=microseconds(now),
            added_by=by,
        )
        .returning(WEBHOOKS)
    ).one()
    return _webhook(row)


def remove(connection: Connection, site_id: str, webhook_id: int, *, now: datetime) -> bool:
    """Tell a receiver no more, also not what is queued; whether there was such a receiver."""
    removed = connection.execute(
        update(WEBHOOKS)
        .where(WEBHOOKS.c.site_id == site_id, WEBHOOKS.c.id == webhook_id, WEBHOOKS.c.removed_at.is_(None))
        .values(removed_at=microseconds(now), secret="")
    )
    connection.execute(
        update(MESSAGES)
        .where(MESSAGES.c.webhook_id == webhook_id, MESSAGES.c.site_id == site_id, MESSAGES.c.due_at.is_not(None))
        .values(due_at=None, last_error="the webhook was removed")
    )
    return bool(removed.rowcount)


def listed(connection: Connection, site_id: str) -> tuple[Webhook, ...]:
    """Who is told of a site, without the secrets."""
    rows = connection.execute(
        select(WEBHOOKS).where(WEBHOOKS.c.site_id == site_id, WEBHOOKS.c.removed_at.is_(None)).order_by(WEBHOOKS.c.id)
    )
    return tuple(_webhook(row) for row in rows)


def queue(connection: Connection, site_id: str, event: str, body: Mapping[str, Any], *, now: datetime) -> None:
    """Queue a message to every receiver that asked for this kind of event."""
    text, at_us = canonical(dict(body)), microseconds(now)
    for webhook in listed(connection, site_id):
        if not webhook.events or event in webhook.events:
            connection.execute(
                MESSAGES.insert().values(
                    webhook_id=webhook.id,
                    site_id=site_id,
                    event=event,
                    body=text,
                    queued_at=at_us,
                    due_at=at_us,
                    attempts=0,
                )
            )


def take(connection: Connection, *, now: datetime, limit: int = 20) -> tuple[Due, ...]:
    """Take messages that are due, so that no other sender takes them for `LEASE`."""
    at_us, taken = microseconds(now), []
    rows = connection.execute(
        select(MESSAGES, WEBHOOKS.c.url, WEBHOOKS.c.secret)
        .join(WEBHOOKS, and_(WEBHOOKS.c.id == MESSAGES.c.webhook_id, WEBHOOKS.c.removed_at.is_(None)))
        .where(MESSAGES.c.due_at <= at_us)
        .order_by(MESSAGES.c.due_at, MESSAGES.c.id)
        .limit(limit)
    ).all()
    for row in rows:
        claimed = connection.execute(
            update(MESSAGES)
            .where(MESSAGES.c.id == row.id, MESSAGES.c.due_at == row.due_at)
            .values(due_at=microseconds(now + LEASE), attempts=row.attempts + 1)
        )
        if claimed.rowcount:
            taken.append(Due(message=_message(row, attempts=row.attempts + 1), url=row.url, secret=row.secret))
    return tuple(taken)


def delivered(connection: Connection, message_id: int, *, now: datetime) -> None:
    """The receiver has it."""
    connection.execute(
        update(MESSAGES)
        .where(MESSAGES.c.id == message_id)
        .values(due_at=None, delivered_at=microseconds(now), last_error=None)
    )


def failed(connection: Connection, message: Message, error: str, *, now: datetime) -> bool:
    """The receiver does not have it: send it later, or give it up; whether it was given up."""
    wait_s = BACK_OFF_S[message.attempts - 1] if message.attempts <= len(BACK_OFF_S) else None
    due_at = None if wait_s is None else microseconds(now + timedelta(seconds=wait_s))
    connection.execute(
        update(MESSAGES).where(MESSAGES.c.id == message.id).values(due_at=due_at, last_error=error[:500])
    )
    return due_at is None


def messages(connection: Connection, site_id: str, webhook_id: int, *, limit: int = 100) -> tuple[Message, ...]:
    """The newest messages to a receiver, at most `limit`."""
    rows = connection.execute(
        select(MESSAGES)
        .where(MESSAGES.c.site_id == site_id, MESSAGES.c.webhook_id == webhook_id)
        .order_by(MESSAGES.c.id.desc())
        .limit(limit)
    )
    return tuple(_message(row, attempts=row.attempts) for row in rows)


def _webhook(row: Row) -> Webhook:  # type: ignore[type-arg]
    return Webhook(
        id=row.id,
        site_id=row.site_id,
        url=row.url,
        events=tuple(json.loads(row.events)["events"]),
        added_at=moment(row.added_at),
        added_by=row.added_by,
    )


def _message(row: Row, *, attempts: int) -> Message:  # type: ignore[type-arg]
    return Message(
        id=row.id,
        webhook_id=row.webhook_id,
        event=row.event,
        body=row.body,
        queued_at=moment(row.queued_at),
        due_at=None if row.due_at is None else moment(row.due_at),
        attempts=attempts,
        delivered_at=None if row.delivered_at is None else moment(row.delivered_at),
        last_error=row.last_error,
    )
