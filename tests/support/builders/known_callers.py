"""Access that does not look at requests: it finds no key in any, or takes each for one of the same caller."""

from fastapi import Request
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.role import Role
from ridethrough.api.http.access.roles import CHALLENGE, Caller


class NoKey:
    """Finds no key in any request."""

    async def caller_of(self, request: Request) -> Caller:  # noqa: ARG002 - all are the same
        raise HTTPException(401, "no key", headers=CHALLENGE)


class OneCaller:
    """Takes every request for one from a caller of one site."""

    def __init__(self, role: Role, site_id: str) -> None:
        self._role, self._site_id = role, site_id

    async def caller_of(self, request: Request) -> Caller:  # noqa: ARG002 - all are the same
        return Caller(name="ann", role=self._role, sites=frozenset({self._site_id}))
