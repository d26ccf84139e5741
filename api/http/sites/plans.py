"""Plans of a stored site: they are made, listed, shown and cancelled."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Body, Header, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ridethrough.api.cases.sites.situations import situation_at
from ridethrough.api.cases.sites.stored_inputs import stored_site
from ridethrough.api.http.access.roles import OPERATOR, VIEWER, CallerOfRequest
from ridethrough.api.http.answering.problems import problem, problems
from ridethrough.api.http.answering.worker_answers import headers_of
from ridethrough.api.http.schemas.living import KeptPlanAnswer, PlanRecordAnswer, PlanRecordsAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.sites.parameters import Before, Limit, Now, Reason, SiteId, Store
from ridethrough.api.operating.making_plans import keep_plan, plan_failed, prepare_plan
from ridethrough.api.operating.plan_question import answer_to
from ridethrough.api.operating.records import kept_plan, plan_record
from ridethrough.api.operating.telling import tell
from ridethrough.domain import UnableToAccept
from ridethrough.store import idempotency
from ridethrough.store.database import Database
from ridethrough.store.operating import plans
from ridethrough.store.operating.plans import PlanRecord, number_of

PlanId = Annotated[str, Path(description="A plan's id, such as plan-7.", max_length=40)]
Key = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        pattern=r"^[\x21-\x7e]{1,200}$",
        description="Sent again with the same key, a request has the same answer, and no second plan is made.",
    ),
]
_LATER = {"Retry-After": "1"}


class PlanAsked(BaseModel):
    """Why a plan is made."""

    model_config = ConfigDict(extra="forbid")

    why: Reason = Field(default="asked for", description="Why, in plain words: also why the plan before is superseded.")


class CancelAsked(BaseModel):
    """Why a plan is cancelled."""

    model_config = ConfigDict(extra="forbid")

    why: Reason = Field(default="no reason given", description="Why, in plain words.")


def add_site_plans(router: APIRouter) -> None:
    """Let a router make and show plans of stored sites."""
    path = "/v1/sites/{site_id}/plans"
    router.post(
        path,
        summary="Plan from now to the end of the next local day, and put the plan in force if it is certified",
        dependencies=[OPERATOR],
        status_code=201,
        responses={**answered_with(KeptPlanAnswer, "The plan, and where it is kept.", 201), **problems(409)},
    )(_post)
    router.get(
        path,
        summary="Plans of a site, the newest first",
        dependencies=[VIEWER],
        responses=answered_with(PlanRecordsAnswer, "What is kept of each plan."),
    )(_list)
    router.get(
        f"{path}/current",
        summary="The certified plan in force",
        dependencies=[VIEWER],
        responses=answered_with(KeptPlanAnswer, "The plan with its certificate."),
    )(_current)
    router.get(
        f"{path}/{{plan_id}}",
        summary="One plan",
        dependencies=[VIEWER],
        responses=answered_with(KeptPlanAnswer, "The plan, with what was known and what became of it."),
    )(_one)
    router.post(
        f"{path}/{{plan_id}}/cancel",
        summary="Cancel a plan; where it is in force, the site holds until there is a new one",
        dependencies=[OPERATOR],
        responses=answered_with(PlanRecordAnswer, "The plan is cancelled."),
    )(_cancel)


async def _post(
    *,
    request: Request,
    site_id: SiteId,
    store: Store,
    now: Now,
    caller: CallerOfRequest,
    key: Key = None,
    body: Annotated[PlanAsked | None, Body()] = None,
) -> Response:
    asked = body or PlanAsked()
    digest = hashlib.sha256(asked.model_dump_json().encode()).hexdigest()
    if key is not None:
        earlier = await run_in_threadpool(_begun, store, site_id, key, digest, now)
        if earlier is not None:
            return earlier
    try:
        return await make_plan(request, store, site_id, why=asked.why, by=caller.name, now=now, key=key)
    except BaseException:
        if key is not None:
            await run_in_threadpool(_give_back, store, site_id, key)
        raise


async def make_plan(
    request: Request, store: Database, site_id: str, *, why: str, by: str, now: datetime, key: str | None = None
) -> Response:
    """Make the plan in a worker, and keep it with the answer of its key."""
    try:
        prepared = await run_in_threadpool(prepare_plan, store, site_id, now)
        answer = await request.app.state.solvers.run(answer_to, prepared.question)
    except UnableToAccept as error:
        await run_in_threadpool(plan_failed, store, site_id, str(error), now=now)
        raise
    made: list[Response] = []

    def respond(connection: Connection, record: PlanRecord) -> None:
        response = _response(site_id, record, answer.document)
        made.append(response)
        if key is not None:
            _answered(connection, site_id, key, response)

    record = await run_in_threadpool(keep_plan, store, prepared, answer, why, by=by, also=respond)
    request.state.plan_id = record.plan_id
    return made[0]


def _response(site_id: str, record: PlanRecord, document: Mapping[str, Any]) -> Response:
    location = f"/v1/sites/{quote(site_id, safe='')}/plans/{record.plan_id}"
    headers = {"Location": location, **headers_of(document)}
    return JSONResponse(kept_plan(record, document), status_code=201, headers=headers)


def _begun(store: Database, site_id: str, key: str, digest: str, now: datetime) -> Response | None:
    """The answer to a request whose key was used before; None where it was not."""
    with store.writing() as connection:
        stored_site(connection, site_id)
        earlier = idempotency.begin(connection, site_id, key, digest, now=now)
    if earlier is None:
        return None
    if earlier.request_sha256 != digest:
        detail = "this Idempotency-Key was sent with another body: take a new key for another request"
        return problem(422, "The key was used before", detail)
    if earlier.answer is None or earlier.status is None:
        return problem(
            409, "It is being done", "the request with this key is being answered; ask again", headers=_LATER
        )
    headers = {} if earlier.location is None else {"Location": earlier.location}
    return Response(earlier.answer, earlier.status, headers, media_type=JSONResponse.media_type)


def _answered(connection: Connection, site_id: str, key: str, made: Response) -> None:
    idempotency.answer(
        connection,
        site_id,
        key,
        status=made.status_code,
        location=made.headers["Location"],
        answer=bytes(made.body).decode(),
    )


def _give_back(store: Database, site_id: str, key: str) -> None:
    with store.writing() as connection:
        idempotency.give_back(connection, site_id, key)


def _list(site_id: SiteId, store: Store, before: Before = None, limit: Limit = 100) -> dict[str, Any]:
    with store.reading() as connection:
        stored_site(connection, site_id)
        found = plans.listed(connection, site_id, before=before, limit=limit)
    return {"plans": [plan_record(each) for each in found]}


def _current(site_id: SiteId, store: Store, now: Now) -> dict[str, Any]:
    with store.reading() as connection:
        situation = situation_at(connection, site_id, now)
        record = plans.begun(connection, site_id, now=now)
        if situation.plan is None or record is None:
            raise HTTPException(404, f"no plan is in force: {situation.no_plan_because}")
        if now >= record.expires_at:
            raise HTTPException(
                404, f"no plan is in force: {record.plan_id} expired at {record.expires_at.isoformat()}"
            )
        return kept_plan(record, plans.document_of(connection, record.id))


def _one(site_id: SiteId, plan_id: PlanId, store: Store) -> dict[str, Any]:
    with store.reading() as connection:
        stored_site(connection, site_id)
        number = number_of(plan_id)
        record = None if number is None else plans.by_number(connection, site_id, number)
        return kept_plan(_found(record, site_id, plan_id), plans.document_of(connection, number or 0))


def _cancel(
    *,
    site_id: SiteId,
    plan_id: PlanId,
    store: Store,
    now: Now,
    caller: CallerOfRequest,
    body: Annotated[CancelAsked | None, Body()] = None,
) -> dict[str, Any]:
    why = (body or CancelAsked()).why
    with store.writing() as connection:
        stored_site(connection, site_id)
        number = number_of(plan_id)
        cancelled = None
        if number is not None:
            cancelled = plans.cancel(connection, site_id, number, by=caller.name, why=why, now=now)
        if cancelled is not None:
            detail = {"plan_id": plan_id, "why": why}
            tell(connection, site_id, "plan_cancelled", detail, who=caller.name, now=now)
            return plan_record(cancelled)
        before = None if number is None else plans.by_number(connection, site_id, number)
        return plan_record(_found(before, site_id, plan_id))


def _found(record: PlanRecord | None, site_id: str, plan_id: str) -> PlanRecord:
    if record is None:
        raise HTTPException(404, f"no plan {plan_id!r} of the site {site_id!r}")
    return record
