"""Studies over HTTP: up to a month, so that a worker finishes in time; use the command for longer studies."""

import re
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ridethrough.api.answers.study.study_answer import study_answer
from ridethrough.api.cases.study_inputs import StudyRequest, infeasible, planner_of, study_case, study_of
from ridethrough.api.cases.study_value import valued
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.answering.worker_answers import from_worker
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.http.schemas.studies import StudyAnswer
from ridethrough.api.http.stateless.examples import PLAN_REQUEST
from ridethrough.api.reading.project_file import read_project
from ridethrough.api.reading.site_file import read_site
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.operation.planner import Information
from ridethrough.tariffs.documents.acceptance import together

MOST_DAYS = 31
_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}")
LEAST_MINUTES = 15
"""Of the metering interval: a month of quarter hours, planned every hour, takes about 15 s."""


STUDY_REQUEST: dict[str, Any] = {
    "pod": {
        "summary": "A day of a 4.8 MW pod on hourly prices",
        "value": {
            "site": PLAN_REQUEST["pod"]["value"]["site"],
            "from": "2026-07-15",
            "to": "2026-07-15",
            "information": "perfect",
        },
    }
}


class StudyBody(BaseModel):
    """Past days of a site, with its series as values, and optionally a project for a cash flow."""

    model_config = ConfigDict(extra="forbid")

    site: dict[str, Any] = Field(description="The site document; loads and prices are constants or values.")
    first: str = Field(alias="from", description="The first local day, written like 2026-07-01.")
    last: str = Field(alias="to", description=f"The last local day; at most {MOST_DAYS} days are studied.")
    information: Information = Field(description="What plans are made from.")
    replanned_every_h: float | None = Field(
        default=None, ge=1, le=24, strict=True, description="1 for day-ahead, else 24, where it is not given."
    )
    project: dict[str, Any] | None = Field(default=None, description="A project document, for a cash flow.")


def add_studies(router: APIRouter) -> None:
    """Let a router answer for studies."""
    router.post(
        "/v1/studies",
        summary="What trading would have saved, up to a month",
        dependencies=[VIEWER],
        responses=answered_with(StudyAnswer, "The study."),
    )(_post_study)


async def _post_study(request: Request, body: Annotated[StudyBody, Body(openapi_examples=STUDY_REQUEST)]) -> Response:
    return await from_worker(request, answer, dict(body))


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """Study in a worker: documents in, document out.

    Raises `UnableToAccept` with every fault, also for a reserve that is infeasible.
    """
    inputs, venture, first, last = together(
        lambda: read_site(body["site"], source="site", folder=None),
        lambda: read_project(body["project"], source="project") if body["project"] is not None else None,
        lambda: _day("from", body["first"]),
        lambda: _day("to", body["last"]),
    )
    _check_length(first, last, inputs.site.interval_minutes)
    information = body["information"]
    asked = StudyRequest(first=first, last=last, information=information, replanned_every_h=body["replanned_every_h"])
    case = study_case(inputs, asked)
    if infeasible(case):
        allowed = "a reserve that full batteries hold: else nothing is traded, and nothing studied"
        raise UnableToAccept(
            Fault(field="ups", source="site", value=each, allowed=allowed) for each in infeasible(case)
        )
    studied = study_of(case, planner_of(information, case), None, None)
    return study_answer(valued(studied, inputs, venture, "request" if venture is not None else "")).document()


def _day(name: str, written: str) -> date:
    try:
        return date.fromisoformat(written if _WRITTEN.fullmatch(written) else "")
    except ValueError as error:
        allowed = "a date, written like 2026-07-15"
        raise UnableToAccept([Fault(field=name, source="request", value=written, allowed=allowed)]) from error


def _check_length(first: date, last: date, interval_minutes: int) -> None:
    faults = []
    if last - first >= timedelta(days=MOST_DAYS):
        allowed = f"at most {MOST_DAYS} days from {first}; `ridethrough study` takes longer ones"
        faults.append(Fault(field="to", source="request", value=str(last), allowed=allowed))
    if interval_minutes < LEAST_MINUTES:
        allowed = f"at least {LEAST_MINUTES}; `ridethrough study` takes shorter ones"
        faults.append(Fault(field="interval_minutes", source="site", value=interval_minutes, allowed=allowed))
    if faults:
        raise UnableToAccept(faults)
