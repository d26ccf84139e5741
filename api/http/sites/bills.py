"""Bills of a stored site."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AfterValidator
from starlette.concurrency import run_in_threadpool

from ridethrough.api.answers.bill_answer import bill_answer
from ridethrough.api.cases.billing import BillInputs, bill_of
from ridethrough.api.cases.sites.stored_bills import LOADS, bill_inputs
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.answering.worker_answers import from_worker
from ridethrough.api.http.schemas.bills import BillAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.sites.parameters import SiteId, Store, plain_text
from ridethrough.store.database import Database


def add_site_bills(router: APIRouter) -> None:
    """Let a router bill stored sites."""
    router.get(
        "/v1/sites/{site_id}/bills",
        summary="The exact bill of a stored site over some local days",
        dependencies=[VIEWER],
        responses=answered_with(BillAnswer, "The bill."),
    )(_get)


async def _get(
    *,
    request: Request,
    site_id: SiteId,
    store: Store,
    first: Annotated[date, Query(alias="from", description="The first local day, such as 2026-07-01.")],
    last: Annotated[date, Query(alias="to", description="The last local day.")],
    meter: Annotated[
        str,
        Query(
            max_length=100,
            description="`loads`: batteries at rest; `telemetry`: what the meter showed; or a stored series.",
        ),
        AfterValidator(plain_text),
    ] = LOADS,
) -> Response:
    inputs = await run_in_threadpool(_inputs, store, site_id, first, last, meter)
    return await from_worker(request, billed, inputs)


def billed(inputs: BillInputs) -> dict[str, Any]:
    """Bill in a worker."""
    bill, horizon = bill_of(inputs)
    return bill_answer(bill, inputs.tariff, horizon, inputs.meter.source).document()


def _inputs(store: Database, site_id: str, first: date, last: date, meter: str) -> BillInputs:
    with store.reading() as connection:
        return bill_inputs(connection, site_id, first, last, meter)
