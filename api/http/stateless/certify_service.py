"""Certificates over HTTP: a plan from anywhere, judged by its site, its series and its state."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ridethrough.api.answers.plan.plan_answer import certificate_answer
from ridethrough.api.cases.plans.certifying import certificate_of
from ridethrough.api.http.access.roles import VIEWER
from ridethrough.api.http.answering.worker_answers import from_worker
from ridethrough.api.http.schemas.certificates import CertificateAnswer
from ridethrough.api.http.schemas.schema import answered_with
from ridethrough.api.reading.plan_file import read_plan
from ridethrough.api.reading.series.written_time import instant
from ridethrough.api.reading.site_file import read_site, read_state
from ridethrough.tariffs.documents.acceptance import together


class CertifyRequest(BaseModel):
    """A plan, and what it is judged by."""

    model_config = ConfigDict(extra="forbid")

    site: dict[str, Any] = Field(description="The site document; loads and prices are constants or values.")
    plan: dict[str, Any] = Field(description="A plan, as `POST /v1/plans` answers it, or from anywhere else.")
    state: dict[str, Any] | None = Field(default=None, description="Measured state; without it batteries are full.")
    known_at: str | None = Field(default=None, description="Judge by what was known then: loads are forecast from it.")


def add_certificates(router: APIRouter) -> None:
    """Let a router answer for certificates."""
    router.post(
        "/v1/certify",
        summary="Replay outages against a plan",
        dependencies=[VIEWER],
        responses=answered_with(CertificateAnswer, "The certificate, also of a plan that is not certified."),
    )(_post_certify)


async def _post_certify(request: Request, body: Annotated[CertifyRequest, Body()]) -> Response:
    return await from_worker(request, certified, body.model_dump(), datetime.now(UTC))


def certified(body: dict[str, Any], now: datetime) -> dict[str, object]:
    """Certify in a worker: documents in, document out."""
    inputs, state, known_at = together(
        lambda: read_site(body["site"], source="site", folder=None),
        lambda: read_state(body["state"], source="state") if body["state"] is not None else None,
        lambda: instant(body["known_at"], "known_at") if body["known_at"] is not None else None,
    )
    plan = read_plan(body["plan"], inputs.site, source="plan")
    certificate = certificate_of(inputs, plan, now=now, known_at=known_at, state=state)
    return certificate_answer(certificate).document()
