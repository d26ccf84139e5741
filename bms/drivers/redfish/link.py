"""A session with one Redfish service over HTTPS, which fails in our words: resources are asked for, none is changed.

The service must prove itself by `ca_file` or the certificates of the system. Where there is a user, a session is made
and its token sent; a token that is refused is asked for once more. After a failure the connection is closed, and the
session goes on in the next one: a service has few, and each that is left behind keeps others out for half an hour.
"""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import httpx

from ridethrough.bms.drivers.driver import UnableToReach, UnableToRead
from ridethrough.bms.drivers.telling import within

SESSIONS = "/redfish/v1/SessionService/Sessions"
_TOKEN = "X-Auth-Token"  # noqa: S105 - the name of a header
_LARGEST = 1 << 20
"""Bytes of one resource."""
_GOODBYE_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RedfishService:
    """Where a service is, and who we are to it. Without `ca_file` those are trusted whom the system trusts."""

    url: str
    username: str = ""
    password: str = ""
    ca_file: str = ""

    def __repr__(self) -> str:
        """The service without the password."""
        return f"RedfishService({self.url})"


class RedfishLink:
    """A connection that is made at the first question."""

    def __init__(self, service: RedfishService, *, timeout_s: float) -> None:
        self.address = f"redfish {service.url}"
        self._service, self._timeout_s = service, timeout_s
        self._client: httpx.AsyncClient | None = None
        self._session = self._held = ""

    async def read(self, paths: frozenset[str]) -> dict[str, Mapping[str, Any] | None]:
        """Resources by their paths, one after another, as their processors are slow; None for one that is not there."""
        async with self._asking() as client:
            return {path: await self._resource(client, path) for path in sorted(paths)}

    async def close(self) -> None:
        """End the session at the service, and close the connection."""
        session = self._session
        client = self._client
        if client is None and session:
            with suppress(UnableToReach):
                client = self._made()
        self._client, self._session, self._held = None, "", ""
        if client is None:
            return
        with suppress(httpx.HTTPError, httpx.InvalidURL, OSError, TimeoutError):
            async with asyncio.timeout(_GOODBYE_S):
                if session:
                    await client.delete(session)
        await client.aclose()

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[httpx.AsyncClient]:
        try:
            async with within(self._timeout_s, self.address):
                yield self._client or await self._connect()
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError) as error:
            await self._drop()
            raise UnableToReach(f"{self.address} cannot be reached: {str(error) or type(error).__name__}") from error
        except BaseException:
            await self._drop()
            raise

    async def _drop(self) -> None:
        """Close a connection that failed: nothing more is said on it."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _connect(self) -> httpx.AsyncClient:
        self._client = self._made()
        if not self._held:
            await self._log_in(self._client)
        return self._client

    def _made(self) -> httpx.AsyncClient:
        """A connection, with the token of a session that goes on."""
        service = self._service
        try:
            trusted = ssl.create_default_context(cafile=service.ca_file or None)
        except (OSError, ssl.SSLError) as error:
            raise UnableToReach(f"{service.ca_file} cannot be used: {error}") from error
        headers = {_TOKEN: self._held} if self._held else {}
        return httpx.AsyncClient(
            base_url=service.url,
            headers=headers,
            verify=trusted,
            timeout=self._timeout_s,
            trust_env=False,
            follow_redirects=False,
        )

    async def _log_in(self, client: httpx.AsyncClient) -> None:
        if not self._service.username:
            return
        client.headers.pop(_TOKEN, None)
        self._session = self._held = ""
        named = {"UserName": self._service.username, "Password": self._service.password}
        answer = await client.post(SESSIONS, json=named)
        token = answer.headers.get(_TOKEN, "")
        if not answer.is_success or not token:
            raise UnableToRead(f"{self.address} makes no session for the user: status {answer.status_code}")
        client.headers[_TOKEN] = self._held = token
        self._session = httpx.URL(answer.headers.get("Location", "")).path.rstrip("/")

    async def _resource(self, client: httpx.AsyncClient, path: str) -> Mapping[str, Any] | None:
        status, body = await _got(client, path)
        if status == httpx.codes.UNAUTHORIZED and self._service.username:
            await self._log_in(client)
            status, body = await _got(client, path)
        if status == httpx.codes.NOT_FOUND:
            return None
        if status != httpx.codes.OK:
            raise UnableToRead(f"{self.address} refuses {path}: status {status}")
        try:
            resource = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise UnableToRead(f"{self.address} answers {path} with what is no JSON") from error
        if not isinstance(resource, dict):
            raise UnableToRead(f"{self.address} answers {path} with what is no resource")
        return resource


async def _got(client: httpx.AsyncClient, path: str) -> tuple[int, bytes]:
    """The status and the body of an answer; too long a body is cut, and then cannot be read."""
    async with client.stream("GET", path, headers={"Accept": "application/json"}) as answer:
        body = b""
        async for piece in answer.aiter_bytes():
            body += piece
            if len(body) > _LARGEST:
                break
        return answer.status_code, body
