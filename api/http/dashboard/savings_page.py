"""The pages of savings: studies are started, watched and read."""

import asyncio
import uuid
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from starlette.concurrency import run_in_threadpool

from ridethrough.api.http.access.roles import OPERATOR, VIEWER
from ridethrough.api.http.dashboard.live_streams import is_signed_in
from ridethrough.api.http.dashboard.page_routes import Fields
from ridethrough.api.http.dashboard.site_pages import AskedSite, SiteAsked
from ridethrough.api.http.sites.studies import (
    LOOKED_EVERY_S,
    FileName,
    FoundStudy,
    JobsAtWork,
    StudyOfPath,
    begin_study,
    document_of_study,
    file_of_study,
)
from ridethrough.api.jobs.studies import STUDY
from ridethrough.api.pages.frame import site_address
from ridethrough.api.pages.rendering import page, part
from ridethrough.api.pages.savings_parts import choices, found, listed
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.operation.planner import Information
from ridethrough.store.running.jobs import job_of, jobs_of_site

_SHOWN = 20
_ONE = "/sites/{site_id}/savings/{study_id}"


def add_savings_page(router: APIRouter) -> None:
    """Let a router show savings."""
    router.get("/sites/{site_id}/savings", dependencies=[VIEWER])(_page)
    router.post("/sites/{site_id}/savings", dependencies=[OPERATOR])(_start)
    router.get(_ONE, dependencies=[VIEWER])(_study)
    router.get(f"{_ONE}/live", dependencies=[VIEWER], response_class=EventSourceResponse)(_live)
    router.get(f"{_ONE}/files/{{name}}", dependencies=[VIEWER], response_class=Response)(_file)


def _page(asked: AskedSite) -> HTMLResponse:
    return HTMLResponse(_listing(asked, {}, ()))


async def _start(request: Request, asked: AskedSite, jobs: JobsAtWork, fields: Fields) -> Response:
    wanted = {name: fields.get(name, "") for name in ("from", "to", "information")}
    arguments = {**wanted, "replanned_every_h": None, "project": None}
    site_id = asked.stored.site_id
    try:
        _check(wanted["information"])
        job = await begin_study(request, asked.store, jobs, site_id, asked=arguments, key=uuid.uuid4().hex)
    except UnableToAccept as error:
        faults = tuple(str(fault) for fault in error.faults)
        return HTMLResponse(await run_in_threadpool(_listing, asked, wanted, faults), status_code=422)
    return RedirectResponse(site_address(site_id, f"savings/{job.job_id}"), status_code=303)


def _check(information: str) -> None:
    if information not in set(Information):
        from_ = ", ".join(each.value for each in Information)
        raise UnableToAccept([Fault(field="information", value=information, allowed=f"one of {from_}")])


def _listing(asked: SiteAsked, wanted: dict[str, str], faults: tuple[str, ...]) -> str:
    with asked.store.reading() as connection:
        jobs = jobs_of_site(connection, asked.stored.site_id, STUDY, most=_SHOWN)
    studies = [listed(document_of_study(asked.store, job, with_result=False)) for job in jobs]
    days = {**asked.days(wanted), "information": wanted.get("information") or Information.DAY_AHEAD.value}
    return page("savings.html", asked.frame("savings"), studies=studies, choices=choices(), asked=days, faults=faults)


def _study(asked: AskedSite, study: StudyOfPath) -> HTMLResponse:
    document = document_of_study(asked.store, study.job)
    shown = listed(document)
    result = document["result"]
    live = site_address(asked.stored.site_id, f"savings/{study.job.job_id}/live") if shown["is_open"] else None
    frame = asked.frame("savings", live=live)
    return HTMLResponse(page("study.html", frame, study=shown, found=None if result is None else found(result)))


async def _live(request: Request, study: StudyOfPath) -> AsyncIterator[ServerSentEvent]:
    """The progress whenever it moves, a sign of life otherwise; the page is loaded again when the study has ended."""
    before = ""
    while True:
        shown = await asyncio.to_thread(_now, study)
        if not shown["is_open"] or not await is_signed_in(request):
            yield ServerSentEvent(event="reload", data={})
            return
        text = part("study_progress.html", study=shown)
        if text != before:
            yield ServerSentEvent(event="parts", data={"study-progress": text})
        else:
            yield ServerSentEvent(event="alive", data={})
        before = text
        await asyncio.sleep(LOOKED_EVERY_S)


def _now(study: FoundStudy) -> dict[str, Any]:
    with study.store.reading() as connection:
        job = job_of(connection, study.job.job_id)
    return listed(document_of_study(study.store, job or study.job, with_result=False))


def _file(study: StudyOfPath, name: FileName) -> Response:
    return file_of_study(study, name)
