"""The page of battery life: asked for by a button, worked out by the solvers, kept for the day."""

import asyncio
import logging
from collections.abc import Hashable
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from ridethrough.api.cases.sites.stored_inputs import stored_inputs
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.dashboard.live_streams import LOOKED_EVERY_S, PartsStream, is_signed_in
from ridethrough.api.http.dashboard.page_routes import Fields
from ridethrough.api.http.dashboard.site_pages import AskedSite, SiteAsked
from ridethrough.api.http.running.solvers import Solvers, UnableToSolve
from ridethrough.api.http.stateless.life_service import MOST_DAYS, life_document
from ridethrough.api.pages.frame import site_address
from ridethrough.api.pages.life.kept_lives import KeptLife, KeptLives, life_key
from ridethrough.api.pages.life.life_parts import life_parts
from ridethrough.api.pages.rendering import page
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.horizon import zone

_LOG = logging.getLogger("ridethrough.pages")
_AT_ONCE_S = 0.2
"""A life that is found so soon is shown at once."""
_REFUSED = "The site does not say what a life takes, or its series cover too few days"
_NOT_IN_TIME = "The solvers gave no answer"
_LONGER = "Ask for fewer days; ridethrough life takes as long as it needs, on the files of the site"
_BROKEN = "The service failed"
_works: set[asyncio.Task[None]] = set()
"""Lives at work: a task that nothing holds may end early."""


def add_life_page(router: APIRouter) -> None:
    """Let a router show the life of a site's batteries."""
    router.get("/sites/{site_id}/life", dependencies=[VIEWER])(_page)
    router.post("/sites/{site_id}/life", dependencies=[VIEWER])(_begin)
    router.get("/sites/{site_id}/life/live", dependencies=[VIEWER], response_class=EventSourceResponse)(_live)


def _page(asked: AskedSite) -> HTMLResponse:
    life = _lives(asked.request).get(_key(asked))
    at_work = life is not None and life.is_at_work
    live = site_address(asked.stored.site_id, "life/live") if at_work else None
    answer = None if life is None or life.document is None else life_parts(life.document)
    frame = asked.frame("savings", title="Battery life", live=live)
    days = MOST_DAYS if life is None else life.days
    shown = {"life": life, "answer": answer, "today": _today(asked), "days": days, "most": MOST_DAYS}
    return HTMLResponse(page("life.html", frame, currency=asked.currency, **shown))


async def _begin(asked: AskedSite, fields: Fields) -> RedirectResponse:
    """Begin to work it out, unless that is begun; the page then says so."""
    lives, key, days = _lives(asked.request), _key(asked), _days(fields.get("days", ""))
    if lives.begin(key, asked.now, days):
        task = asyncio.create_task(_worked_out(asked, lives, key, days))
        _works.add(task)
        task.add_done_callback(_works.discard)
        await asyncio.wait({task}, timeout=_AT_ONCE_S)
    return RedirectResponse(site_address(asked.stored.site_id, "life"), status_code=303)


def _days(written: str) -> int:
    """How many days are to stand for a year."""
    if not written:
        return MOST_DAYS
    if written not in {str(each) for each in range(1, MOST_DAYS + 1)}:
        raise UnableToAccept([Fault(field="days", value=written, allowed=f"a whole number from 1 to {MOST_DAYS}")])
    return int(written)


async def _worked_out(asked: SiteAsked, lives: KeptLives, key: Hashable, days: int) -> None:
    """Work out a life, and keep it or why there is none."""

    def fail(failed: str, *reasons: str) -> None:
        lives.end(key, KeptLife(began_at=asked.now, days=days, failed=failed, reasons=reasons))

    solvers: Solvers = asked.request.app.state.solvers
    try:
        inputs = await run_in_threadpool(_inputs, asked)
        document = await solvers.run(life_document, inputs, asked.now, None, days)
        lives.end(key, KeptLife(began_at=asked.now, days=days, document=document))
    except UnableToAccept as error:
        fail(_REFUSED, *map(str, error.faults))
    except UnableToSolve as error:
        fail(_NOT_IN_TIME, str(error), _LONGER)
    except asyncio.CancelledError:
        lives.forget(key)
        raise
    except Exception:  # noqa: BLE001 - a person learns that it failed, and the log has the reason
        _LOG.exception("the life of site %s failed", asked.stored.site_id)
        fail(_BROKEN, "Its log says why. Batteries are not touched by it.")


async def _live(request: Request, asked: AskedSite) -> PartsStream:
    """A sign of life while it is worked out; then the page is loaded again."""
    lives, key, at_work = _lives(request), _key(asked), True
    while at_work:
        yield ServerSentEvent(event="alive", data="")
        await asyncio.sleep(LOOKED_EVERY_S)
        life = lives.get(key)
        at_work = life is not None and life.is_at_work and await is_signed_in(request)
    yield ServerSentEvent(event="reload", data="")


def _inputs(asked: SiteAsked) -> SiteInputs:
    with asked.store.reading() as connection:
        return stored_inputs(connection, asked.stored.site_id).inputs


def _lives(request: Request) -> KeptLives:
    lives: KeptLives = request.app.state.lives
    return lives


def _key(asked: SiteAsked) -> Hashable:
    return life_key(asked.stored, _today(asked).isoformat())


def _today(asked: SiteAsked) -> date:
    return asked.now.astimezone(zone(asked.timezone)).date()
