"""A running service makes plans by the clock, fetches prices when they are published, and plans with them."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from documents import site_document
from living_sites import SITE, reading
from price_dialects import DIALECTS, priced
from price_servers import serving
from service import service_in_thread

from ridethrough.api.http.server import create_app
from ridethrough.store.database import Database

CHARTS = next(each for each in DIALECTS if each.name == "energy-charts")
PRICES = priced("2026-06-29T00:00+02:00", 15, [40 + index % 48 for index in range(4 * 96)])
KNOWN_BEFORE = PRICES[: 3 * 96]
MINUTE = timedelta(minutes=1)
_PATIENCE_S = 150.0


class RunningClock:
    """A clock that runs, and that a test puts on."""

    def __init__(self, now: datetime) -> None:
        self._ahead = now - datetime.now(UTC)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def put_on(self, time: timedelta) -> None:
        self._ahead += time


def eventually(ask: Callable[[], Any]) -> Any:  # noqa: ANN401
    until = time.monotonic() + _PATIENCE_S
    while not (found := ask()) and time.monotonic() < until:
        time.sleep(0.5)
    assert found
    return found


def send(client: httpx.Client, clock: RunningClock) -> None:
    assert client.post(f"{SITE}/telemetry", json=reading(clock())).status_code == 201


def reasons(client: httpx.Client) -> str:
    return "; ".join(each["why"] for each in client.get(f"{SITE}/plans").json()["plans"])


@pytest.mark.long
def test_a_service_plans_and_fetches_prices_by_the_clock(sqlite_database: Database) -> None:
    begun = PRICES[0][0] + timedelta(days=2, hours=13, minutes=29)
    clock = RunningClock(begun)
    app = create_app(store=sqlite_database, with_jobs=True)
    app.state.clock = clock
    with (
        serving(CHARTS.answer(KNOWN_BEFORE), CHARTS.answer(PRICES)) as prices,
        service_in_thread(app) as client,
    ):
        fetch = {"source": "energy-charts", "zone": "DE_LU", "url": prices.address}
        figures = {"timezone": "Europe/Berlin", "currency": "EUR", "interval_minutes": 15}
        document = site_document({"prices": {"series": "prices", "fetch": fetch}, **figures})
        assert client.put(SITE, json=document).status_code == 201
        send(client, clock)
        eventually(lambda: "prices until 2026-07-01T22:00+00:00 have come" in reasons(client))

        clock.put_on(31 * MINUTE + timedelta(seconds=20))
        send(client, clock)
        eventually(lambda: "the day-ahead prices are published" in reasons(client))
        eventually(lambda: "the hour begins" in reasons(client))
        eventually(lambda: "prices until 2026-07-02T22:00+00:00 have come" in reasons(client))
        told = [each["what"] for each in client.get(f"{SITE}/journal").json()["entries"]]
        assert told.count("prices_fetched") == 2
        assert client.get(f"{SITE}/plans/current").json()["record"]["made_by"] == "service"
        assert client.get(f"{SITE}/setpoints/now").json()["mode"] == "plan"
