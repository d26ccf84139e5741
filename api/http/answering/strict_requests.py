"""Routes that know who asks before they read a request, and then read it strictly."""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.roles import NeedsNoRole, NeedsRole
from ridethrough.api.http.answering.problems import problems
from ridethrough.tariffs.documents.written_text import parse_json

MOST_BYTES = 16 * 1024 * 1024
"""The largest request: a month of one-minute series for a few systems is well below it."""
NO_ROLE = "none"
"""What the OpenAPI document says (`x-role`) of a route that asks for no key."""
_MOST_DISCARDED = 4
QUICK_BYTES = 64 * 1024
"""A larger body is not parsed in the event loop."""


class _StrictRequest(Request):
    """A request whose body has a limited size and is strict JSON: without NaN and without repeated keys."""

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            chunks, size = [], 0
            async for chunk in self.stream():
                size += len(chunk)
                if size <= MOST_BYTES:
                    chunks.append(chunk)
                elif size > _MOST_DISCARDED * MOST_BYTES:
                    break  # the client does not stop sending: it gets its answer anyway
            if size > MOST_BYTES:
                raise HTTPException(413, f"a request has at most {MOST_BYTES} bytes")
            self._body = b"".join(chunks)
        return self._body

    async def json(self) -> Any:  # noqa: ANN401 - a document may be anything until it is validated
        body = await self.body()
        return parse_json(body) if len(body) <= QUICK_BYTES else await asyncio.to_thread(parse_json, body)


class ServiceRoute(APIRoute):
    """A route of the service: it states the role it asks for, and reads a request only from those who have it.

    Every error that it may answer with is in the OpenAPI document. Raises `TypeError` where it is made without a role.
    """

    def __init__(self, path: str, endpoint: Callable[..., Any], **stated: Any) -> None:  # noqa: ANN401 - FastAPI's own
        errors = problems(*_errors_of(path, stated))
        given = {
            **stated,
            "responses": {**errors, **(stated.get("responses") or {})},
            "openapi_extra": {"x-role": _role_of(stated), **(stated.get("openapi_extra") or {})},
        }
        super().__init__(path, endpoint, **given)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Check who asks, then read and answer."""
        handle = super().get_route_handler()
        stated = [each.dependency for each in self.dependencies]
        roles = [each for each in stated if isinstance(each, NeedsRole | NeedsNoRole)]
        if not roles:
            raise TypeError(f"{self.path} states no role: write dependencies=[VIEWER], or OPEN for everyone")

        async def strict(request: Request) -> Response:
            asked = _StrictRequest(request.scope, request.receive)
            for role in roles:
                await role(asked)
            return await handle(asked)

        return strict


def _errors_of(path: str, stated: Mapping[str, Any]) -> list[int]:
    """The errors that a route may answer with."""
    of_keys = [401, 403] if _role_of(stated) != NO_ROLE else []
    of_paths = [404] if "{" in path else []
    of_bodies = [413] if {"POST", "PUT", "PATCH"} & set(stated.get("methods") or ()) else []
    return [*of_keys, *of_paths, 408, *of_bodies, 422, 429, 500, 503]


def _role_of(stated: Mapping[str, Any]) -> str:
    """The role that a route asks for."""
    asked = [each.dependency for each in stated.get("dependencies") or ()]
    return next((each.role.value for each in asked if isinstance(each, NeedsRole)), NO_ROLE)


def service_router() -> APIRouter:
    """A router whose routes are those of the service."""
    return APIRouter(route_class=ServiceRoute)
