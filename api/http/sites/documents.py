"""The documents of stored sites: `GET /v1/sites`, and `PUT`, `GET` and `DELETE /v1/sites/{site_id}`.

A document has a version, which its `ETag` shows. `If-Match` writes or deletes only that version, and `If-None-Match: *`
only a site that is not there: 412 otherwise.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy import Connection
from starlette.exceptions import HTTPException

from ridethrough.api.cases.sites.stored_inputs import Readiness, check_document, stored_site
from ridethrough.api.http.access.roles import ADMIN, VIEWER, CallerOfRequest
from ridethrough.api.http.answering.problems import problems
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.schemas.sites import SiteAnswer, SitesAnswer, SiteWritten, VersionsAnswer
from ridethrough.api.http.sites.bodies import JSON, YAML, SiteBody
from ridethrough.api.http.sites.parameters import SITE_ID, Now, Store
from ridethrough.api.operating.keys import end_keys_of_site
from ridethrough.api.operating.telling import tell
from ridethrough.store import webhooks
from ridethrough.store.database import Database
from ridethrough.store.series import clear_series, series_names
from ridethrough.store.sites import (
    LONGEST_ID,
    StoredSite,
    delete_site,
    deleted_at,
    put_site,
    read_stored_site,
    require_version,
    site_version,
    site_versions,
    stored_sites,
)

SiteId = Annotated[str, Path(pattern=SITE_ID, max_length=LONGEST_ID, description="The id of the site.")]
_TAG = re.compile(r'(?:W/)?"(\d{1,9})"\Z')
_IfMatch = Annotated[str | None, Header(description='The version that is to be replaced, such as `"3"`.')]
_IfNoneMatch = Annotated[str | None, Header(description="`*`: only where there is no such site.")]
_BODY = {
    "requestBody": {"required": True, "content": {kind: {"schema": {"type": "object"}} for kind in (JSON, YAML[0])}}
}


def add_site_documents(router: APIRouter) -> None:
    """Let a router keep the documents of sites."""
    site = "/v1/sites/{site_id}"
    router.get(
        "/v1/sites",
        summary="The sites that the caller may see",
        dependencies=[VIEWER],
        responses=answered_with(SitesAnswer, "The sites, by id."),
    )(_list)
    router.put(
        site,
        summary="Write a site's document",
        dependencies=[ADMIN],
        responses=answered_with(SiteWritten, "The site has this document.")
        | answered_with(SiteWritten, "The site is new.", 201)
        | problems(412),
        openapi_extra=_BODY,
    )(_put)
    router.get(
        site,
        summary="A site's document",
        dependencies=[VIEWER],
        responses=answered_with(SiteAnswer, "The document.") | {304: {"description": "It has that version still."}},
    )(_get)
    router.delete(
        site,
        summary="Delete a site, and revoke its keys; its history stays",
        description="Revokes every key that is for this site alone, also the one that asks: a later site of the same "
        "id gets keys of its own.",
        dependencies=[ADMIN],
        responses=problems(412),
        status_code=204,
    )(_delete)
    router.get(
        f"{site}/versions",
        summary="All versions of a site",
        dependencies=[VIEWER],
        responses=answered_with(VersionsAnswer, "The versions, the oldest first."),
    )(_versions)


def _list(store: Store, caller: CallerOfRequest) -> dict[str, Any]:
    with store.reading() as connection:
        found = [site for site in stored_sites(connection) if caller.knows(site.site_id)]
    return {"sites": [{**_about(site), "name": site.document.get("name", "")} for site in found]}


def _put(
    *,
    site_id: SiteId,
    document: SiteBody,
    store: Store,
    now: Now,
    caller: CallerOfRequest,
    if_match: _IfMatch = None,
    if_none_match: _IfNoneMatch = None,
) -> JSONResponse:
    conditions = (if_match, if_none_match)
    written = write_document(store, site_id, document, now=now, by=caller.name, conditions=conditions)
    return JSONResponse(
        {**_about(written.site), "ready": written.readiness.is_ready, **lacking(written.readiness)},
        status_code=201 if written.is_new else 200,
        headers={"ETag": _tag(written.site), "Location": f"/v1/sites/{site_id}"},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A document that was written, whether the site is new, and what it still lacks before plans can be made."""

    site: StoredSite
    is_new: bool
    readiness: Readiness


