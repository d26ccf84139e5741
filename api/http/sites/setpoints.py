"""The setpoints of now: what every battery of a site does, or that all of them hold, and why."""

from typing import Any

from fastapi import APIRouter, Request

from ridethrough.api.answers.living.setpoints_answer import setpoints_document
from ridethrough.api.cases.sites.situations import situation_at
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.schemas.living import SetpointsAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.sites.parameters import Now, SiteId, Store
from ridethrough.api.metrics import SETPOINTS
from ridethrough.operation.live.setpoints import setpoints_now


def add_setpoints(router: APIRouter) -> None:
    """Let a router answer what batteries do now."""
    router.get(
        "/v1/sites/{site_id}/setpoints/now",
        summary="What every battery does now, from the certified plan and the latest reading; or hold, and why",
        dependencies=[VIEWER],
        responses=answered_with(SetpointsAnswer, "The setpoints, until `valid_until`."),
    )(_now)


def _now(request: Request, site_id: SiteId, store: Store, now: Now) -> dict[str, Any]:
    with store.reading() as connection:
        situation = situation_at(connection, site_id, now)
    setpoints = setpoints_now(situation)
    SETPOINTS.labels(mode=setpoints.mode.value).inc()
    request.state.plan_id = setpoints.plan_id
    return setpoints_document(setpoints, situation.site)
