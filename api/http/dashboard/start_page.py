"""The start page: every site of the key at a glance, kept up to date by a stream."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.sse import EventSourceResponse

from ridethrough.api.http.access.roles import VIEWER, Caller, CallerOfRequest
from ridethrough.api.http.dashboard.live_streams import PartsStream, Version, stream_of
from ridethrough.api.http.dashboard.page_routes import here, viewer_of
from ridethrough.api.http.sites.parameters import Store
from ridethrough.api.pages.assets import PAGES_VERSION
from ridethrough.api.pages.frame import Frame, site_address
from ridethrough.api.pages.rendering import page
from ridethrough.api.pages.site.all_sites import MOST_SITES, glances, sites_parts
from ridethrough.store.database import Database
from ridethrough.store.sites import StoredSite, stored_sites

After = Annotated[str, Query(max_length=200)]
"""A parameter of the page: it begins with the site after this one, by id."""
_FOR_EACH_S = 0.1
"""A page of many sites is looked at less often: a site costs some 10 ms."""


def add_start_page(router: APIRouter) -> None:
    """Let a router show the sites."""
    router.get("/", dependencies=[VIEWER])(_start)
    router.get("/events", dependencies=[VIEWER], response_class=EventSourceResponse)(_events)


def _start(request: Request, store: Store, caller: CallerOfRequest, after: After = "") -> Response:
    """Show the sites; where there is one only, go to it."""
    known = _known(store, caller, "")
    if len(known) == 1:
        return RedirectResponse(site_address(known[0].site_id), status_code=303)
    live = f"/events?{urlencode({'v': PAGES_VERSION, 'after': after})}" if known else None
    frame = Frame(title="Sites", viewer=viewer_of(request), here=here(request), live=live)
    later = [each for each in known if each.site_id > after]
    parts = _looking(request, store, caller, after)() if known else {}
    more = later[MOST_SITES - 1].site_id if len(later) > MOST_SITES else ""
    return HTMLResponse(page("sites.html", frame, parts=parts, after=more))


async def _events(
    request: Request, store: Store, caller: CallerOfRequest, version: Version, after: After = ""
) -> PartsStream:
    async for event in stream_of(request, _looking(request, store, caller, after), version):
        yield event


def _looking(request: Request, store: Database, caller: Caller, after: str) -> Callable[[], dict[str, str]]:
    """What looks at the sites; asked again too soon, it gives what it saw."""
    parts: dict[str, str] = {}
    due_s = time.monotonic()

    def look() -> dict[str, str]:
        nonlocal parts, due_s
        if time.monotonic() < due_s:
            return parts
        now: datetime = request.app.state.clock()
        sites = _known(store, caller, after)[:MOST_SITES]
        with store.reading() as connection:
            parts = sites_parts(glances(connection, sites, now), now)
        due_s = time.monotonic() + len(sites) * _FOR_EACH_S
        return parts

    return look


def _known(store: Database, caller: Caller, after: str) -> list[StoredSite]:
    """The sites that the caller may know of, by id, after one."""
    with store.reading() as connection:
        return [each for each in stored_sites(connection) if caller.knows(each.site_id) and each.site_id > after]
