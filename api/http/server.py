"""The HTTP service: plans and reserves. Solves run in worker processes, never in the event loop."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from importlib.metadata import version
from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI, Request, Response
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field
from starlette.exceptions import HTTPException

from ridethrough.api.answers.plan.plan_answer import plan_answer, reserve_answer
from ridethrough.api.cases.plans.day_problem import LONGEST_LOOK_AHEAD_H
from ridethrough.api.cases.plans.planning import plan_day
from ridethrough.api.cases.plans.reserves import reserves_of
from ridethrough.api.http.bill_service import add_bills_and_tariffs
from ridethrough.api.http.certify_service import add_certificates
from ridethrough.api.http.examples import PLAN_REQUEST, RESERVE_REQUEST, TYPICAL_DAY
from ridethrough.api.http.problems import PROBLEMS, answer_with_problems
from ridethrough.api.http.solvers import Solvers
from ridethrough.api.http.study_service import add_studies
from ridethrough.api.http.worker_answers import from_worker
from ridethrough.api.reading.site_file import read_site, read_state
from ridethrough.tariffs.documents.acceptance import together
from ridethrough.tariffs.documents.written_text import parse_json

SOLVER_LIMIT_S = 30.0
"""Time a solve may take before its best plan is returned."""
OTHER_WORK_S = 15.0
"""The time for everything else in a plan: waiting for a worker, reading, building the model, the certificate."""
REQUEST_LIMIT_S = 60.0
"""The longest time from a complete request to its answer."""
MOST_BYTES = 16 * 1024 * 1024
"""The largest request: a month of one-minute series for a few systems is well below it."""
_MOST_DISCARDED = 4
_QUICK_BYTES = 64 * 1024
"""A larger body is not parsed in the event loop."""


def _written_as_a_date(value: object) -> object:
    """Accept only text that is written as a date; a number is not a day."""
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value):
        return value
    if value is None or isinstance(value, date):
        return value
    raise ValueError("a date, written like 2026-07-15")


class PlanRequest(BaseModel):
    """One day to plan: the site as in a site file, with series sent along as values."""

    model_config = ConfigDict(extra="forbid")

    site: dict[str, Any] = Field(description="The site document; loads and prices are constants or values.")
    day: Annotated[date | None, BeforeValidator(_written_as_a_date)] = Field(
        default=None, alias="date", description="The local day; tomorrow, or the last day the series cover."
    )
    state: dict[str, Any] | None = Field(default=None, description="Measured state; without it batteries are full.")
    prices: dict[str, Any] | None = Field(default=None, description="Market prices, in place of the site's own.")
    look_ahead_h: float | None = Field(
        default=None, ge=0, le=LONGEST_LOOK_AHEAD_H, strict=True, description="Hours to look past the day."
    )
    time_limit_s: float = Field(
        default=SOLVER_LIMIT_S,
        gt=0,
        le=SOLVER_LIMIT_S,
        strict=True,
        description="Seconds a solve may take before its best plan is returned, or that there is none.",
    )


class ReserveRequest(BaseModel):
    """The site whose reserve is asked for."""

    model_config = ConfigDict(extra="forbid")

    site: dict[str, Any] = Field(description="The site document.")


class _StrictRequest(Request):
    """A request whose body has a limited size and is strict JSON: without NaN and without repeated keys."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            chunks, size = [], 0
            async for chunk in self.stream():
                size += len(chunk)
                if size <= MOST_BYTES:
                    chunks.append(chunk)
                elif size > _MOST_DISCARDED * MOST_BYTES:
                    break  # the client does not stop sending: it gets its answer anyway
            if size > MOST_BYTES:
                raise HTTPException(413, f"a request has at most {MOST_BYTES} bytes")
            self._body = b"".join(chunks)
        return self._body

    async def json(self) -> Any:  # noqa: ANN401 - a document may be anything until it is validated
        body = await self.body()
        return parse_json(body) if len(body) <= _QUICK_BYTES else await asyncio.to_thread(parse_json, body)


class _StrictRoute(APIRoute):
    """A route that reads its requests strictly."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handle(_StrictRequest(request.scope, request.receive))

        return strict


def create_app(
    *, workers: int = 1, limit_s: float = REQUEST_LIMIT_S, patience_s: float = REQUEST_LIMIT_S / 2
) -> FastAPI:
    """Make the service: `workers` processes solve.

    A request waits at most `patience_s` for one, and has its answer in `limit_s` from when it is whole.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        solvers = app.state.solvers = Solvers(workers, limit_s=limit_s, patience_s=patience_s, warm_up=warm_up)
        try:
            await solvers.warm()
            yield
        finally:
            solvers.close()

    app = FastAPI(
        title="Ridethrough",
        version=version("ridethrough"),
        summary="Dispatch of data-center UPS batteries that never touches the backup reserve.",
        lifespan=lifespan,
        docs_url=None,  # the interactive pages would load scripts from elsewhere; /openapi.json says it all
        redoc_url=None,
    )
    router = APIRouter(route_class=_StrictRoute)
    router.get("/healthz", summary="Whether the service answers, and how many solvers are free")(_health)
    router.post("/v1/plans", summary="Plan one local day", responses=PROBLEMS)(_post_plan)
    router.post("/v1/reserve", summary="The reserve of every UPS system", responses=PROBLEMS)(_post_reserve)
    add_certificates(router)
    add_bills_and_tariffs(router)
    add_studies(router)
    app.include_router(router)
    answer_with_problems(app)
    return app


def warm_up() -> None:
    """Plan a typical day in a worker, so that imports, solver and compiled model are ready."""
    for look_ahead_h in (None, 0.0):
        request = PlanRequest.model_validate({**TYPICAL_DAY, "look_ahead_h": look_ahead_h})
        plan_of(dict(request), datetime.now(UTC))


async def _health(request: Request) -> dict[str, Any]:
    solvers = request.app.state.solvers
    return {"status": "ok", "solvers": {"total": solvers.total, "idle": solvers.idle}}


async def _post_plan(request: Request, body: Annotated[PlanRequest, Body(openapi_examples=PLAN_REQUEST)]) -> Response:
    within_s = body.time_limit_s + OTHER_WORK_S
    return await from_worker(request, plan_of, dict(body), datetime.now(UTC), within_s=within_s)


async def _post_reserve(
    request: Request, body: Annotated[ReserveRequest, Body(openapi_examples=RESERVE_REQUEST)]
) -> Response:
    return await from_worker(request, reserve_of, body.site, within_s=OTHER_WORK_S)


def plan_of(body: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Plan in a worker: documents in, document out."""
    site = body["site"] if body["prices"] is None else {**body["site"], "prices": body["prices"]}
    inputs, state = together(
        lambda: read_site(site, source="site", folder=None),
        lambda: read_state(body["state"], source="state") if body["state"] is not None else None,
    )
    planned = plan_day(
        inputs,
        now=now,
        day=body["day"],
        state=state,
        look_ahead_h=body["look_ahead_h"],
        time_limit_s=body["time_limit_s"],
    )
    return plan_answer(planned).document()


def reserve_of(site: dict[str, Any]) -> dict[str, Any]:
    """Work out the reserves in a worker."""
    return reserve_answer(reserves_of(read_site(site, source="site", folder=None))).document()
