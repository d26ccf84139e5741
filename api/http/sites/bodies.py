"""The bodies of requests that are not read by a model: a document, or a file."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.exceptions import HTTPException

from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs.documents.written_text import json_document

JSON, CSV = "application/json", "text/csv"


def _content_type(request: Request) -> str:
    return request.headers.get("content-type", JSON).partition(";")[0].strip().lower()


async def _document(request: Request) -> dict[str, Any]:
    return _object(await request.body())


async def _readings(request: Request) -> bytes | dict[str, Any]:
    kind, content = _content_type(request), await request.body()
    if kind == CSV:
        return content
    if kind == JSON:
        return _object(content)
    raise HTTPException(415, f"the content type is {kind!r}; send {CSV} or {JSON}")


def _object(content: bytes) -> dict[str, Any]:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise UnableToAccept([Fault(field="body", value=str(error), allowed="UTF-8")]) from error
    document = json_document(text, source="request")
    if not isinstance(document, Mapping):
        raise UnableToAccept([Fault(field="body", source="request", value=str(document)[:40], allowed="a JSON object")])
    return dict(document)


DocumentBody = Annotated[dict[str, Any], Depends(_document)]
"""A parameter of a route: the JSON object that was sent, strictly read."""
ReadingsBody = Annotated[bytes | dict[str, Any], Depends(_readings)]
"""A parameter of a route: a CSV file's bytes, or the JSON object that was sent."""
