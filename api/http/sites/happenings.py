"""What happened at a site: its alarms and its journal."""

from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.exceptions import HTTPException

from ridethrough.api.cases.sites.stored_inputs import stored_site
from ridethrough.api.http.access.roles import OPERATOR, VIEWER, CallerOfRequest
from ridethrough.api.http.schemas.living import AlarmAnswer, AlarmsAnswer, JournalAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.sites.parameters import Before, Limit, Now, Number, SiteId, Store
from ridethrough.api.operating.by_hand import acknowledge_alarm
from ridethrough.api.operating.records import alarm_document, entry_document
from ridethrough.store.operating import alarms, journal


def add_happenings(router: APIRouter) -> None:
    """Let a router show alarms and the journal."""
    router.get(
        "/v1/sites/{site_id}/alarms",
        summary="Alarms of a site, the newest first",
        dependencies=[VIEWER],
        responses=answered_with(AlarmsAnswer, "The alarms."),
    )(_alarms)
    router.post(
        "/v1/sites/{site_id}/alarms/{alarm_id}/acknowledge",
        summary="Say that a person has seen an alarm",
        dependencies=[OPERATOR],
        responses=answered_with(AlarmAnswer, "The alarm, with the first who acknowledged it."),
    )(_acknowledge)
    router.get(
        "/v1/sites/{site_id}/journal",
        summary="Who changed what of a site, and when; the newest entry first",
        dependencies=[VIEWER],
        responses=answered_with(JournalAnswer, "The entries."),
    )(_journal)


def _alarms(
    site_id: SiteId,
    store: Store,
    is_open: Annotated[bool, Query(alias="open", description="Only those that are not over.")] = False,  # noqa: FBT002
    limit: Limit = 100,
) -> dict[str, Any]:
    with store.reading() as connection:
        stored_site(connection, site_id)
        found = alarms.listed(connection, site_id, only_open=is_open, limit=limit)
    return {"alarms": [alarm_document(each) for each in found]}


def _acknowledge(site_id: SiteId, alarm_id: Number, store: Store, now: Now, caller: CallerOfRequest) -> dict[str, Any]:
    alarm = acknowledge_alarm(store, site_id, alarm_id, who=caller.name, now=now)
    if alarm is None:
        raise HTTPException(404, f"no alarm {alarm_id} of the site {site_id!r}")
    return alarm_document(alarm)


def _journal(site_id: SiteId, store: Store, before: Before = None, limit: Limit = 100) -> dict[str, Any]:
    with store.reading() as connection:
        stored_site(connection, site_id)
        found = journal.entries(connection, site_id, before=before, limit=limit)
    return {"entries": [entry_document(each) for each in found]}
