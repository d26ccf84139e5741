"""The pages of savings: studies are started, watched and read."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Mapping
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
from ridethrough.api.pages.money.project_form import DOCUMENT, PROJECT_FIELDS, project_inputs, project_of
from ridethrough.api.pages.money.savings_parts import choices, found, listed
from ridethrough.api.pages.rendering import page, part
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
    router.post(f"{_ONE}/cancel", dependencies=[OPERATOR])(_cancel)
    router.get(f"{_ONE}/live", dependencies=[VIEWER], response_class=EventSourceResponse)(_live)
    router.get(f"{_ONE}/files/{{name}}", dependencies=[VIEWER], response_class=Response)(_file)


def _page(asked: AskedSite) -> HTMLResponse:
    query = asked.request.query_params
    return HTMLResponse(_listing(asked, {name: query.get(name, "") for name in ("from", "to", "information")}, ()))


async def _start(request: Request, asked: AskedSite, jobs: JobsAtWork, fields: Fields) -> Response:
    days = {name: fields.get(name, "") for name in ("from", "to", "information")}
    wanted = {**days, **{name: fields.get(name, "") for name in PROJECT_FIELDS}}
    site_id = asked.stored.site_id
    try:
        _check(days["information"])
        project = project_of(wanted, asked.now.year)
        arguments = {**days, "replanned_every_h": None, "project": _plain(project)}
        job = await begin_study(request, asked.store, jobs, site_id, asked=arguments, key=uuid.uuid4().hex)
    except UnableToAccept as error:
        return HTMLResponse(await run_in_threadpool(_listing, asked, wanted, error.faults), status_code=422)
    return RedirectResponse(site_address(site_id, f"savings/{job.job_id}"), status_code=303)


def _check(information: str) -> None:
    if information not in set(Information):
        from_ = ", ".join(each.value for each in Information)
        raise UnableToAccept([Fault(field="information", value=information, allowed=f"one of {from_}")])


def _plain(project: Mapping[str, Any] | None) -> Any:  # noqa: ANN401 - JSON
    """The project in plain values, as a job keeps it."""
    try:
        return None if project is None else json.loads(json.dumps(project, default=str, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise UnableToAccept([Fault(field="", source=DOCUMENT, value=str(error), allowed="plain values")]) from error


def _listing(asked: SiteAsked, wanted: Mapping[str, str], faults: tuple[Fault, ...]) -> str:
    with asked.store.reading() as connection:
        jobs = jobs_of_site(connection, asked.stored.site_id, STUDY, most=_SHOWN)
    studies = [listed(document_of_study(asked.store, job, with_result=False)) for job in jobs]
    days = {**asked.days(wanted), "information": wanted.get("information") or Information.DAY_AHEAD.value}
    inputs, others = project_inputs(wanted, faults, asked.currency)
    return page(
        "savings.html",
        asked.frame("savings"),
        studies=studies,
        choices=choices(),
        asked=days,
        faults=[str(fault) for fault in others],
        beside=len(faults) - len(others),
        project=inputs,
        whole=wanted.get(DOCUMENT, ""),
    )


def _study(asked: AskedSite, study: StudyOfPath) -> HTMLResponse:
    document = document_of_study(asked.store, study.job)
    shown = listed(document)
    result = document["result"]
    live = site_address(asked.stored.site_id, f"savings/{study.job.job_id}/live") if shown["is_open"] else None
    frame = asked.frame("savings", live=live)
    return HTMLResponse(page("study.html", frame, study=shown, found=None if result is None else found(result)))


def _cancel(study: StudyOfPath, jobs: JobsAtWork) -> RedirectResponse:
    jobs.cancel(study.job.job_id)
    address = site_address(study.job.site_id or "", f"savings/{study.job.job_id}")
    return RedirectResponse(address, status_code=303)


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
