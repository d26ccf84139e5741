"""The time machine over HTTP: a past minute of a site."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.concurrency import run_in_threadpool

from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.schemas.living import PastAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.sites.parameters import Now, SiteId, Store
from ridethrough.api.operating.past_document import past_document
from ridethrough.api.operating.plan_question import PlanQuestion, answer_to
from ridethrough.api.operating.time_machine import PastMoment, past_moment, question_of
from ridethrough.api.reading.series.written_time import instant
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.store.database import Database
from ridethrough.store.operating import plans


def add_time_machine(router: APIRouter) -> None:
    """Let a router show past moments."""
    router.get(
        "/v1/sites/{site_id}/at/{time}",
        summary="What was known at a past moment, the plan in force, and what bound it in one sentence",
        dependencies=[VIEWER],
        responses=answered_with(PastAnswer, "The moment."),
    )(_at)


async def _at(
    *,
    request: Request,
    site_id: SiteId,
    time: Annotated[str, Path(description="ISO 8601 with a UTC offset; write + as %2B.", max_length=60)],
    store: Store,
    now: Now,
    replay: Annotated[bool, Query(description="Make the plan again, and say whether it is the same.")] = False,
) -> dict[str, Any]:
    at = instant(time.replace(" ", "+"), "time")
    if at > now:
        allowed = f"in the past: it is {now.isoformat(timespec='seconds')}"
        raise UnableToAccept([Fault(field="time", source="request", value=time, allowed=allowed)])
    moment, plan, question = await run_in_threadpool(_read, store, site_id, at, with_question=replay)
    if question is not None:
        moment = replace(moment, replayed=await request.app.state.solvers.run(answer_to, question))
    return past_document(moment, plan)


def _read(
    store: Database, site_id: str, at: datetime, *, with_question: bool
) -> tuple[PastMoment, dict[str, Any] | None, PlanQuestion | None]:
    with store.reading() as connection:
        moment = past_moment(connection, site_id, at)
        if moment.record is None:
            return moment, None, None
        plan = plans.document_of(connection, moment.record.id)
        return moment, plan, question_of(connection, moment.record) if with_question else None
