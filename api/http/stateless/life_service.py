"""Trade against life over HTTP: of a site that comes with the request, or of one that is stored."""

from datetime import date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from ridethrough.api.answers.life_answer import life_answer
from ridethrough.api.cases.life import life_of
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.answering.worker_answers import from_worker
from ridethrough.api.http.schemas.life import LifeAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.stateless.examples import LIFE_REQUEST
from ridethrough.api.http.stateless.plan_service import written_as_a_date
from ridethrough.api.reading.site_file import SiteInputs, read_site

MOST_DAYS = 7
"""Two systems over seven days at 15 minutes take about 20 s; `ridethrough life` takes more days."""
ANSWERED = answered_with(LifeAnswer, "The curve, the recommended point, and the years of each system.")
SUMMARY = "Trade against battery life, and when to order new batteries"


class LifeBody(BaseModel):
    """A site with its series as values, and a wear model with a chemistry and a replacement cost for each battery."""

    model_config = ConfigDict(extra="forbid")

    site: dict[str, Any] = Field(description="The site document; loads and prices are constants or values.")
    days: int = Field(default=MOST_DAYS, ge=1, le=MOST_DAYS, strict=True, description="The days that stand for a year.")
    first: Annotated[date | None, BeforeValidator(written_as_a_date)] = Field(
        default=None, alias="from", description="The day from which lives count; today without it."
    )


def add_lives(router: APIRouter) -> None:
    """Let a router answer for the lives of batteries."""
    router.post("/v1/life", summary=SUMMARY, dependencies=[VIEWER], responses=ANSWERED)(_post_life)


async def _post_life(request: Request, body: Annotated[LifeBody, Body(openapi_examples=LIFE_REQUEST)]) -> Response:
    return await from_worker(request, answer, dict(body), request.app.state.clock())


def answer(body: dict[str, Any], now: datetime) -> dict[str, Any]:
    """Work out the life in a worker: document in, document out."""
    return life_document(read_site(body["site"], source="site", folder=None), now, body["first"], body["days"])


def life_document(inputs: SiteInputs, now: datetime, first: date | None, days: int) -> dict[str, Any]:
    """The life of a site's batteries."""
    found, certified = life_of(inputs, now=now, today=first, days=days)
    return life_answer(inputs.site, found, certified).document()
