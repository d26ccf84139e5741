"""Studies of a stored site: submitted, followed, cancelled, and their files."""

import asyncio
import hashlib
import json
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Header, Query, Request, Response
from fastapi.sse import EventSourceResponse, ServerSentEvent
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.roles import OPERATOR, VIEWER
from ridethrough.api.http.answering.problems import PROBLEMS
from ridethrough.api.jobs.jobs import Jobs
from ridethrough.api.jobs.studies import MEDIA_TYPES, RESULT, STUDY, check_study
from ridethrough.operation.planner import Information
from ridethrough.store.database import Database
from ridethrough.store.jobs import (
    Job,
    JobEvent,
    JobState,
    events_of,
    file_names,
    file_of,
    job_id_of,
    job_of,
    jobs_of_site,
)

MOST_LISTED = 100
LOOKED_EVERY_S = 0.5
"""How soon a stream of events shows what happened."""
_PATH = "/v1/sites/{site_id}/studies"
_ONE = _PATH + "/{study_id}"
_NOT_FOUND: dict[int | str, dict[str, Any]] = {
    404: {**PROBLEMS[422], "description": "There is no such site, study or file."}
}
_USED: dict[int | str, dict[str, Any]] = {409: {**PROBLEMS[422], "description": "The key was used for another study."}}
_EXAMPLE = {
    "month": {
        "summary": "A month with the plans that would have been made",
        "value": {"from": "2026-07-01", "to": "2026-07-31", "information": "day-ahead"},
    }
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


class StudyProgress(BaseModel):
    """How far a study is, in intervals; `total` is 0 while that is not known."""

    done: int
    total: int
    fraction: float


class StudyFile(BaseModel):
    """A file that a study made."""

    name: str
    href: str


class StudyStatus(BaseModel):
    """A study: what was asked, how far it is, and its result when it is done."""

    id: str
    site_id: str
    state: JobState
    why: str = Field(description="Why the study failed or waits; empty where there is nothing to say.")
    progress: StudyProgress
    asked: dict[str, Any]
    submitted_at: str
    updated_at: str
    ended_at: str | None
    files: list[StudyFile]
    result: dict[str, Any] | None = Field(description="The study, as `ridethrough study --format json` prints it.")


class StudyList(BaseModel):
    """The newest studies of a site, without their results."""

    studies: list[StudyStatus]


def add_site_studies(router: APIRouter) -> None:
    """Let a router answer for the studies of stored sites."""
    post: dict[str, Any] = {
        "status_code": 202,
        "response_model": StudyStatus,
        "responses": PROBLEMS | _NOT_FOUND | _USED,
    }
    one: dict[str, Any] = {"responses": PROBLEMS | _NOT_FOUND}
    router.post(_PATH, summary="Study past days of a site", dependencies=[OPERATOR], **post)(_post)
    router.get(_PATH, summary="The newest studies of a site", dependencies=[VIEWER], response_model=StudyList, **one)(
        _list
    )
    router.get(_ONE, summary="A study", dependencies=[VIEWER], response_model=StudyStatus, **one)(_get)
    router.get(
        _ONE + "/events",
        summary="A study as it goes on, as server-sent events",
        dependencies=[VIEWER],
        response_class=EventSourceResponse,
        **one,
    )(_events)
    router.post(_ONE + "/cancel", summary="End a study", dependencies=[OPERATOR], response_model=StudyStatus, **one)(
        _cancel
    )
    router.get(
        _ONE + "/files/{name}", summary="A file of a study", dependencies=[VIEWER], response_class=Response, **one
    )(_file)


@dataclass(frozen=True, slots=True)
class _Found:
    """A study of the site in the path, and where its parts are."""

    job: Job
    database: Database
    jobs: Jobs


def _found(request: Request, site_id: str, study_id: str) -> _Found:
    database: Database = request.app.state.database
    with database.reading() as connection:
        job = job_of(connection, study_id)
    if job is None or job.kind != STUDY or job.site_id != site_id:
        raise HTTPException(404, f"site {site_id!r} has no study {study_id!r}")
    return _Found(job, database, request.app.state.jobs)


StudyOfPath = Annotated[_Found, Depends(_found)]


async def _post(
    request: Request,
    response: Response,
    site_id: str,
    body: Annotated[SiteStudyBody, Body(openapi_examples=_EXAMPLE)],
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> StudyStatus:
    state = request.app.state
    key = idempotency_key or uuid.uuid4().hex
    arguments = {**body.model_dump(mode="json", by_alias=True), "known_at": state.clock().isoformat()}
    known: Job | None = await asyncio.to_thread(_known_by_key, state.database, site_id, key)
    if known is None:
        await state.solvers.run(check_study, state.inputs_at, _url(state.database), site_id, arguments)
        jobs: Jobs = state.jobs
        known = await asyncio.to_thread(jobs.submit, STUDY, site_id=site_id, key=key, arguments=arguments)
    if _asked(known.arguments) != _asked(arguments):
        raise HTTPException(409, f"the key {key!r} was used for another study; use another one")
    response.headers["Location"] = _href(site_id, known.job_id)
    return await asyncio.to_thread(_status, state.database, known)


def _known_by_key(database: Database, site_id: str, key: str) -> Job | None:
    with database.reading() as connection:
        return job_of(connection, job_id_of(STUDY, site_id, key))


def _list(request: Request, site_id: str, limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = 20) -> StudyList:
    database: Database = request.app.state.database
    with database.reading() as connection:
        found = jobs_of_site(connection, site_id, STUDY, most=limit)
    return StudyList(studies=[_status(database, job, with_result=False) for job in found])


def _get(study: StudyOfPath) -> StudyStatus:
    return _status(study.database, study.job)


def _cancel(study: StudyOfPath) -> StudyStatus:
    study.jobs.cancel(study.job.job_id)
    with study.database.reading() as connection:
        return _status(study.database, job_of(connection, study.job.job_id) or study.job)


def _file(study: StudyOfPath, name: str) -> Response:
    with study.database.reading() as connection:
        file = file_of(connection, study.job.job_id, name) if name in MEDIA_TYPES else None
    if file is None:
        raise HTTPException(404, f"the study has no file {name!r}; it is {study.job.state}")
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "ETag": f'"{_sha256(file.content)}"'}
    return Response(file.content, media_type=file.media_type, headers=headers)


async def _events(
    study: StudyOfPath, last_event_id: Annotated[int, Header(ge=0)] = 0
) -> AsyncIterator[ServerSentEvent]:
    """Every event after the last one that the client has, until the study ends or the service stops."""
    seen = last_event_id
    while not study.jobs.is_stopping:
        for event in await asyncio.to_thread(_events_after, study, seen):
            seen = event.number
            yield ServerSentEvent(
                id=str(event.number), event="study", data={"at": event.at.isoformat(), **event.document}
            )
            if not JobState(event.document["state"]).is_open:
                return
        if await asyncio.to_thread(_has_ended, study, seen):
            return
        await asyncio.sleep(LOOKED_EVERY_S)


def _events_after(study: _Found, number: int) -> list[JobEvent]:
    with study.database.reading() as connection:
        return list(events_of(connection, study.job.job_id, after=number))


def _has_ended(study: _Found, seen: int) -> bool:
    """Whether a client that has seen as many events has seen the end."""
    with study.database.reading() as connection:
        job = job_of(connection, study.job.job_id)
        return (job is None or not job.state.is_open) and not list(events_of(connection, study.job.job_id, after=seen))


def _status(database: Database, job: Job, *, with_result: bool = True) -> StudyStatus:
    with database.reading() as connection:
        names = file_names(connection, job.job_id)
        result = file_of(connection, job.job_id, RESULT) if with_result and RESULT in names else None
    fraction = 1.0 if job.state is JobState.DONE else job.done / max(1, job.total)
    return StudyStatus(
        id=job.job_id,
        site_id=job.site_id,
        state=job.state,
        why=job.why,
        progress=StudyProgress(done=job.done, total=job.total, fraction=fraction),
        asked=_asked(job.arguments),
        submitted_at=job.submitted_at.isoformat(),
        updated_at=job.updated_at.isoformat(),
        ended_at=None if job.ended_at is None else job.ended_at.isoformat(),
        files=[StudyFile(name=name, href=f"{_href(job.site_id, job.job_id)}/files/{name}") for name in names],
        result=None if result is None else json.loads(result.content),
    )


def _asked(arguments: Any) -> dict[str, Any]:  # noqa: ANN401 - the arguments of a job
    """What was asked: the arguments without what the service noted."""
    return {name: value for name, value in arguments.items() if name != "known_at"}


def _href(site_id: str, job_id: str) -> str:
    return f"/v1/sites/{site_id}/studies/{job_id}"


def _url(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
