"""A server of OpenADR 3 events on this machine, with client credentials; what it gives may change at any time."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from http_servers import Answering, served

CLIENT, SECRET = "hall", "vtn-secret"


@dataclass(kw_only=True)
class Vtn:
    """Its address, its events, and what it was asked; `tokens` are those that it takes."""

    url: str
    events: list[Any] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)
    given: int = 0
    status: int = 200


def event(kind: str, value: Any, start: datetime, hours: float = 1.0, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """An event of one interval."""
    minutes = round(60 * hours)
    period = {"start": start.isoformat(), "duration": f"PT{minutes}M"}
    interval = {"id": 0, "payloads": [{"type": kind, "values": [value]}]}
    usual = {"objectType": "EVENT", "id": f"event-{kind}", "programID": "grid", "eventName": kind.lower()}
    return {**usual, "intervalPeriod": period, "intervals": [interval], **more}


@contextmanager
def vtn() -> Iterator[Vtn]:
    """Run a server for as long as the block lasts."""
    found = Vtn(url="")

    class Handler(Answering):
        def do_POST(self) -> None:
            form = parse_qs(self.content().decode())
            right = form.get("client_id") == [CLIENT] and form.get("client_secret") == [SECRET]
            if not right or form.get("grant_type") != ["client_credentials"]:
                self._answer(401, {"error": "invalid_client"})
                return
            found.given += 1
            token = f"token-{found.given}"
            found.tokens.add(token)
            self._answer(200, {"access_token": token, "token_type": "Bearer", "expires_in": 3600})

        def do_GET(self) -> None:
            found.asked.append(self.path)
            if self.headers.get("Authorization", "").removeprefix("Bearer ") not in found.tokens:
                self._answer(401, {"title": "no token"})
                return
            query = parse_qs(urlsplit(self.path).query)
            skip, limit = (int(query.get(name, ["0"])[0]) for name in ("skip", "limit"))
            self._answer(found.status, found.events[skip : skip + (limit or 50)])

        def _answer(self, status: int, content: Any) -> None:  # noqa: ANN401
            self.answer(status, json.dumps(content).encode(), {"Content-Type": "application/json"})

    with served(Handler) as found.url:
        yield found


def settings_of(found: Vtn, **more: Any) -> dict[str, Any]:  # noqa: ANN401
    """The section of a site file for it; the secret is in `VTN_SECRET`."""
    return {"url": found.url, "client_id": CLIENT, "client_secret_variable": "VTN_SECRET", "poll_s": 0.05, **more}


def quarter_before(now: datetime) -> datetime:
    """A moment a quarter of an hour before, in whole seconds."""
    return now.replace(microsecond=0) - timedelta(minutes=15)
