"""Answers about a site as it lives: setpoints, readings, holds, alarms, the journal and webhooks."""

from typing import Any

from pydantic import AwareDatetime, Field

from ridethrough.api.http.schemas.plans import PlanAnswer
from ridethrough.api.http.schemas.schema import Schema
from ridethrough.domain import UpsMode
from ridethrough.domain.plan import PlanStatus
from ridethrough.operation.live.situation import SetpointMode


class SystemSetpointAnswer(Schema):
    """One UPS system: powers of all its batteries (DC, at least 0), and why."""

    charge_kw: float
    discharge_kw: float
    reserve_kwh: float = Field(description="The floor that holds now.")
    stored_kwh: float | None = Field(description="As it was measured; null where it is not known.")
    why: str


class SetpointsAnswer(Schema):
    """What every battery does until `valid_until`; then its equipment holds by itself."""

    mode: SetpointMode
    why: str
    valid_until: AwareDatetime
    plan_id: str | None
    meter_ceiling_kw: float
    ups: dict[str, SystemSetpointAnswer]


class UpsReadingAnswer(Schema):
    """What was measured of one UPS system."""

    stored_kwh: float | None
    load_kw: float | None
    mode: UpsMode | None


class ReadingAnswer(Schema):
    """A reading as it was kept."""

    id: int
    received_at: AwareDatetime
    received_from: str
    measured_at: AwareDatetime
    grid_kw: float | None
    ups: dict[str, UpsReadingAnswer]


class KeptReadingAnswer(ReadingAnswer):
    """A reading that was kept, and what is wrong with it (nothing: an empty list)."""

    against: list[str]


class ReadingsAnswer(Schema):
    """Readings in the order in which they were measured; `next` is where to read on, null at the end."""

    readings: list[ReadingAnswer]
    next: AwareDatetime | None


class KnownAnswer(Schema):
    """What a plan was made from."""

    site_version: int
    until: AwareDatetime
    telemetry: int | None
    software: str


class ChangeAnswer(Schema):
    """Who or what ended a plan, when, and why."""

    by: str
    at: AwareDatetime
    why: str


class PlanRecordAnswer(Schema):
    """What is kept of a plan beside the plan itself."""

    id: str
    site_id: str
    made_at: AwareDatetime
    made_by: str
    why: str
    status: PlanStatus
    certified: bool
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    expires_at: AwareDatetime
    known: KnownAnswer
    sha256: str
    superseded: ChangeAnswer | None
    cancelled: ChangeAnswer | None


class PlanRecordsAnswer(Schema):
    """Plans of a site, the newest first."""

    plans: list[PlanRecordAnswer]


class KeptPlanAnswer(PlanAnswer):
    """A plan of a stored site, with its record."""

    plan_id: str
    record: PlanRecordAnswer


class HoldAnswer(Schema):
    """Whether an operator holds the site."""

    held: bool
    held_at: AwareDatetime | None
    held_by: str | None
    why: str | None


class AlarmAnswer(Schema):
    """One alarm; it is open while `cleared_at` is null."""

    id: int
    kind: str
    subject: str
    message: str
    raised_at: AwareDatetime
    seen_at: AwareDatetime
    cleared_at: AwareDatetime | None
    acknowledged_at: AwareDatetime | None
    acknowledged_by: str | None


class AlarmsAnswer(Schema):
    """Alarms, the newest first."""

    alarms: list[AlarmAnswer]


class EntryAnswer(Schema):
    """One entry of the journal."""

    id: int
    at: AwareDatetime
    who: str
    what: str
    detail: dict[str, Any]


class JournalAnswer(Schema):
    """The journal, the newest entry first."""

    entries: list[EntryAnswer]


class WebhookAnswer(Schema):
    """A receiver of messages."""

    id: int
    url: str
    events: list[str]
    added_at: AwareDatetime
    added_by: str


class NewWebhookAnswer(WebhookAnswer):
    """A receiver that was added, with the secret that its messages are signed with: it is not shown again."""

    secret: str


class WebhooksAnswer(Schema):
    """Who is told of a site."""

    webhooks: list[WebhookAnswer]


class MessageAnswer(Schema):
    """A message, and how far it is."""

    id: int
    event: str
    queued_at: AwareDatetime
    attempts: int
    due_at: AwareDatetime | None
    delivered_at: AwareDatetime | None
    last_error: str | None


class MessagesAnswer(Schema):
    """Messages to a receiver, the newest first."""

    messages: list[MessageAnswer]


class PastAnswer(Schema):
    """A site at a past moment: what was known, the plan in force, and what bound it."""

    at: AwareDatetime
    known: dict[str, Any]
    inputs: dict[str, Any] | None
    plan: dict[str, Any] | None
    setpoints: SetpointsAnswer
    binding: str
    replay: dict[str, Any] | None
