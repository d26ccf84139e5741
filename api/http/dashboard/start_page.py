"""The start page: the sites that the key is for."""

from dataclasses import dataclass

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from ridethrough.api.http.access.roles import VIEWER, CallerOfRequest
from ridethrough.api.http.dashboard.page_routes import viewer_of
from ridethrough.api.http.sites.parameters import Store
from ridethrough.api.pages.frame import Frame, site_address
from ridethrough.api.pages.rendering import page
from ridethrough.store.sites import StoredSite, stored_sites


def add_start_page(router: APIRouter) -> None:
    """Let a router show the sites."""
    router.get("/", dependencies=[VIEWER])(_start)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Listed:
    site_id: str
    name: str
    timezone: str


def _start(request: Request, store: Store, caller: CallerOfRequest) -> Response:
    """List the sites; where there is one only, go to it."""
    with store.reading() as connection:
        known = [_listed(each) for each in stored_sites(connection) if caller.knows(each.site_id)]
    if len(known) == 1:
        return RedirectResponse(site_address(known[0].site_id), status_code=303)
    frame = Frame(title="Sites", viewer=viewer_of(request))
    return HTMLResponse(page("sites.html", frame, sites=known))


def _listed(stored: StoredSite) -> _Listed:
    name = stored.document.get("name") or stored.site_id
    return _Listed(site_id=stored.site_id, name=str(name), timezone=str(stored.document["timezone"]))
