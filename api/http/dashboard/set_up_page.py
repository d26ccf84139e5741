"""Pages on which a site is set up: a form from a template, then its files, then its first plan."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from ridethrough.api.cases.series_shown import ShownSeries
from ridethrough.api.cases.sites.dropped_files import understood_file, with_format
from ridethrough.api.cases.sites.stored_inputs import check_document
from ridethrough.api.http.access.roles import ADMIN, OPERATOR, VIEWER, CallerOfRequest
from ridethrough.api.http.dashboard.page_routes import Fields, viewer_of
from ridethrough.api.http.dashboard.site_pages import AskedSite, SiteAsked
from ridethrough.api.http.sites.documents import write_document
from ridethrough.api.http.sites.parameters import Now, Store
from ridethrough.api.http.sites.plans import make_plan
from ridethrough.api.http.sites.series import keep_readings
from ridethrough.api.pages.frame import Frame, site_address
from ridethrough.api.pages.rendering import page, part
from ridethrough.api.pages.set_up_form import TEMPLATES, document_of, groups_of
from ridethrough.api.pages.set_up_series import understood_parts
from ridethrough.api.reading.series.site_series import named_series
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.horizon import zone
from ridethrough.store.database import Database
from ridethrough.store.series import series_extent
from ridethrough.store.sites import LONGEST_ID, read_stored_site
from ridethrough.tariffs import catalog

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._~-]*\Z")
_NEW = "/set-up"
_SeriesName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~-]*$", max_length=100)]


def add_set_up_page(router: APIRouter) -> None:
    """Let a router set sites up."""
    router.get(_NEW, dependencies=[ADMIN])(_new)
    router.post(_NEW, dependencies=[ADMIN])(_create)
    router.get("/sites/{site_id}/set-up", dependencies=[VIEWER])(_page)
    router.post("/sites/{site_id}/set-up/plan", dependencies=[OPERATOR])(_plan)
    router.post("/sites/{site_id}/set-up/series/{series}", dependencies=[OPERATOR])(_file)


def _new(request: Request) -> HTMLResponse:
    template = request.query_params.get("template", "")
    template = template if template in TEMPLATES else next(iter(TEMPLATES))
    return HTMLResponse(_form(request, TEMPLATES[template][1], (), template))


def _create(request: Request, store: Store, now: Now, caller: CallerOfRequest, fields: Fields) -> Response:
    document = document_of(fields)
    site_id = str(document.get("id", ""))
    try:
        _require_new(store, site_id)
        write_document(store, site_id, document, now=now, by=caller.name)
    except UnableToAccept as error:
        return HTMLResponse(_form(request, fields, error.faults, ""), status_code=422)
    return RedirectResponse(site_address(site_id, "set-up"), status_code=303)


def _require_new(store: Database, site_id: str) -> None:
    if not _ID.match(site_id) or len(site_id) > LONGEST_ID:
        allowed = f"at most {LONGEST_ID} letters, digits, dots and dashes, beginning with a letter or a digit"
        raise UnableToAccept([Fault(field="id", value=site_id, allowed=allowed)])
    with store.reading() as connection:
        if read_stored_site(connection, site_id) is not None:
            raise UnableToAccept([Fault(field="id", value=site_id, allowed="an id that no site has yet")])


def _form(request: Request, written: Mapping[str, str], faults: tuple[Fault, ...], template: str) -> str:
    groups, others = groups_of(written, faults)
    return page(
        "set_up.html",
        Frame(title="A new site", viewer=viewer_of(request), here=_NEW),
        templates=[(key, name) for key, (name, _) in TEMPLATES.items()],
        chosen=template,
        groups=groups,
        others=others,
        count=len(faults) - len(others),
        tariffs=catalog.names(),
    )


def _page(asked: AskedSite) -> HTMLResponse:
    document = asked.stored.document
    with asked.store.reading() as connection:
        readiness = check_document(connection, asked.stored.site_id, document)
        extents = {name: series_extent(connection, asked.stored.site_id, name) for name in named_series(document)}
    clock = zone(asked.timezone)
    series = [
        {
            "name": name,
            "used": ", ".join(places),
            "extent": ""
            if (extent := extents[name]) is None
            else f"{extent.readings:,} readings, {extent.start.astimezone(clock):%Y-%m-%d} to "
            f"{extent.end.astimezone(clock):%Y-%m-%d}",
        }
        for name, places in named_series(document).items()
    ]
    faults = tuple(str(fault) for fault in (*readiness.missing, *readiness.faults))
    return HTMLResponse(
        page("site_set_up.html", asked.frame("set-up"), ready=readiness.is_ready, faults=faults, series=series)
    )


async def _plan(request: Request, asked: AskedSite, caller: CallerOfRequest) -> Response:
    site_id = asked.stored.site_id
    await make_plan(request, asked.store, site_id, why="asked for on the page", by=caller.name, now=asked.now)
    return RedirectResponse(site_address(site_id, "plan"), status_code=303)


async def _file(request: Request, asked: AskedSite, caller: CallerOfRequest, series: _SeriesName) -> HTMLResponse:
    """Show how a file is understood; with `keep` in the query keep its readings too."""
    content = await request.body()
    file = request.query_params.get("file", "") or series
    keep = bool(request.query_params.get("keep"))
    try:
        parts, kept = await run_in_threadpool(_taken, asked, caller.name, series, content, file=file, keep=keep)
    except UnableToAccept as error:
        faults = tuple(str(fault) for fault in error.faults)
        return HTMLResponse(part("understood.html", faults=faults, parts=None, kept=""), status_code=422)
    return HTMLResponse(part("understood.html", faults=(), parts=parts, kept=kept))


def _taken(
    asked: SiteAsked, by: str, series: str, content: bytes, *, file: str, keep: bool
) -> tuple[dict[str, Any], str]:
    site_id, document = asked.stored.site_id, asked.stored.document
    shown: ShownSeries = understood_file(document, series, content, file)
    if not keep:
        return understood_parts(shown, asked.timezone), ""
    changed = with_format(document, series, shown)
    if changed != document:
        version = f'"{asked.stored.version}"'
        write_document(asked.store, site_id, changed, now=asked.now, by=by, conditions=(version, None))
    taken = keep_readings(asked.store, site_id, series, content, now=asked.now, by=by)["taken"]
    counts = f"{sum(each['new'] for each in taken):,} new, {sum(each['replaced'] for each in taken):,} replaced"
    return understood_parts(shown, asked.timezone), counts
