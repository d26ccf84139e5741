"""Roles: what a caller may do, and the dependency by which each route states what it asks for.

| role | may |
|---|---|
| viewer | read, and ask for plans, reserves, certificates, bills and studies that are not kept |
| operator | also send telemetry and series, make plans, hold and release, acknowledge alarms |
| admin | also write and delete sites, and manage keys |

A route says `dependencies=[VIEWER]`, `[OPERATOR]` or `[ADMIN]`; `[OPEN]` where no key is asked for. A path parameter
that names a site is always `site_id`: a caller whose key is for other sites gets 404, as if there were no such site.
"""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Any, Protocol
from urllib.parse import urlsplit

from fastapi import Depends, Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.limits import Limits
from ridethrough.api.http.access.role import Role

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="ridethrough"'}
SITE = "site_id"
"""The name of the path parameter that names a site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who asks: `name` is for the journal, `sites` are those that it may ask about, all where it is None.

    `key_ends` is when the key that it shows runs out; None where it never does, or it is no key of ours.
    """

    name: str
    role: Role
    sites: frozenset[str] | None = None
    key_ends: datetime | None = None

    def knows(self, site_id: str) -> bool:
        """Whether the caller may know of a site."""
        return self.sites is None or site_id in self.sites


class Access(Protocol):
    """Tells who asks."""

    async def caller_of(self, request: Request) -> Caller:
        """The caller of a request.

        Raises `HTTPException` 401 where it shows no key that is valid, and 429 where it asks too often.
        """


class NoAuth:
    """Everyone on this machine is an administrator: for a service that only this machine reaches.

    A page of another origin, which a browser on this machine shows, is not let in: neither by its `Origin`, nor by a
    name of its own for this machine's address.
    """

    async def caller_of(self, request: Request) -> Caller:
        """The one caller that there is.

        Raises `HTTPException` 403 where a page of another origin asks.
        """
        origin = request.headers.get("origin")
        pages = () if origin is None else (urlsplit(origin).hostname,)
        if not all(host is not None and _is_no_domain(host) for host in (request.url.hostname, *pages)):
            raise HTTPException(403, "without keys only this machine may ask, and no page of another origin")
        return Caller(name="local", role=Role.ADMIN)


def _is_no_domain(host: str) -> bool:
    """Whether a host is an address, or a name that no name server gives to a stranger's page."""
    try:
        ip_address(host)
    except ValueError:
        return "." not in host.rstrip(".")
    return True


class NeedsRole(SecurityBase):
    """The dependency that lets a request through to its route, or refuses it."""

    def __init__(self, role: Role) -> None:
        self.role = role
        self.model = HTTPBearer(description="A key, as `ridethrough key create` prints it.")
        self.scheme_name = "key"

    async def __call__(self, request: Request) -> None:
        """Find the caller, once for a request, and check its role and the site it asks about."""
        if not hasattr(request.state, "caller"):
            limits: Limits = request.app.state.limits
            limits.count_address(address_of(request))
            caller = request.state.caller = await request.app.state.access.caller_of(request)
            limits.count_key(caller.name)
        _check(request.state.caller, self.role, request.path_params.get(SITE))


class NeedsNoRole:
    """The dependency of a route that answers everyone."""

    async def __call__(self, request: Request) -> None:
        """Let everyone through who does not ask too often."""
        if not hasattr(request.state, "counted"):
            request.app.state.limits.count_address(address_of(request))
            request.state.counted = True


def address_of(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client is not None else "unknown"


def _check(caller: Caller, role: Role, site_id: str | None) -> None:
    if site_id is not None and not caller.knows(site_id):
        raise HTTPException(404, f"no site {site_id!r}")
    if not caller.role.includes(role):
        raise HTTPException(403, f"this asks for the role {role}; the key has the role {caller.role}")


VIEWER: Any = Depends(NeedsRole(Role.VIEWER))
OPERATOR: Any = Depends(NeedsRole(Role.OPERATOR))
ADMIN: Any = Depends(NeedsRole(Role.ADMIN))
OPEN: Any = Depends(NeedsNoRole())


def _caller(request: Request) -> Caller:
    caller: Caller = request.state.caller
    return caller


CallerOfRequest = Annotated[Caller, Depends(_caller)]
"""A parameter of a route: the caller that its role has let through."""