def write_document(
    store: Database,
    site_id: str,
    document: Mapping[str, Any],
    *,
    now: datetime,
    by: str,
    conditions: tuple[str | None, str | None] = (None, None),
) -> Written:
    """Write a site's document; `conditions` are `If-Match` and `If-None-Match`.

    Raises `UnableToAccept` with every fault of the document, and `UnableToReplace` where a condition does not hold.
    """
    with store.reading() as connection:
        check_document(connection, site_id, document)
    with store.writing() as connection:
        _require(connection, site_id, *conditions)
        before = read_stored_site(connection, site_id)
        if before is None:
            _begin_anew(connection, site_id, now, by)
        site = put_site(connection, site_id, document, now=now, by=by)
        if before is None or before.version != site.version:
            detail = {"version": site.version, "sha256": site.sha256}
            tell(connection, site_id, "site_written", detail, who=by, now=now)
        readiness = check_document(connection, site_id, document)
    return Written(site=site, is_new=before is None, readiness=readiness)


def _begin_anew(connection: Connection, site_id: str, now: datetime, by: str) -> None:
    """Let nothing of a site that was deleted come back with a new one of the same id: its history stays in the past.

    A version before this one left its keys valid; keys that were made since then are for the new site.
    """
    ended_at = deleted_at(connection, site_id)
    if ended_at is not None:
        end_keys_of_site(connection, site_id, who=by, now=now, made_before=ended_at)
    for name in series_names(connection, site_id):
        clear_series(connection, site_id, name, now=now)
    for webhook in webhooks.listed(connection, site_id):
        webhooks.remove(connection, site_id, webhook.id, now=now)


def _get(
    request: Request,
    site_id: SiteId,
    store: Store,
    version: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="An older version.")] = None,
) -> Response:
    with store.reading() as connection:
        site = stored_site(connection, site_id)
        if version is not None:
            older = site_version(connection, site_id, version)
            if older is None:
                raise HTTPException(404, f"the site {site_id} has no version {version}")
            site = older
    headers = {"ETag": _tag(site)}
    if _tag(site) in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return JSONResponse(dict(site.document), headers=headers)


def _delete(site_id: SiteId, store: Store, now: Now, caller: CallerOfRequest, if_match: _IfMatch = None) -> Response:
    with store.writing() as connection:
        stored_site(connection, site_id)
        _require(connection, site_id, if_match, None)
        delete_site(connection, site_id, now=now, by=caller.name)
        ended = end_keys_of_site(connection, site_id, who=caller.name, now=now)
        detail = {"keys_revoked": [each.key_id for each in ended]}
        tell(connection, site_id, "site_deleted", detail, who=caller.name, now=now)
    return Response(status_code=204)


def _versions(site_id: SiteId, store: Store) -> dict[str, Any]:
    with store.reading() as connection:
        stored_site(connection, site_id)
        found = site_versions(connection, site_id)
    return {"versions": [{**_about(site), "deleted": site.deleted} for site in found]}


def _require(connection: Connection, site_id: str, if_match: str | None, if_none_match: str | None) -> None:
    """Check the conditions of a request; `UnableToReplace` becomes 412."""
    if if_none_match is not None:
        require_version(connection, site_id, None)
    if if_match is None:
        return
    current = read_stored_site(connection, site_id)
    if if_match.strip() == "*":
        if current is None:
            raise HTTPException(412, f"the site {site_id} is not there")
        return
    wanted = [int(found[1]) for part in if_match.split(",") if (found := _TAG.match(part.strip()))]
    if current is None or current.version not in wanted:
        require_version(connection, site_id, wanted[0] if wanted else 0)


def _about(site: StoredSite) -> dict[str, Any]:
    return {
        "site_id": site.site_id,
        "version": site.version,
        "recorded_at": site.recorded_at.isoformat(),
        "recorded_by": site.recorded_by,
        "sha256": site.sha256,
    }


def lacking(readiness: Readiness) -> dict[str, Any]:
    """What a site still lacks before plans can be made for it, as it is answered."""
    return {
        "missing": [{"field": each.field, "series": each.value, "detail": each.allowed} for each in readiness.missing],
        "faults": [str(each) for each in readiness.faults],
    }


def _tag(site: StoredSite) -> str:
    return f'"{site.version}"'
