"""Plans of stored sites: they are made from what is known now, certified, kept, and put in force."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from ridethrough.api.cases.sites.measured_loads import record_measured_loads
from ridethrough.api.cases.sites.situations import history_of, latest_reading, metered_of, reading_of, site_of
from ridethrough.api.cases.sites.stored_inputs import stored_inputs, stored_site
from ridethrough.api.metrics import PLANS
from ridethrough.api.operating.plan_question import SOFTWARE, PlanAnswer, PlanQuestion, answer_to
from ridethrough.api.operating.telling import tell
from ridethrough.api.operating.watching import MISSED
from ridethrough.domain import UnableToAccept
from ridethrough.domain.plan import PlanStatus
from ridethrough.store.database import Database
from ridethrough.store.operating import alarms, plans, telemetry
from ridethrough.store.operating.plans import NewPlan, PlanRecord

PLAN_ALARM = "plan"
REMEMBERED = timedelta(days=400)
"""Plans are made from this much of the past: more than the year that ratchets and yearly charges look back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedPlan:
    """A plan's question, and what of the store it was made from."""

    site_id: str
    site_version: int
    known_at: datetime
    telemetry_id: int | None
    telemetry_known_id: int | None
    question: PlanQuestion


def make_plan(
    database: Database,
    site_id: str,
    now: datetime,
    why: str,
    *,
    by: str = "service",
    solve: Callable[[PlanQuestion], PlanAnswer] = answer_to,
) -> PlanRecord:
    """Make a plan of a site from now to the end of the next local day, and keep it with all that was known.

    `why` is the reason in plain words; it is also why the plan before it was superseded. `solve` is where the work is
    done, by default here.

    Raises `UnableToFindSite` where there is no such site, `UnableToAccept` where too little is known to plan (an alarm
    says so too), and whatever `solve` raises.
    """
    try:
        prepared = prepare_plan(database, site_id, now)
        answer = solve(prepared.question)
    except UnableToAccept as error:
        plan_failed(database, site_id, str(error), now=now)
        raise
    return keep_plan(database, prepared, answer, why, by=by)


def prepare_plan(database: Database, site_id: str, now: datetime) -> PreparedPlan:
    """Collect what is known at this moment, with the loads that telemetry has measured by now.

    Raises `UnableToFindSite` where there is no such site, and `UnableToAccept` where its series are missing.
    """
    with database.writing() as connection:
        site = stored_site(connection, site_id)
        record_measured_loads(connection, site_id, site_of(site, {}), site.document, now)
    with database.reading() as connection:
        stored = stored_inputs(connection, site_id, since=now - REMEMBERED)
        last, known_id = latest_reading(connection, site_id, now), telemetry.newest_id(connection, site_id)
        earlier = history_of(connection, stored.inputs.site, last, now)
    return PreparedPlan(
        site_id=site_id,
        site_version=stored.site.version,
        known_at=stored.known_at,
        telemetry_id=None if last is None else last.id,
        telemetry_known_id=known_id,
        question=PlanQuestion(
            inputs=stored.inputs,
            telemetry=reading_of(last),
            before=earlier,
            now=now,
            metered=metered_of(None if last is None else last.counted),
        ),
    )


def keep_plan(
    database: Database,
    prepared: PreparedPlan,
    answer: PlanAnswer,
    why: str,
    *,
    by: str,
    also: Callable[[Connection, PlanRecord], None] | None = None,
) -> PlanRecord:
    """Keep a plan, put it in force if it is certified, and tell of it; `also` is done in the same transaction."""
    now = prepared.question.now
    with database.writing() as connection:
        record = plans.add(
            connection,
            NewPlan(
                site_id=prepared.site_id,
                made_at=now,
                made_by=by,
                why=why,
                starts_at=answer.starts_at,
                ends_at=answer.ends_at,
                expires_at=answer.expires_at,
                status=answer.status,
                status_because=answer.status_because,
                certified=answer.certified,
                site_version=prepared.site_version,
                known_at=prepared.known_at,
                telemetry_id=prepared.telemetry_id,
                telemetry_known_id=prepared.telemetry_known_id,
                software=SOFTWARE,
                document=answer.document,
                orders=answer.orders,
                sha256=answer.sha256,
            ),
        )
        _tell_of(connection, record, now)
        if also is not None:
            also(connection, record)
    PLANS.labels(status=record.status).inc()
    return record


def plan_failed(database: Database, site_id: str, reason: str, *, now: datetime) -> None:
    """Raise the alarm that no plan could be made; the certified plan before it stays in force until it expires."""
    with database.writing() as connection:
        found = [alarms.Raised(kind=PLAN_ALARM, subject=site_id, message=f"no plan could be made: {reason}")]
        for alarm in alarms.settle(connection, site_id, [PLAN_ALARM], found, now=now):
            tell(connection, site_id, "alarm_raised", {"alarm": alarm.message}, who="service", now=now)


def _tell_of(connection: Connection, record: PlanRecord, now: datetime) -> None:
    """Write the journal, settle the alarm of plans, and queue webhooks."""
    found = []
    if not record.certified:
        found = [f"{record.plan_id} is not certified and does not come in force: {record.status_because}"]
    elif record.status in (PlanStatus.HOLD, PlanStatus.RECOVERY):
        found = [f"{record.plan_id} trades nothing ({record.status}): {record.status_because}"]
    raised = [alarms.Raised(kind=PLAN_ALARM, subject=record.site_id, message=each) for each in found]
    for alarm in alarms.settle(connection, record.site_id, [PLAN_ALARM, MISSED], raised, now=now):
        tell(connection, record.site_id, "alarm_raised", {"alarm": alarm.message}, who="service", now=now)
    what = "plan_made" if record.certified else "plan_refused"
    detail = {
        "plan_id": record.plan_id,
        "why": record.why,
        "status": record.status,
        "certified": record.certified,
        "starts_at": record.starts_at.isoformat(),
        "expires_at": record.expires_at.isoformat(),
    }
    tell(connection, record.site_id, what, detail, who=record.made_by, now=now)
