"""Hold and release: an operator stops all trading of a site, and lets it go on."""

from typing import Annotated, Any

from fastapi import APIRouter, Body
from pydantic import BaseModel, ConfigDict, Field

from ridethrough.api.http.access.roles import OPERATOR, CallerOfRequest
from ridethrough.api.http.schemas.living import HoldAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.sites.parameters import Now, Reason, SiteId, Store
from ridethrough.api.operating.by_hand import hold_site, release_site


class HoldAsked(BaseModel):
    """Why a site is held or released."""

    model_config = ConfigDict(extra="forbid")

    why: Reason = Field(default="no reason given", description="For the journal, and for those who ask why it holds.")


def add_holds(router: APIRouter) -> None:
    """Let a router hold and release sites."""
    router.post(
        "/v1/sites/{site_id}/hold",
        summary="Hold every battery of a site until it is released; reserves are still restored",
        dependencies=[OPERATOR],
        responses=answered_with(HoldAnswer, "The site is held."),
    )(_hold)
    router.post(
        "/v1/sites/{site_id}/release",
        summary="End every hold of a site",
        dependencies=[OPERATOR],
        responses=answered_with(HoldAnswer, "The site is not held."),
    )(_release)


def _hold(
    site_id: SiteId, store: Store, now: Now, caller: CallerOfRequest, body: Annotated[HoldAsked | None, Body()] = None
) -> dict[str, Any]:
    why = (body or HoldAsked()).why
    hold_site(store, site_id, why=why, who=caller.name, now=now)
    return {"held": True, "held_at": now.isoformat(), "held_by": caller.name, "why": why}


def _release(
    site_id: SiteId, store: Store, now: Now, caller: CallerOfRequest, body: Annotated[HoldAsked | None, Body()] = None
) -> dict[str, Any]:
    why = (body or HoldAsked()).why
    release_site(store, site_id, why=why, who=caller.name, now=now)
    return {"held": False, "held_at": None, "held_by": None, "why": None}
