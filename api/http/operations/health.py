"""Whether the service answers."""

from typing import Any

from fastapi import APIRouter, Request

from ridethrough.api.http.access.roles import OPEN


def add_operations(router: APIRouter) -> None:
    """Let a router answer those who run the service."""
    router.get("/healthz", summary="Whether the service answers, and how many solvers are free", dependencies=[OPEN])(
        _health
    )


async def _health(request: Request) -> dict[str, Any]:
    solvers = request.app.state.solvers
    return {"status": "ok", "solvers": {"total": solvers.total, "idle": solvers.idle}}
