"""One question to an OpenADR 3 server: a token by client credentials (OAuth 2), and all its events, page by page."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

import httpx

from ridethrough.api.reading.openadr_settings import OpenAdrSettings

PAGE = 50
"""The most events that a server gives at once."""
_MOST_PAGES = 40
_MOST_BYTES = 5_000_000


class UnableToAskServer(Exception):
    """The server gave no answer that can be used; whether it will is not known."""


@dataclass(slots=True)
class OpenAdrClient:
    """Asks one server; the token is kept until the server refuses it."""

    settings: OpenAdrSettings
    _token: str = field(default="", repr=False)

    def events(self) -> list[Mapping[str, Any]]:
        """All events of the server.

        Raises `UnableToAskServer`; its text holds no secret.
        """
        try:
            with httpx.Client(timeout=self.settings.timeout_s, follow_redirects=False) as client:
                return self._pages(client)
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            raise UnableToAskServer(f"{self.settings.url}: {type(error).__name__}: {str(error)[:200]}") from error

    def _pages(self, client: httpx.Client) -> list[Mapping[str, Any]]:
        found: list[Mapping[str, Any]] = []
        for page in range(_MOST_PAGES):
            answer = self._page(client, page)
            if answer.status_code == HTTPStatus.UNAUTHORIZED and self.settings.client_id:
                self._token = ""
                answer = self._page(client, page)
            if answer.status_code != HTTPStatus.OK:
                raise UnableToAskServer(f"{self.settings.url} answered {answer.status_code}")
            events = answer.json()
            if not isinstance(events, list) or not all(isinstance(each, dict) for each in events):
                raise UnableToAskServer(f"{self.settings.url} answered no list of events")
            found += events
            if len(events) < PAGE:
                return found
        raise UnableToAskServer(f"{self.settings.url} has more than {_MOST_PAGES * PAGE:,} events")

    def _page(self, client: httpx.Client, page: int) -> httpx.Response:
        if not self._token and self.settings.client_id:
            self._token = self._new_token(client)
        query = {"skip": str(page * PAGE), "limit": str(PAGE)}
        query |= {"programID": self.settings.program} if self.settings.program else {}
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        return _read(client, client.build_request("GET", f"{self.settings.url}/events", params=query, headers=headers))

    def _new_token(self, client: httpx.Client) -> str:
        asked = {
            "grant_type": "client_credentials",
            "client_id": self.settings.client_id,
            "client_secret": self.settings.client_secret,
            **({"scope": self.settings.scope} if self.settings.scope else {}),
        }
        answer = _read(client, client.build_request("POST", self.settings.token_url, data=asked))
        content = answer.json() if answer.status_code in (HTTPStatus.OK, HTTPStatus.CREATED) else None
        token = content.get("access_token") if isinstance(content, dict) else None
        if not isinstance(token, str) or not token:
            raise UnableToAskServer(f"{self.settings.token_url} gave no token (it answered {answer.status_code})")
        return token


def _read(client: httpx.Client, request: httpx.Request) -> httpx.Response:
    """The whole answer, if it is not larger than any list of events."""
    response = client.send(request, stream=True)
    try:
        content = b""
        for piece in response.iter_bytes():
            content += piece
            if len(content) > _MOST_BYTES:
                raise UnableToAskServer(f"{request.url.host} answered more than {_MOST_BYTES:,} bytes")
    finally:
        response.close()
    return httpx.Response(response.status_code, content=content, request=request)
