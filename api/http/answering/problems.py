"""Errors as RFC 9457 problems: `application/problem+json`, with every fault listed."""

import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from ridethrough.api.http.running.solvers import UnableToSolve
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs.documents.acceptance import allowed_by, given_in, shown
from ridethrough.tariffs.documents.printable import printable

_MEDIA_TYPE = "application/problem+json"
_FAULT_SCHEMA = {
    "type": "object",
    "properties": {
        "source": {"type": "string"},
        "field": {"type": "string"},
        "value": {},
        "allowed": {"type": "string"},
        "detail": {"type": "string"},
    },
}
_SCHEMA = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"type": "array", "items": _FAULT_SCHEMA},
    },
}
PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"description": description, "content": {_MEDIA_TYPE: {"schema": _SCHEMA}}}
    for status, description in (
        (413, "The request is too large."),
        (422, "The input was refused; every fault is listed."),
        (503, "The solver gave no answer."),
    )
}


def answer_with_problems(app: FastAPI) -> None:
    """Return every error of the service as a problem document."""
    app.exception_handler(UnableToAccept)(_refused_input)
    app.exception_handler(RequestValidationError)(_refused_request)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(UnableToSolve)(_no_plan)
    app.exception_handler(Exception)(_our_fault)


def problem(
    status: int,
    title: str,
    detail: str,
    *,
    faults: tuple[Fault, ...] | None = None,
    more: Mapping[str, Any] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem document: `more` are members of its own."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "detail": printable(detail)}
    if faults is not None:
        body["errors"] = [_fault(fault) for fault in faults]
    body |= more or {}
    return JSONResponse(body, status_code=status, media_type=_MEDIA_TYPE, headers=headers)


def _fault(fault: Fault) -> dict[str, Any]:
    value = shown(fault.value)
    if isinstance(value, float) and not math.isfinite(value):
        value = str(value)
    texts = {"source": fault.source, "field": fault.field, "allowed": fault.allowed, "detail": str(fault)}
    return {name: printable(text) for name, text in texts.items()} | {"value": value}


def _count(faults: tuple[Fault, ...]) -> str:
    return "1 fault" if len(faults) == 1 else f"{len(faults)} faults"


async def _refused_input(_: Request, error: Exception) -> JSONResponse:
    faults = error.faults if isinstance(error, UnableToAccept) else ()
    return problem(422, "The input was refused", _count(faults), faults=faults)


async def _refused_request(_: Request, error: Exception) -> JSONResponse:
    errors = error.errors() if isinstance(error, RequestValidationError) else ()
    faults = tuple(_request_fault(each) for each in errors)
    return problem(422, "The request was refused", _count(faults), faults=faults)


def _request_fault(error: Mapping[str, Any]) -> Fault:
    place = [str(step) for step in error["loc"] if step != "body"]
    if error["type"] == "json_invalid":
        reason = error.get("ctx", {}).get("error", "not JSON")
        return Fault(source="request", field="body", value=reason, allowed="a JSON object")
    return Fault(source="request", field=".".join(place), value=given_in(error), allowed=allowed_by(error))


async def _http_error(_: Request, error: Exception) -> JSONResponse:
    status = error.status_code if isinstance(error, HTTPException) else 500
    detail = str(error.detail) if isinstance(error, HTTPException) else ""
    return problem(status, detail, detail, headers=getattr(error, "headers", None))


async def _no_plan(_: Request, error: Exception) -> JSONResponse:
    return problem(503, "No plan", str(error), headers={"Retry-After": "1"})


async def _our_fault(_: Request, __: Exception) -> JSONResponse:
    detail = "the service failed; its log says why. Keep the last certified plan or hold"
    return problem(500, "Internal error", detail)
