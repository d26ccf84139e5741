"""Fleet: every UPS system of a site, sorted by links, kept up to date by a stream."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from fastapi.sse import EventSourceResponse

from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.dashboard.live_streams import PartsStream, Version, live_address, stream_of
from ridethrough.api.http.dashboard.site_pages import AskedSite, SiteAsked
from ridethrough.api.pages.rendering import page
from ridethrough.api.pages.site.fleet import Sort, fleet_parts, sort_of
from ridethrough.api.pages.site.site_now import site_now

Sorted = Annotated[str, Query(alias="sort", max_length=40)]


def add_fleet_page(router: APIRouter) -> None:
    """Let a router show the fleet of a site."""
    router.get("/sites/{site_id}/fleet", dependencies=[VIEWER])(_page)
    router.get("/sites/{site_id}/fleet/events", dependencies=[VIEWER], response_class=EventSourceResponse)(_events)


def _page(asked: AskedSite, sort: Sorted = "") -> HTMLResponse:
    by = sort_of(sort)
    written = f"{'-' if by.descending else ''}{by.key}"
    frame = asked.frame("fleet", live=live_address(asked, "fleet/events", sort=written))
    return HTMLResponse(page("fleet.html", frame, parts=_parts(asked, by)))


async def _events(asked: AskedSite, version: Version, sort: Sorted = "") -> PartsStream:
    by = sort_of(sort)
    async for event in stream_of(asked.request, lambda: _parts(asked, by), version):
        yield event


def _parts(asked: SiteAsked, sort: Sort) -> dict[str, str]:
    with asked.store.reading() as connection:
        now = site_now(connection, asked.stored.site_id, asked.clock())
    return fleet_parts(now, sort, asked.stored.site_id)
