"""Plans and reserves over HTTP: everything comes with the request, and nothing is kept."""

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ridethrough.api.answers.plan.plan_answer import plan_answer, reserve_answer
from ridethrough.api.cases.plans.day_problem import LONGEST_LOOK_AHEAD_H
from ridethrough.api.cases.plans.planning import plan_day
from ridethrough.api.cases.plans.reserves import reserves_of
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.answering.worker_answers import from_worker
from ridethrough.api.http.schemas.certificates import ReserveAnswer
from ridethrough.api.http.schemas.plans import PlanAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.stateless.examples import PLAN_REQUEST, RESERVE_REQUEST, TYPICAL_DAY
from ridethrough.api.reading.site_file import read_site, read_state
from ridethrough.tariffs.documents.acceptance import together

SOLVER_LIMIT_S = 30.0
"""Time a solve may take before its best plan is returned."""
OTHER_WORK_S = 15.0
"""The time for everything else in a plan: waiting for a worker, reading, building the model, the certificate."""


def written_as_a_date(value: object) -> object:
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
    day: Annotated[date | None, BeforeValidator(written_as_a_date)] = Field(
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


def add_plans(router: APIRouter) -> None:
    """Let a router answer for plans and reserves."""
    router.post(
        "/v1/plans",
        summary="Plan one local day",
        dependencies=[VIEWER],
        responses=answered_with(PlanAnswer, "The plan; `Ridethrough-Status` is its status."),
    )(_post_plan)
    router.post(
        "/v1/reserve",
        summary="The reserve of every UPS system",
        dependencies=[VIEWER],
        responses=answered_with(ReserveAnswer, "The reserves."),
    )(_post_reserve)


def warm_up() -> None:
    """Plan a typical day in a worker, so that imports, solver and compiled model are ready."""
    for look_ahead_h in (None, 0.0):
        request = PlanRequest.model_validate({**TYPICAL_DAY, "look_ahead_h": look_ahead_h})
        plan_of(dict(request), datetime.now(UTC))


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
