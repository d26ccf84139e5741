"""`GET /metrics`, in the text format of Prometheus."""

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.roles import VIEWER, CallerOfRequest
from ridethrough.api.metrics import REGISTRY, SOLVERS, SOLVES_WAITING


def add_metrics(router: APIRouter) -> None:
    """Let a router tell what was counted."""
    router.get(
        "/metrics",
        summary="What was counted, for Prometheus",
        dependencies=[VIEWER],
        response_class=PlainTextResponse,
        responses={200: {"description": "Prometheus' text format."}},
    )(_metrics)


def _metrics(request: Request, caller: CallerOfRequest) -> Response:
    if caller.sites is not None:
        raise HTTPException(403, "metrics are those of all sites; this asks for a key without --site")
    solvers = request.app.state.solvers
    SOLVERS.labels(state="idle").set(solvers.idle)
    SOLVERS.labels(state="busy").set(solvers.total - solvers.idle)
    SOLVES_WAITING.set(solvers.waiting)
    return Response(generate_latest(REGISTRY), media_type=CONTENT_TYPE_LATEST)
