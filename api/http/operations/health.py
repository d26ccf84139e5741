"""Whether the service answers, whether it is ready, and which version it is."""

import platform
from collections.abc import Callable
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from ridethrough.api.http.access.roles import OPEN
from ridethrough.api.http.answering.problems import problem
from ridethrough.api.http.schemas.operations import HealthAnswer, ReadinessAnswer, VersionAnswer
from ridethrough.api.http.schemas.schema import answered_with

Check = Callable[[], str | None]
"""Tells what is wrong with a part of the service in a few words, or None."""


def add_health(router: APIRouter) -> None:
    """Let a router tell how the service is."""
    router.get(
        "/healthz",
        summary="Whether the service answers, and how many solvers are free",
        dependencies=[OPEN],
        responses=answered_with(HealthAnswer, "It answers."),
    )(_health)
    router.get(
        "/readyz",
        summary="Whether the service can do its work",
        dependencies=[OPEN],
        responses=answered_with(ReadinessAnswer, "It can; 503 says which part cannot."),
    )(_readiness)
    router.get(
        "/version",
        summary="Which version answers",
        dependencies=[OPEN],
        responses=answered_with(VersionAnswer, "The versions."),
    )(_version)


async def _health(request: Request) -> dict[str, Any]:
    solvers = request.app.state.solvers
    return {"status": "ok", "solvers": {"total": solvers.total, "idle": solvers.idle}}


def _readiness(request: Request) -> Response:
    """Answer 200 where every part works, else 503 with what is wrong."""
    checks: dict[str, Check] = request.app.state.readiness
    found = {name: check() for name, check in checks.items()}
    document = {"checks": {name: wrong or "ok" for name, wrong in found.items()}}
    if not any(found.values()):
        return JSONResponse({"status": "ready", **document})
    detail = "; ".join(f"{name}: {wrong}" for name, wrong in found.items() if wrong)
    return problem(503, "Not ready", detail, more=document, headers={"Retry-After": "5"})


def _version() -> dict[str, str]:
    return {
        "version": version("ridethrough"),
        "python": platform.python_version(),
        "solver": f"HiGHS {version('highspy')}",
    }
