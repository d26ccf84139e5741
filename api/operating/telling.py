"""Whatever happens at a site is written in its journal, and told to those who asked to be told."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from ridethrough.store import webhooks
from ridethrough.store.operating import journal

EVENTS = (
    "site_written",
    "site_deleted",
    "series_added",
    "series_cleared",
    "alarm_raised",
    "alarm_acknowledged",
    "plan_made",
    "plan_refused",
    "plan_cancelled",
    "plan_missed",
    "prices_fetched",
    "held",
    "released",
    "telemetry_refused",
    "webhook_added",
    "webhook_removed",
    "key_created",
    "key_revoked",
)
"""The kinds of entries that this module writes and webhooks may ask for."""


def tell(
    connection: Connection, site_id: str, what: str, detail: Mapping[str, Any], *, who: str, now: datetime
) -> None:
    """Write the journal and queue webhooks, in the transaction of what happened."""
    journal.write(connection, site_id, who=who, what=what, now=now, detail=detail)
    body = {"event": what, "site_id": site_id, "at": now.isoformat(), "who": who, "detail": dict(detail)}
    webhooks.queue(connection, site_id, what, body, now=now)
