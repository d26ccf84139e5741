"""The form of a site: a new one from a template or a file, and a stored one, saved over the version that was seen."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from ridethrough.api.http.access.roles import ADMIN, Caller, CallerOfRequest
from ridethrough.api.http.dashboard.page_routes import Fields, viewer_of
from ridethrough.api.http.dashboard.site_pages import AskedSite, SiteAsked
from ridethrough.api.http.sites.bodies import MOST_YAML_BYTES
from ridethrough.api.http.sites.documents import write_document
from ridethrough.api.http.sites.parameters import Now, Store
from ridethrough.api.pages.frame import Frame, site_address
from ridethrough.api.pages.rendering import page, part
from ridethrough.api.pages.set_up.document_changes import merged
from ridethrough.api.pages.set_up.set_up_document import shown_document
from ridethrough.api.pages.set_up.set_up_form import (
    document_of,
    groups_of,
    kept_beside,
    with_system,
    without_system,
    written_of,
)
from ridethrough.api.pages.set_up.set_up_templates import TEMPLATES
from ridethrough.api.pages.set_up.site_conflict import Conflict, conflict_of
from ridethrough.api.reading.series.stored_series import SeriesNotStored
from ridethrough.api.reading.site_file import read_site
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.store.database import Database
from ridethrough.store.sites import LONGEST_ID, UnableToReplace, read_stored_site, site_version
from ridethrough.tariffs import catalog
from ridethrough.tariffs.documents.acceptance import shown
from ridethrough.tariffs.documents.written_text import json_document, yaml_document

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*\Z")
_NEW, _ONE = "/set-up", "/sites/{site_id}/set-up/document"
_REMOVE = re.compile(r"remove-(\d{1,4})\Z")
_VERSION = re.compile(r"\d{1,9}\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form:
    """What a form shows: the document that it stands on, what is written in it, and what is wrong with that."""

    base: Mapping[str, Any]
    written: Mapping[str, str]
    faults: tuple[Fault, ...] = ()
    version: int | None = None
    conflict: Conflict | None = None
    template: str = ""
    frame: Frame = field(default_factory=lambda: Frame(title="A new site"))
    action: str = _NEW


def add_site_form_page(router: APIRouter) -> None:
    """Let a router write sites."""
    router.get(_NEW, dependencies=[ADMIN])(_new)
    router.post(_NEW, dependencies=[ADMIN])(_create)
    router.post("/set-up/file", dependencies=[ADMIN])(_file)
    router.get(_ONE, dependencies=[ADMIN])(_stored)
    router.post(_ONE, dependencies=[ADMIN])(_save)


def _new(request: Request) -> HTMLResponse:
    template = request.query_params.get("template", "")
    template = template if template in TEMPLATES else next(iter(TEMPLATES))
    frame = _frame(request)
    return _shown(_Form(base={}, written=TEMPLATES[template][1], template=template, frame=frame))


def _create(request: Request, store: Store, now: Now, caller: CallerOfRequest, fields: Fields) -> Response:
    form = _Form(base=_base(fields), written=fields, frame=_frame(request))
    changed = _with_asked(form, fields.get("do", ""))
    if changed is not None:
        return _shown(changed)
    document = document_of(form.base, fields)
    site_id = str(document.get("id", ""))
    faults = _faults_of_id(store, site_id, caller)
    try:
        if faults:
            faults += tuple(each for each in _own_faults(document) if each.field != "id")
        else:
            write_document(store, site_id, document, now=now, by=caller.name, conditions=(None, "*"))
    except UnableToAccept as error:
        faults = error.faults
    except UnableToReplace:
        faults = _faults_of_id(store, site_id, caller)
    if faults:
        return _shown(replace(form, faults=faults), status=422)
    return RedirectResponse(site_address(site_id, "set-up"), status_code=303)


def _stored(asked: AskedSite) -> HTMLResponse:
    document = asked.stored.document
    return _shown(_of_site(asked, base=document, written=written_of(document), version=asked.stored.version))


def _save(asked: AskedSite, caller: CallerOfRequest, fields: Fields) -> Response:
    number = fields.get("version", "")
    version = int(number) if _VERSION.match(number) else asked.stored.version
    form = _of_site(asked, base=_base(fields), written=fields, version=version)
    changed = _with_asked(form, fields.get("do", ""))
    if changed is not None:
        return _shown(changed)
    site_id, document = asked.stored.site_id, document_of(form.base, fields)
    try:
        conditions = (f'"{version}"', None)
        write_document(asked.store, site_id, document, now=asked.now, by=caller.name, conditions=conditions)
    except UnableToAccept as error:
        return _shown(replace(form, faults=error.faults), status=422)
    except UnableToReplace:
        return _shown(_both(asked, form, document), status=409)
    return RedirectResponse(site_address(site_id, "set-up"), status_code=303)


async def _file(request: Request) -> HTMLResponse:
    """Show how a site file is understood; `site` and `version` name the stored site that it is to replace."""
    content, asked = await request.body(), request.query_params
    file = asked.get("file", "") or "site file"
    site_id, version = asked.get("site", ""), asked.get("version", "")
    action = site_address(site_id, "set-up/document") if site_id else _NEW
    try:
        document = await run_in_threadpool(_read, content, file)
        faults = await run_in_threadpool(_own_faults, document)
    except UnableToAccept as error:
        document, faults = None, error.faults
    text = part(
        "site_understood.html",
        file=file,
        shown=None if document is None else shown_document(document),
        base=json.dumps(document),
        faults=tuple(str(each) for each in faults),
        action=action,
        site_version=version if _VERSION.match(version) else "",
    )
    return HTMLResponse(text, status_code=422 if document is None else 200)


def _read(content: bytes, file: str) -> dict[str, Any]:
    """The document of a site file, in plain values.

    Raises `UnableToAccept` for what is no document.
    """
    is_json = file.lower().endswith(".json")
    if not is_json and len(content) > MOST_YAML_BYTES:
        allowed = f"at most {MOST_YAML_BYTES} bytes as YAML; a larger one is sent as JSON"
        raise UnableToAccept([Fault(field="size", source=file, value=len(content), allowed=allowed)])
    try:
        read = json_document if is_json else yaml_document
        document = json.loads(json.dumps(read(content.decode(), source=file), default=str, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        if isinstance(error, UnableToAccept):
            raise
        raise UnableToAccept([Fault(field="", source=file, value=str(error), allowed="plain values")]) from error
    if not isinstance(document, dict):
        raise UnableToAccept([Fault(field="", source=file, value=shown(document), allowed="a mapping of fields")])
    return document


def _own_faults(document: Mapping[str, Any]) -> tuple[Fault, ...]:
    """The faults of a document without those of readings, which are sent later."""
    try:
        read_site(document, source="site", folder=None, stored=lambda _key: None)
    except UnableToAccept as error:
        return tuple(each for each in error.faults if not isinstance(each, SeriesNotStored))
    return ()


def _faults_of_id(store: Database, site_id: str, caller: Caller) -> tuple[Fault, ...]:
    """What is wrong with the id of a new site; whether another's is taken is nobody's to know who may not see it."""
    if not _ID.match(site_id) or len(site_id) > LONGEST_ID:
        allowed = f"at most {LONGEST_ID} letters, digits, dots and dashes, beginning with a letter or a digit"
        return (Fault(field="id", value=site_id, allowed=allowed),)
    if not caller.knows(site_id):
        allowed = f"a site that the key is for: {' or '.join(sorted(caller.sites or ()))}"
        return (Fault(field="id", value=site_id, allowed=allowed),)
    with store.reading() as connection:
        taken = read_stored_site(connection, site_id) is not None
    return (Fault(field="id", value=site_id, allowed="an id that no site has yet"),) if taken else ()


def _base(fields: Mapping[str, str]) -> dict[str, Any]:
    """The document that a form stands on, as the form carries it."""
    text = fields.get("base", "") or "{}"
    document = json_document(text, source="form")
    if not isinstance(document, dict):
        raise UnableToAccept([Fault(field="base", source="form", value=shown(document), allowed="a document")])
    return document


def _with_asked(form: _Form, asked: str) -> _Form | None:
    """The form with what one of its other buttons asks for; None where it is to be saved."""
    if asked == "open":
        return replace(form, written=written_of(form.base))
    document = document_of(form.base, form.written)
    removed = _REMOVE.match(asked)
    if asked == "add":
        document = with_system(document)
    elif removed:
        document = without_system(document, int(removed[1]))
    else:
        return None
    return replace(form, base=document, written=written_of(document))


def _both(asked: SiteAsked, form: _Form, mine: Mapping[str, Any]) -> _Form:
    """The form with what someone else saved meanwhile, and what is written in it."""
    with asked.store.reading() as connection:
        seen = site_version(connection, asked.stored.site_id, form.version or 0)
        current = read_stored_site(connection, asked.stored.site_id) or asked.stored
    base = mine if seen is None else seen.document
    document = merged(base, mine, current.document)
    conflict = conflict_of(base, mine, current.document, by=current.recorded_by, at=current.recorded_at)
    return replace(
        form, base=document, written=written_of(document), version=current.version, conflict=conflict, faults=()
    )


def _of_site(asked: SiteAsked, *, base: Mapping[str, Any], written: Mapping[str, str], version: int) -> _Form:
    return _Form(
        base=base,
        written=written,
        version=version,
        frame=asked.frame("set-up", title=f"Change {asked.stored.document.get('name') or asked.stored.site_id}"),
        action=site_address(asked.stored.site_id, "set-up/document"),
    )


def _frame(request: Request) -> Frame:
    return Frame(title="A new site", viewer=viewer_of(request), here=_NEW)


def _shown(form: _Form, status: int = 200) -> HTMLResponse:
    groups, others = groups_of(form.base, form.written, form.faults)
    text = page(
        "set_up.html",
        form.frame,
        templates=[(key, name) for key, (name, _) in TEMPLATES.items()],
        chosen=form.template,
        action=form.action,
        base=json.dumps(form.base),
        site_version=form.version,
        conflict=form.conflict,
        groups=groups,
        others=others,
        count=len(form.faults) - len(others),
        tariffs=catalog.names(),
        kept=kept_beside(form.base),
        systems=[each.value for _, inputs in groups for each in inputs if each.name.endswith(".id")],
    )
    return HTMLResponse(text, status_code=status)
