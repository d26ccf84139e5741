"""What the store keeps of a site, as documents: readings, plans, journal, alarms and webhooks."""

import json
from collections.abc import Mapping
from typing import Any

from ridethrough.store.operating.alarms import Alarm
from ridethrough.store.operating.journal import Entry
from ridethrough.store.operating.plans import PlanRecord
from ridethrough.store.operating.telemetry import StoredReading
from ridethrough.store.webhooks import Message, Webhook


def reading_document(reading: StoredReading) -> dict[str, Any]:
    """A reading as it was kept."""
    return {
        "id": reading.id,
        "received_at": reading.received_at.isoformat(),
        "received_from": reading.received_from,
        **json.loads(reading.document),
    }


def plan_record(record: PlanRecord) -> dict[str, Any]:
    """What the store says of a plan: why it was made, of what, and what became of it."""
    superseded = None
    if record.superseded_by is not None and record.superseded_at is not None:
        superseded = {
            "by": f"plan-{record.superseded_by}",
            "at": record.superseded_at.isoformat(),
            "why": record.superseded_because,
        }
    cancelled = None
    if record.cancelled_at is not None:
        cancelled = {
            "by": record.cancelled_by,
            "at": record.cancelled_at.isoformat(),
            "why": record.cancelled_because,
        }
    return {
        "id": record.plan_id,
        "site_id": record.site_id,
        "made_at": record.made_at.isoformat(),
        "made_by": record.made_by,
        "why": record.why,
        "status": record.status,
        "certified": record.certified,
        "starts_at": record.starts_at.isoformat(),
        "ends_at": record.ends_at.isoformat(),
        "expires_at": record.expires_at.isoformat(),
        "known": {
            "site_version": record.site_version,
            "until": record.known_at.isoformat(),
            "telemetry": record.telemetry_id,
            "software": record.software,
        },
        "sha256": record.sha256,
        "superseded": superseded,
        "cancelled": cancelled,
    }


def kept_plan(record: PlanRecord, document: Mapping[str, Any]) -> dict[str, Any]:
    """A plan with what the store says of it: all fields of a plan, and `record`."""
    return {**document, "plan_id": record.plan_id, "record": plan_record(record)}


def alarm_document(alarm: Alarm) -> dict[str, Any]:
    """One alarm; it is open while `cleared_at` is null."""
    times = {"raised_at": alarm.raised_at, "seen_at": alarm.seen_at, "cleared_at": alarm.cleared_at}
    return {
        "id": alarm.id,
        "kind": alarm.kind,
        "subject": alarm.subject,
        "message": alarm.message,
        **{name: None if at is None else at.isoformat() for name, at in times.items()},
        "acknowledged_at": None if alarm.acknowledged_at is None else alarm.acknowledged_at.isoformat(),
        "acknowledged_by": alarm.acknowledged_by,
    }


def entry_document(entry: Entry) -> dict[str, Any]:
    """One entry of the journal."""
    return {
        "id": entry.id,
        "at": entry.at.isoformat(),
        "who": entry.who,
        "what": entry.what,
        "detail": dict(entry.detail),
    }


def webhook_document(webhook: Webhook) -> dict[str, Any]:
    """A receiver; its secret is shown once, when it is added."""
    return {
        "id": webhook.id,
        "url": webhook.url,
        "events": list(webhook.events),
        "added_at": webhook.added_at.isoformat(),
        "added_by": webhook.added_by,
    }


def message_document(message: Message) -> dict[str, Any]:
    """A message to a receiver, and how far it is."""
    return {
        "id": message.id,
        "event": message.event,
        "queued_at": message.queued_at.isoformat(),
        "attempts": message.attempts,
        "due_at": None if message.due_at is None else message.due_at.isoformat(),
        "delivered_at": None if message.delivered_at is None else message.delivered_at.isoformat(),
        "last_error": message.last_error,
    }
