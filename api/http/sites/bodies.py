"""The bodies of requests that are not read by a model: a document, or a file."""

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException

from ridethrough.api.http.answering.strict_requests import QUICK_BYTES
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs.documents.written_text import json_document, yaml_document

JSON, CSV = "application/json", "text/csv"
YAML = ("application/yaml", "application/x-yaml", "text/yaml")
MOST_YAML_BYTES = 128 * 1024
"""A site file of a person is far below it; YAML takes a hundred times as long to read as JSON."""


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", JSON).partition(";")[0].strip().lower()


async def _site_document(request: Request) -> dict[str, Any]:
    content = await request.body()
    if _content_type(request) not in YAML:
        return await _read(content, json_document)
    if len(content) > MOST_YAML_BYTES:
        raise HTTPException(413, f"a site as YAML has at most {MOST_YAML_BYTES} bytes; a larger one is sent as JSON")
    document = await run_in_threadpool(_object, content, yaml_document)
    try:
        plain: dict[str, Any] = json.loads(json.dumps(document, default=str, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        fault = Fault(field="body", source="request", value=str(error), allowed="a YAML document of plain values")
        raise UnableToAccept([fault]) from error
    return plain


async def _readings(request: Request) -> bytes | dict[str, Any]:
    kind, content = _content_type(request), await request.body()
    if kind == CSV:
        return content
    if kind == JSON:
        return await _read(content, json_document)
    raise HTTPException(415, f"the content type is {kind!r}; send {CSV} or {JSON}")


async def _read(content: bytes, read: Callable[..., Any]) -> dict[str, Any]:
    """The object that was sent; a large one is read outside the event loop."""
    return _object(content, read) if len(content) <= QUICK_BYTES else await run_in_threadpool(_object, content, read)


def _object(content: bytes, read: Callable[..., Any]) -> dict[str, Any]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise UnableToAccept([Fault(field="body", value=str(error), allowed="UTF-8")]) from error
    document = read(text, source="request")
    if not isinstance(document, Mapping):
        raise UnableToAccept([Fault(field="body", source="request", value=str(document)[:40], allowed="a JSON object")])
    return dict(document)


SiteBody = Annotated[dict[str, Any], Depends(_site_document)]
"""A parameter of a route: the document of a site that was sent, as JSON or as YAML."""
ReadingsBody = Annotated[bytes | dict[str, Any], Depends(_readings)]
"""A parameter of a route: a CSV file's bytes, or the JSON object that was sent."""
