"""The page of what-if questions: a plan of one day with the site as it is, and as it might be."""

from datetime import datetime, timedelta
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from ridethrough.api.cases.sites.stored_inputs import stored_inputs
from ridethrough.api.cases.what_if import Changes, WhatIf, what_if
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.dashboard.site_pages import AskedSite, SiteAsked
from ridethrough.api.pages.money.what_if_parts import answer_parts, changes_of, fields_of
from ridethrough.api.pages.rendering import page, part
from ridethrough.api.reading.series.site_series import named_series
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.store.series import series_extent

_LOOKED_BACK = timedelta(days=40)
"""How much of the series is read before their end: one day is planned, and the highest load of a month is protected."""


def add_what_if_page(router: APIRouter) -> None:
    """Let a router answer what-if questions."""
    router.get("/sites/{site_id}/what-if", dependencies=[VIEWER])(_page)
    router.get("/sites/{site_id}/what-if/answer", dependencies=[VIEWER])(_answer)


async def _page(request: Request, asked: AskedSite) -> HTMLResponse:
    faults, answer = await _asked(request, asked)
    fields = fields_of(asked.stored.document, request.query_params, faults)
    texts = tuple(str(fault) for fault in faults)
    return HTMLResponse(page("what_if.html", asked.frame("what-if"), fields=fields, faults=texts, answer=answer))


async def _answer(request: Request, asked: AskedSite) -> HTMLResponse:
    """The outcome alone, which a script puts in place of the one before."""
    faults, answer = await _asked(request, asked)
    return HTMLResponse(part("what_if_answer.html", faults=tuple(str(fault) for fault in faults), answer=answer))


async def _asked(request: Request, asked: SiteAsked) -> tuple[tuple[Fault, ...], dict[str, Any] | None]:
    """The faults of the question, or its answer."""
    try:
        changes = changes_of(request.query_params)
        inputs = await run_in_threadpool(_inputs, asked)
        return (), await request.app.state.solvers.run(answered, inputs, changes, asked.now, asked.timezone)
    except UnableToAccept as error:
        return error.faults, None


def answered(inputs: SiteInputs, changes: Changes, now: datetime, timezone: str) -> dict[str, Any]:
    """Answer in a worker, as the page shows it."""
    outcome: WhatIf = what_if(inputs, changes, now)
    return answer_parts(outcome, timezone)


def _inputs(asked: SiteAsked) -> SiteInputs:
    site_id = asked.stored.site_id
    with asked.store.reading() as connection:
        extents = [series_extent(connection, site_id, name) for name in named_series(asked.stored.document)]
        since = min((each.end for each in extents if each is not None), default=asked.now) - _LOOKED_BACK
        return stored_inputs(connection, site_id, since=since).inputs
