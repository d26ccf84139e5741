"""Keys over HTTP: an administrator makes, lists and revokes them, and sees who did.

An administrator of some sites gives keys for those sites only, and knows of no other keys. A secret is only in the
answer that makes its key. No key outlives the one that made it: who was let in for a day does not stay for ever.
A key that is revoked takes those that it made with it, unless they are asked to stay.
"""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Body, Path, Query
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.role import Role
from ridethrough.api.http.access.roles import ADMIN, Caller, CallerOfRequest
from ridethrough.api.http.schemas.living import JournalAnswer
from ridethrough.api.http.schemas.operations import KeyAnswer, KeysAnswer, KeysRevoked, NewKeyAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.sites.parameters import SITE_ID, Before, Limit, Now, Store
from ridethrough.api.operating.keys import end_key, key_document, make_key
from ridethrough.api.operating.records import entry_document
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.store.keys import StoredKey, key_of_id, list_keys
from ridethrough.store.operating import journal
from ridethrough.store.sites import LONGEST_ID

LONGEST_VALID = timedelta(days=36_500)
KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{12}$", description="The id of the key, as it is listed.")]


class KeyAsked(BaseModel):
    """What a key is to be for."""

    model_config = ConfigDict(extra="forbid")

    role: Role = Field(description="What the key may do.")
    site_id: str | None = Field(
        default=None, pattern=SITE_ID, max_length=LONGEST_ID, description="The one site that it is for; without it all."
    )
    expires_at: AwareDatetime | None = Field(
        default=None,
        description="When it runs out; without it never. A key that runs out itself makes none that lasts longer.",
    )


def add_keys(router: APIRouter) -> None:
    """Let a router manage keys."""
    router.post(
        "/v1/keys",
        summary="Make a key; it is shown this once",
        dependencies=[ADMIN],
        status_code=201,
        responses=answered_with(NewKeyAnswer, "The key, and what it may do.", 201),
    )(_make)
    router.get(
        "/v1/keys",
        summary="Keys that the caller may manage, the oldest first",
        dependencies=[ADMIN],
        responses=answered_with(KeysAnswer, "The keys without their secrets, also those that are not valid any more."),
    )(_list)
    router.get(
        "/v1/keys/{key_id}",
        summary="One key",
        dependencies=[ADMIN],
        responses=answered_with(KeyAnswer, "The key without its secret."),
    )(_get)
    router.delete(
        "/v1/keys/{key_id}",
        summary="Revoke a key, and those that it made; they stay in the list",
        dependencies=[ADMIN],
        responses=answered_with(KeysRevoked, "The keys that open nothing from the next request on."),
    )(_revoke)
    router.get(
        "/v1/journal",
        summary="Who changed what of the service itself, and when; the newest entry first",
        dependencies=[ADMIN],
        responses=answered_with(JournalAnswer, "The entries."),
    )(_journal)


def _make(store: Store, now: Now, caller: CallerOfRequest, body: Annotated[KeyAsked, Body()]) -> dict[str, Any]:
    if not _manages(caller, body.site_id):
        raise HTTPException(
            403, f"this key makes keys for its own sites: give one of them as site_id, {_sites(caller)}"
        )
    if body.expires_at is not None and not now < body.expires_at <= now + LONGEST_VALID:
        until = (now + LONGEST_VALID).date().isoformat()
        value, allowed = body.expires_at.isoformat(), f"after {now.isoformat(timespec='seconds')}, and until {until}"
        raise UnableToAccept([Fault(field="expires_at", source="request", value=value, allowed=allowed)])
    if caller.key_ends is not None and (body.expires_at is None or body.expires_at > caller.key_ends):
        lasting = None if body.expires_at is None else body.expires_at.isoformat()
        allowed = f"at most {caller.key_ends.isoformat(timespec='seconds')}, when the key that makes it runs out"
        raise UnableToAccept([Fault(field="expires_at", source="request", value=lasting, allowed=allowed)])
    with store.writing() as connection:
        made, written = make_key(
            connection,
            role=body.role.value,
            site_id=body.site_id,
            expires_at=body.expires_at,
            who=caller.name,
            now=now,
        )
    return {**key_document(made), "key": written}


def _list(store: Store, caller: CallerOfRequest) -> dict[str, Any]:
    with store.reading() as connection:
        return {"keys": [key_document(key) for key in list_keys(connection) if _manages(caller, key.site_id)]}


def _get(key_id: KeyId, store: Store, caller: CallerOfRequest) -> dict[str, Any]:
    with store.reading() as connection:
        return key_document(_managed(key_of_id(connection, key_id), caller, key_id))


def _revoke(
    key_id: KeyId,
    store: Store,
    now: Now,
    caller: CallerOfRequest,
    keep_made: Annotated[bool, Query(description="Whether the keys that it made stay valid.")] = False,  # noqa: FBT002 - a query
) -> dict[str, Any]:
    with store.writing() as connection:
        _managed(key_of_id(connection, key_id), caller, key_id)
        ended = end_key(connection, key_id, who=caller.name, now=now, keep_made=keep_made)
        if not ended:
            raise HTTPException(404, f"the key {key_id} was revoked before")
    return {"revoked": [each.key_id for each in ended]}


def _journal(store: Store, caller: CallerOfRequest, before: Before = None, limit: Limit = 100) -> dict[str, Any]:
    if caller.sites is not None:
        raise HTTPException(403, "this journal is about all sites; a site's own is at /v1/sites/{site_id}/journal")
    with store.reading() as connection:
        found = journal.entries(connection, journal.SERVICE, before=before, limit=limit)
    return {"entries": [entry_document(each) for each in found]}


def _managed(key: StoredKey | None, caller: Caller, key_id: str) -> StoredKey:
    """The key, for those who may manage it; to others it is as if there were none."""
    if key is None or not _manages(caller, key.site_id):
        raise HTTPException(404, f"no key {key_id}")
    return key


def _manages(caller: Caller, site_id: str | None) -> bool:
    """Whether an administrator may give a key for a site, and revoke it; without a site it is for all of them."""
    return caller.sites is None or (site_id is not None and caller.knows(site_id))


def _sites(caller: Caller) -> str:
    return " or ".join(sorted(caller.sites or ()))
