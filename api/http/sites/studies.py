"""Studies of a stored site: submitted, followed, cancelled, and their files."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.roles import OPERATOR, VIEWER
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.schemas.site_studies import SiteStudiesAnswer, SiteStudyAnswer
from ridethrough.api.http.sites.documents import SiteId
from ridethrough.api.http.sites.storing import Store
from ridethrough.api.jobs.jobs import Jobs
from ridethrough.api.jobs.studies import MEDIA_TYPES, RESULT, STUDY, check_study, study_arguments
from ridethrough.operation.planner import Information
from ridethrough.store.database import Database
from ridethrough.store.running.job_parts import JobEvent, events_of, file_names, file_of
from ridethrough.store.running.jobs import Job, JobState, job_id_of, job_of, jobs_of_site

MOST_LISTED = 100
LOOKED_EVERY_S = 0.5
"""How soon a stream of events shows what happened."""
_PATH = "/v1/sites/{site_id}/studies"
_ONE = f"{_PATH}/{{study_id}}"
StudyId = Annotated[str, Path(pattern=r"^[0-9a-f]{32}$", description="The id of the study.")]
FileName = Annotated[str, Path(max_length=80, description="The name of the file.")]
_EXAMPLE = {
    "month": {
        "summary": "A month with the plans that would have been made",
        "value": {"from": "2026-07-01", "to": "2026-07-31", "information": "day-ahead"},
    }
}
_BYTES = {"type": "string", "format": "binary"}
_SCHEMAS = {"application/json": {"type": "object"}}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {media_type: {"schema": _SCHEMAS.get(media_type, _BYTES)} for media_type in MEDIA_TYPES.values()},
        "description": "The file.",
    }
}
_EVENTS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}, "description": "The events."}
}


class SiteStudyBody(BaseModel):
    """Past days of a stored site, and optionally a project for a cash flow."""

    model_config = ConfigDict(extra="forbid")

    first: str = Field(alias="from", description="The first local day, written like 2026-07-01.")
    last: str = Field(alias="to", description="The last local day; as many days as the series cover.")
    information: Information = Field(description="What plans are made from.")
    replanned_every_h: float | None = Field(
        default=None, ge=1, le=24, strict=True, description="1 for day-ahead, else 24, where it is not given."
    )
    project: dict[str, Any] | None = Field(default=None, description="A project document, for a cash flow.")


def add_site_studies(router: APIRouter) -> None:
    """Let a router answer for the studies of stored sites."""
    one = answered_with(SiteStudyAnswer, "The study.")
    router.post(
        _PATH,
        summary="Study past days of a site",
        dependencies=[OPERATOR],
        status_code=202,
        responses=answered_with(SiteStudyAnswer, "The study is submitted; `Location` follows it.", 202),
    )(_post)
    newest = answered_with(SiteStudiesAnswer, "The studies, the newest first.")
    router.get(_PATH, summary="The newest studies of a site", dependencies=[VIEWER], responses=newest)(_list)
    router.get(_ONE, summary="A study", dependencies=[VIEWER], responses=one)(_get)
    router.post(f"{_ONE}/cancel", summary="End a study", dependencies=[OPERATOR], responses=one)(_cancel)
    router.get(
        f"{_ONE}/events",
        summary="A study as it goes on, as server-sent events",
        dependencies=[VIEWER],
        response_class=EventSourceResponse,
        responses=_EVENTS,
    )(_events)
    router.get(
        f"{_ONE}/files/{{name}}",
        summary="A file of a study",
        dependencies=[VIEWER],
        response_class=Response,
        responses=_FILE,
    )(_file)


def _jobs(request: Request, store: Store) -> Jobs:  # noqa: ARG001 - without a store that is what is said
    jobs: Jobs | None = request.app.state.jobs
    if jobs is None:
        raise HTTPException(503, "this process runs no jobs")
    return jobs


JobsAtWork = Annotated[Jobs, Depends(_jobs)]
"""A parameter of a route: the jobs, or 503."""


@dataclass(frozen=True, slots=True)
class FoundStudy:
    """A study of the site in the path, and the store that it is in."""

    job: Job
    store: Database


def _found(site_id: SiteId, study_id: StudyId, store: Store) -> FoundStudy:
    with store.reading() as connection:
        job = job_of(connection, study_id)
    if job is None or job.kind != STUDY or job.site_id != site_id:
        raise HTTPException(404, f"site {site_id!r} has no study {study_id!r}")
    return FoundStudy(job, store)


StudyOfPath = Annotated[FoundStudy, Depends(_found)]


async def _post(
    *,
    request: Request,
    site_id: SiteId,
    body: Annotated[SiteStudyBody, Body(openapi_examples=_EXAMPLE)],
    store: Store,
    jobs: JobsAtWork,
    idempotency_key: Annotated[str | None, Header(max_length=200, description="The study is made once a key.")] = None,
) -> Response:
    key = idempotency_key or uuid.uuid4().hex
    asked = body.model_dump(mode="json", by_alias=True)
    study = await asyncio.to_thread(_of_key, store, site_id, key)
    if study is None:
        study = await begin_study(request, store, jobs, site_id, asked=asked, key=key)
    if _asked(study.arguments) != asked:
        raise HTTPException(422, f"the key {key!r} was used for another study; use another key")
    document = await asyncio.to_thread(document_of_study, store, study)
    return JSONResponse(document, status_code=202, headers={"Location": _href(study)})


async def begin_study(
    request: Request, store: Database, jobs: Jobs, site_id: str, *, asked: Mapping[str, Any], key: str
) -> Job:
    """Submit a study that could be made; raises `UnableToAccept` with every fault where it could not."""
    arguments = await asyncio.to_thread(study_arguments, store, site_id, asked)
    url = store.url.render_as_string(hide_password=False)
    await request.app.state.solvers.run(check_study, url, site_id, arguments)
    return await asyncio.to_thread(jobs.submit, STUDY, site_id=site_id, key=key, arguments=arguments)


def _of_key(store: Database, site_id: str, key: str) -> Job | None:
    with store.reading() as connection:
        return job_of(connection, job_id_of(STUDY, site_id, key))


def _list(site_id: SiteId, store: Store, limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 20) -> dict[str, Any]:
    with store.reading() as connection:
        found = jobs_of_site(connection, site_id, STUDY, most=limit)
    return {"studies": [document_of_study(store, job, with_result=False) for job in found]}


def _get(study: StudyOfPath) -> dict[str, Any]:
    return document_of_study(study.store, study.job)


def _cancel(study: StudyOfPath, jobs: JobsAtWork) -> dict[str, Any]:
    jobs.cancel(study.job.job_id)
    with study.store.reading() as connection:
        job = job_of(connection, study.job.job_id)
    return document_of_study(study.store, job or study.job)


def _file(study: StudyOfPath, name: FileName) -> Response:
    return file_of_study(study, name)


def file_of_study(study: FoundStudy, name: str) -> Response:
    """A file of a study, to keep; 404 where there is none."""
    with study.store.reading() as connection:
        file = file_of(connection, study.job.job_id, name) if name in MEDIA_TYPES else None
    if file is None:
        raise HTTPException(404, f"the study has no file {name!r}; it is {study.job.state}")
    tag = hashlib.sha256(file.content).hexdigest()
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "ETag": f'"{tag}"'}
    return Response(file.content, media_type=file.media_type, headers=headers)


async def _events(
    study: StudyOfPath, last_event_id: Annotated[int, Header(ge=0, le=2**31 - 1)] = 0
) -> AsyncIterator[ServerSentEvent]:
    """Every event after the last one that the client has, until the study ends or the service stops."""
    seen = last_event_id
    while True:
        events, has_ended = await asyncio.to_thread(_after, study, seen)
        for event in events:
            seen = event.number
            yield ServerSentEvent(
                id=str(event.number), event="study", data={"at": event.at.isoformat(), **event.document}
            )
        if has_ended:
            return
        await asyncio.sleep(LOOKED_EVERY_S)


def _after(study: FoundStudy, number: int) -> tuple[list[JobEvent], bool]:
    """The events after a number, and whether there will be no more."""
    with study.store.reading() as connection:
        job = job_of(connection, study.job.job_id)
        events = list(events_of(connection, study.job.job_id, after=number))
    return events, job is None or not job.state.is_open


def document_of_study(store: Database, job: Job, *, with_result: bool = True) -> dict[str, Any]:
    """A study as it is answered."""
    with store.reading() as connection:
        names = file_names(connection, job.job_id)
        result = file_of(connection, job.job_id, RESULT) if with_result and RESULT in names else None
    fraction = 1.0 if job.state is JobState.DONE else job.done / max(1, job.total)
    return {
        "id": job.job_id,
        "site_id": job.site_id,
        "state": job.state.value,
        "why": job.why,
        "progress": {"done": job.done, "total": job.total, "fraction": fraction},
        "asked": _asked(job.arguments),
        "known_at": job.arguments["known_at"],
        "submitted_at": job.submitted_at.isoformat(),
        "updated_at": job.updated_at.isoformat(),
        "ended_at": None if job.ended_at is None else job.ended_at.isoformat(),
        "files": [{"name": name, "href": f"{_href(job)}/files/{name}"} for name in names],
        "result": None if result is None else json.loads(result.content),
    }


def _asked(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What was asked: the arguments without what the service noted."""
    return {name: value for name, value in arguments.items() if name != "known_at"}


def _href(job: Job) -> str:
    return f"/v1/sites/{job.site_id}/studies/{job.job_id}"
