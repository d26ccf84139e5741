"""Answers that a worker makes: the event loop passes them on, and does nothing that takes long."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.responses import JSONResponse

from ridethrough.api.metrics import PLANS

STATUS_HEADER = "Ridethrough-Status"
CLIENT_GONE = 499
"""The status that servers log where nobody is left to answer."""


async def from_worker(
    request: Request, work: Callable[..., Mapping[str, Any]], *arguments: object, within_s: float | None = None
) -> Response:
    """Answer with the document that `work` makes in a worker, for as long as the client is there.

    Waiting and work take `within_s` together, or what the solvers allow.
    """
    solvers = request.app.state.solvers
    job = asyncio.ensure_future(solvers.run(written, work, *arguments, within_s=within_s))
    gone = asyncio.ensure_future(_gone(request))
    try:
        await asyncio.wait((job, gone), return_when=asyncio.FIRST_COMPLETED)
        if not job.done():
            return Response(status_code=CLIENT_GONE)
        body, headers = await job
        if STATUS_HEADER in headers:
            PLANS.labels(status=headers[STATUS_HEADER]).inc()
        return Response(body, headers=headers, media_type=JSONResponse.media_type)
    finally:
        gone.cancel()
        job.cancel()


def written(work: Callable[..., Mapping[str, Any]], *arguments: object) -> tuple[bytes, dict[str, str]]:
    """The document as it is sent, written in the worker, and its headers."""
    document = work(*arguments)
    return bytes(JSONResponse(document).body), headers_of(document)


def headers_of(document: Mapping[str, Any]) -> dict[str, str]:
    """Headers that show the status of a plan, because every plan is answered with 200.

    `Ridethrough-Status` is the plan's status. `Ridethrough-Alarms` counts its alarms, where it has any.
    """
    if "alarms" not in document:
        return {}
    alarms = {"Ridethrough-Alarms": str(len(document["alarms"]))} if document["alarms"] else {}
    return {STATUS_HEADER: str(document["status"]), **alarms}


async def _gone(request: Request) -> None:
    """Wait until the client hangs up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
