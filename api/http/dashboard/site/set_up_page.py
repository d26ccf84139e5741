"""The page on which a site is set up: what it lacks before plans can be made, its files, and its first plan."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from starlette.concurrency import run_in_threadpool

from ridethrough.api.cases.series_shown import ShownSeries
from ridethrough.api.cases.sites.dropped_files import understood_file, with_format
from ridethrough.api.cases.sites.plans_now import plans_now
from ridethrough.api.http.access.roles import OPERATOR, VIEWER, CallerOfRequest
from ridethrough.api.http.dashboard.site_pages import AskedSite, SiteAsked
from ridethrough.api.http.sites.documents import write_document
from ridethrough.api.http.sites.plans import make_plan
from ridethrough.api.http.sites.series import keep_readings
from ridethrough.api.operating.making_plans import REMEMBERED
from ridethrough.api.pages.frame import site_address
from ridethrough.api.pages.rendering import page, part
from ridethrough.api.pages.set_up.set_up_series import listed_series, understood_parts
from ridethrough.api.reading.series.site_series import named_series
from ridethrough.domain import UnableToAccept
from ridethrough.store.series import series_extent

_SeriesName = Annotated[str, Path(pattern=r"^[A-Za-z0-9][A-Za-z0-9._~-]*$", max_length=100)]


def add_set_up_page(router: APIRouter) -> None:
    """Let a router set sites up."""
    router.get("/sites/{site_id}/set-up", dependencies=[VIEWER])(_page)
    router.post("/sites/{site_id}/set-up/plan", dependencies=[OPERATOR])(_plan)
    router.post("/sites/{site_id}/set-up/series/{series}", dependencies=[OPERATOR])(_file)


def _page(asked: AskedSite) -> HTMLResponse:
    site_id, document = asked.stored.site_id, asked.stored.document
    with asked.store.reading() as connection:
        found = plans_now(connection, site_id, asked.now, since=asked.now - REMEMBERED)
        series = [
            listed_series(name, places, series_extent(connection, site_id, name), asked.now, asked.timezone)
            for name, places in named_series(document).items()
        ]
    return HTMLResponse(
        page(
            "site_set_up.html",
            asked.frame("set-up"),
            refused=found.refused,
            holds=found.holds,
            series=series,
            site_version=asked.stored.version,
            by=asked.stored.recorded_by,
            at=asked.stored.recorded_at,
        )
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
        return understood_parts(shown, asked.timezone, asked.currency), ""
    changed = with_format(document, series, shown)
    if changed != document:
        version = f'"{asked.stored.version}"'
        write_document(asked.store, site_id, changed, now=asked.now, by=by, conditions=(version, None))
    taken = keep_readings(asked.store, site_id, series, content, now=asked.now, by=by)["taken"]
    counts = f"{sum(each['new'] for each in taken):,} new, {sum(each['replaced'] for each in taken):,} replaced"
    return understood_parts(shown, asked.timezone, asked.currency), counts
