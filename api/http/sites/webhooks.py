"""Webhooks of a site: who is told of what happens at it."""

import secrets
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from ridethrough.api.cases.sites.stored_inputs import stored_site
from ridethrough.api.http.access.roles import ADMIN, CallerOfRequest
from ridethrough.api.http.schemas.living import MessagesAnswer, NewWebhookAnswer, WebhooksAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.sites.parameters import Limit, Now, Number, SiteId, Store
from ridethrough.api.operating.records import message_document, webhook_document
from ridethrough.api.operating.telling import EVENTS, tell
from ridethrough.api.operating.webhook_address import LONGEST_URL, check_target, target_of
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.store import webhooks

MOST_WEBHOOKS = 20
_SECRET_BYTES = 32


class WebhookAsked(BaseModel):
    """Who is told, and of what."""

    model_config = ConfigDict(extra="forbid")

    url: str = Field(max_length=LONGEST_URL, description="https, or http to this machine where nobody else can ask it.")
    events: list[str] = Field(default_factory=list, max_length=len(EVENTS), description="Which kinds; all without it.")


def add_webhooks(router: APIRouter) -> None:
    """Let a router keep webhooks."""
    path = "/v1/sites/{site_id}/webhooks"
    router.post(
        path,
        summary="Tell a receiver what happens at a site; the secret is shown this once",
        dependencies=[ADMIN],
        status_code=201,
        responses=answered_with(NewWebhookAnswer, "The receiver, and the secret that messages are signed with.", 201),
    )(_add)
    router.get(
        path,
        summary="Who is told of a site",
        dependencies=[ADMIN],
        responses=answered_with(WebhooksAnswer, "The receivers, without their secrets."),
    )(_list)
    router.delete(
        f"{path}/{{webhook_id}}",
        summary="Tell a receiver nothing more",
        dependencies=[ADMIN],
        status_code=204,
        responses={204: {"description": "It is told nothing more."}},
    )(_remove)
    router.get(
        f"{path}/{{webhook_id}}/messages",
        summary="Messages to a receiver, the newest first",
        dependencies=[ADMIN],
        responses=answered_with(MessagesAnswer, "The messages, and how far they are."),
    )(_messages)


def _add(
    *,
    request: Request,
    site_id: SiteId,
    store: Store,
    now: Now,
    caller: CallerOfRequest,
    body: Annotated[WebhookAsked, Body()],
) -> dict[str, Any]:
    check_target(target_of(body.url), to_loopback=request.app.state.webhooks_to_loopback)
    unknown = [each for each in body.events if each not in EVENTS]
    if unknown:
        allowed = f"some of {', '.join(EVENTS)}"
        raise UnableToAccept([Fault(field="events", source="request", value=", ".join(unknown), allowed=allowed)])
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    with store.writing() as connection:
        stored_site(connection, site_id)
        if len(webhooks.listed(connection, site_id)) >= MOST_WEBHOOKS:
            value, allowed = f"webhook {MOST_WEBHOOKS + 1}", f"at most {MOST_WEBHOOKS} of a site"
            raise UnableToAccept([Fault(field="url", source="request", value=value, allowed=allowed)])
        added = webhooks.add(
            connection, site_id, url=body.url, secret=secret, events=body.events, by=caller.name, now=now
        )
        tell(connection, site_id, "webhook_added", {"id": added.id, "url": added.url}, who=caller.name, now=now)
    return {**webhook_document(added), "secret": secret}


def _list(site_id: SiteId, store: Store) -> dict[str, Any]:
    with store.reading() as connection:
        stored_site(connection, site_id)
        return {"webhooks": [webhook_document(each) for each in webhooks.listed(connection, site_id)]}


def _remove(site_id: SiteId, webhook_id: Number, store: Store, now: Now, caller: CallerOfRequest) -> Response:
    with store.writing() as connection:
        stored_site(connection, site_id)
        if not webhooks.remove(connection, site_id, webhook_id, now=now):
            raise HTTPException(404, f"no webhook {webhook_id} of the site {site_id!r}")
        tell(connection, site_id, "webhook_removed", {"id": webhook_id}, who=caller.name, now=now)
    return Response(status_code=204)


def _messages(site_id: SiteId, webhook_id: Number, store: Store, limit: Limit = 100) -> dict[str, Any]:
    with store.reading() as connection:
        stored_site(connection, site_id)
        found = webhooks.messages(connection, site_id, webhook_id, limit=limit)
    return {"messages": [message_document(each) for each in found]}
