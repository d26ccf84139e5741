"""Now: the page that hangs on a wall, its stream, and what an operator does on it."""

import asyncio
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.sse import EventSourceResponse
from starlette.exceptions import HTTPException

from ridethrough.api.cases.sites.stored_inputs import UnableToFindSite
from ridethrough.api.http.access.roles import OPERATOR, VIEWER, CallerOfRequest
from ridethrough.api.http.dashboard.live_streams import PartsStream, Version, live_address, stream_of
from ridethrough.api.http.dashboard.page_routes import Fields
from ridethrough.api.http.dashboard.site_pages import AskedSite, SiteAsked
from ridethrough.api.operating.by_hand import acknowledge_alarm, hold_site, release_site
from ridethrough.api.operating.making_plans import keep_plan, plan_failed, prepare_plan
from ridethrough.api.operating.plan_question import answer_to
from ridethrough.api.pages.frame import Viewer, site_address
from ridethrough.api.pages.money.kept_savings import known_savings, work_out_savings
from ridethrough.api.pages.rendering import page
from ridethrough.api.pages.site.now_parts import now_parts
from ridethrough.api.pages.site.site_now import site_now
from ridethrough.domain import UnableToAccept
from ridethrough.store.database import UnableToStore

_SEE_OTHER = 303
_LONGEST_WHY = 500
_MOST_ALARM_ID = 2**62


def add_now_page(router: APIRouter) -> None:
    """Let a router show a site as it is, and take what an operator does."""
    router.get("/sites/{site_id}", dependencies=[VIEWER])(_page)
    router.get("/sites/{site_id}/events", dependencies=[VIEWER], response_class=EventSourceResponse)(_events)
    router.post("/sites/{site_id}/hold", dependencies=[OPERATOR])(_hold)
    router.post("/sites/{site_id}/release", dependencies=[OPERATOR])(_release)
    router.post("/sites/{site_id}/alarms/{alarm_id}", dependencies=[OPERATOR])(_acknowledge)
    router.post("/sites/{site_id}/make-plan", dependencies=[OPERATOR])(_make_plan)


def _page(asked: AskedSite) -> HTMLResponse:
    frame = asked.frame("", live=live_address(asked, "events"))
    return HTMLResponse(page("now.html", frame, parts=_parts(asked, frame.viewer)))


def _parts(asked: SiteAsked, viewer: Viewer) -> dict[str, str]:
    site_id, now = asked.stored.site_id, asked.clock()
    with asked.store.reading() as connection:
        seen = site_now(connection, site_id, now)
    return now_parts(seen, known_savings(asked.store, site_id, now), viewer, site_id)


async def _events(asked: AskedSite, version: Version) -> PartsStream:
    viewer = asked.frame("").viewer
    working = asyncio.ensure_future(_work_out(asked))
    async for event in stream_of(asked.request, lambda: _parts(asked, viewer), version):
        if working.done():
            working = asyncio.ensure_future(_work_out(asked))
        yield event


async def _work_out(asked: SiteAsked) -> None:
    """Work out what takes longer than the page may wait."""
    with suppress(UnableToStore, UnableToFindSite):
        await run_in_threadpool(work_out_savings, asked.store, asked.stored.site_id, asked.clock())


def _hold(asked: AskedSite, fields: Fields, caller: CallerOfRequest) -> Response:
    hold_site(asked.store, asked.stored.site_id, why=_why(fields), who=caller.name, now=asked.now)
    return _to_now(asked)


def _release(asked: AskedSite, fields: Fields, caller: CallerOfRequest) -> Response:
    release_site(asked.store, asked.stored.site_id, why=_why(fields), who=caller.name, now=asked.now)
    return _to_now(asked)


def _acknowledge(
    asked: AskedSite, alarm_id: Annotated[int, Path(ge=1, le=_MOST_ALARM_ID)], caller: CallerOfRequest
) -> Response:
    site_id = asked.stored.site_id
    if acknowledge_alarm(asked.store, site_id, alarm_id, who=caller.name, now=asked.now) is None:
        raise HTTPException(404, f"no alarm {alarm_id} of the site {site_id!r}")
    return _to_now(asked)


async def _make_plan(request: Request, asked: AskedSite, caller: CallerOfRequest) -> Response:
    """Make a plan in a worker, and keep it."""
    store, site_id = asked.store, asked.stored.site_id
    try:
        prepared = await run_in_threadpool(prepare_plan, store, site_id, asked.now)
        answer = await request.app.state.solvers.run(answer_to, prepared.question)
    except UnableToAccept as error:
        await run_in_threadpool(plan_failed, store, site_id, str(error), now=asked.now)
        raise
    record = await run_in_threadpool(keep_plan, store, prepared, answer, "asked for on a page", by=caller.name)
    request.state.plan_id = record.plan_id
    return RedirectResponse(site_address(site_id, "plan"), status_code=_SEE_OTHER)


def _why(fields: Fields) -> str:
    """The reason that a form gives, for the journal."""
    why = fields.get("why", "").strip()
    if not why or len(why) > _LONGEST_WHY or not why.isprintable():
        raise HTTPException(422, f"say why, in 1 to {_LONGEST_WHY} characters: it stands in the journal")
    return why


def _to_now(asked: SiteAsked) -> Response:
    return RedirectResponse(site_address(asked.stored.site_id), status_code=_SEE_OTHER)
