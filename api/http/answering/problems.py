"""Errors as RFC 9457 problems: `application/problem+json`, with every fault listed."""

import math
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from ridethrough.api.cases.sites.stored_inputs import UnableToFindSite
from ridethrough.api.http.running.solvers import UnableToSolve
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.store.database import UnableToStore
from ridethrough.store.sites import UnableToReplace
from ridethrough.tariffs.documents.acceptance import allowed_by, given_in, shown
from ridethrough.tariffs.documents.printable import printable

_MEDIA_TYPE = "application/problem+json"
STATUSES = {
    401: "No key, or one that is not valid.",
    403: "The key's role does not allow it.",
    404: "There is no such thing, or none that the key may know of.",
    408: "The request was not whole in its time.",
    409: "It is being done by another request.",
    412: "The site is not at the version that the request is for.",
    413: "The request is too large.",
    415: "The content type is none that is read here.",
    422: "The input was refused; every fault is listed.",
    429: "Asked too often; `Retry-After` says when to ask again.",
    500: "The service failed; its log says why.",
    503: "No answer in time, or the service is stopping; `Retry-After` says when to ask again.",
}
"""The errors of the service, and when they are the answer."""


class ProblemFault(BaseModel):
    """One fault of the input."""

    source: str | None
    field: str
    value: Any
    allowed: str
    detail: str


class Problem(BaseModel):
    """An error (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemFault] | None = None


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """`responses` of a route that answers with these errors."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    return {each: {"description": STATUSES[each], "content": {_MEDIA_TYPE: {"schema": schema}}} for each in statuses}


def problem_schemas() -> dict[str, Any]:
    """The parts of the OpenAPI document that `problems` refers to."""
    schema = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    return {**schema.pop("$defs"), Problem.__name__: schema}


def answer_with_problems(app: FastAPI) -> None:
    """Return every error of the service as a problem document."""
    app.exception_handler(UnableToAccept)(_refused_input)
    app.exception_handler(RequestValidationError)(_refused_request)
    app.exception_handler(HTTPException)(_http_error)
    app.exception_handler(UnableToSolve)(_no_plan)
    app.exception_handler(UnableToStore)(_no_store)
    app.exception_handler(UnableToFindSite)(_no_site)
    app.exception_handler(UnableToReplace)(_other_version)
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


async def _no_site(_: Request, error: Exception) -> JSONResponse:
    return problem(404, str(error), str(error))


async def _other_version(_: Request, error: Exception) -> JSONResponse:
    current = error.current if isinstance(error, UnableToReplace) else None
    headers = {"ETag": f'"{current}"'} if current is not None else {}
    return problem(412, "Another version", str(error), headers=headers)


async def _no_store(_: Request, error: Exception) -> JSONResponse:
    return problem(503, "No store", str(error), headers={"Retry-After": "5"})


async def _our_fault(_: Request, __: Exception) -> JSONResponse:
    detail = "the service failed; its log says why. Keep the last certified plan or hold"
    return problem(500, "Internal error", detail)
