"""Trade against life of a stored site."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from ridethrough.api.cases.sites.stored_inputs import stored_inputs
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.answering.worker_answers import from_worker
from ridethrough.api.http.sites.parameters import Now, SiteId, Store
from ridethrough.api.http.stateless.life_service import ANSWERED, MOST_DAYS, SUMMARY, life_document
from ridethrough.api.reading.site_file import SiteInputs
from ridethrough.store.database import Database


def add_site_lives(router: APIRouter) -> None:
    """Let a router answer for the lives of stored sites' batteries."""
    router.get("/v1/sites/{site_id}/life", summary=SUMMARY, dependencies=[VIEWER], responses=ANSWERED)(_get)


async def _get(
    *,
    request: Request,
    site_id: SiteId,
    store: Store,
    now: Now,
    days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="The days that stand for a year.")] = MOST_DAYS,
    first: Annotated[
        date | None, Query(alias="from", description="The day from which lives count; today without it.")
    ] = None,
) -> Response:
    inputs = await run_in_threadpool(_inputs, store, site_id)
    return await from_worker(request, life_document, inputs, now, first, days)


def _inputs(store: Database, site_id: str) -> SiteInputs:
    with store.reading() as connection:
        return stored_inputs(connection, site_id).inputs
