"""A service that keeps sites, in this process, with a clock that a test moves; and the documents it keeps."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from documents import site_document
from fastapi import FastAPI

from ridethrough.api.http.server import create_app
from ridethrough.store.database import Database

NOW = datetime(2026, 7, 14, 12, tzinfo=UTC)
DAY = datetime(2026, 7, 15, 4, tzinfo=UTC)
"""Midnight in New York."""
SITE = "/v1/sites/pod"


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        """What time it is."""
        return self.now

    def pass_by(self, time: timedelta) -> datetime:
        """Move the clock on."""
        self.now += time
        return self.now


class Client:
    """Asks an application in this process. Its solvers are not started: what asks them is tested by a running one."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    def request(self, method: str, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401 - httpx's own arguments
        """Ask once."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app, raise_app_exceptions=False)
            async with httpx.AsyncClient(transport=transport, base_url="http://ridethrough") as client:
                return await client.request(method, path, **given)

        return asyncio.run(ask())

    def get(self, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401
        """Read."""
        return self.request("GET", path, **given)

    def put(self, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401
        """Write a document."""
        return self.request("PUT", path, **given)

    def post(self, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401
        """Send something."""
        return self.request("POST", path, **given)

    def delete(self, path: str, **given: Any) -> httpx.Response:  # noqa: ANN401
        """Delete."""
        return self.request("DELETE", path, **given)


def keeping_service(database: Database, clock: Clock | None = None) -> Client:
    """A service over a database, with a clock of its own."""
    app = create_app(store=database)
    app.state.clock = clock or Clock()
    return Client(app)


def stored_document(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    """The document of a site whose load and prices are stored series."""
    return site_document({"ups.0.load": {"csv": "load.csv"}, "prices": {"series": "prices"}, **changes})


def day_of(value: float, *, start: datetime = DAY, hours: int = 24) -> dict[str, Any]:
    """A day of hourly values, as they are sent."""
    return {"start": start.isoformat(), "interval_minutes": 60, "values": [value] * hours}
