"""A controller that takes setpoints from the service: what it sends, what it is told, when it holds by itself."""

import asyncio
import json
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from living_sites import SITE, living_document, living_service, reading
from stored_sites import Client, Clock

from ridethrough.api.operating.service_orders import ServiceOrdering
from ridethrough.api.reading.site_file import read_site
from ridethrough.api.reading.telemetry import read_telemetry
from ridethrough.bms.ordering import LocalOrdering, Ordered
from ridethrough.domain import ConditionKind, ReserveCondition
from ridethrough.operation.live.grid_signals import NO_SIGNALS, GridSignals
from ridethrough.operation.live.situation import SetpointMode
from ridethrough.store.database import Database


@pytest.fixture
def client(sqlite_database: Database, clock: Clock) -> Client:
    client = living_service(sqlite_database, clock)
    client.post(f"{SITE}/telemetry", json=reading(clock()))
    assert client.post(f"{SITE}/plans", json={"why": "first"}).status_code == 201
    clock.pass_by(timedelta(seconds=10))
    return client


def ordered(
    app: Any,  # noqa: ANN401
    clock: Clock,
    told: Any = None,  # noqa: ANN401
    *,
    held: str = "",
    signals: GridSignals = NO_SIGNALS,
    timeout_s: float = 30.0,
) -> Ordered:
    document = living_document(id="pod")
    site = read_site(document, source="site", folder=None).site
    local = LocalOrdering(site=site, plan=lambda _: "plans are the service's", held=lambda: held)
    local.signals = lambda _: signals
    ordering = ServiceOrdering(site=site, url="http://ridethrough", key="key", local=local, timeout_s=timeout_s)
    telemetry = read_telemetry(told or reading(clock()), source="telemetry")

    async def ask() -> Ordered:
        await ordering.close()
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://ridethrough") as asked:
            ordering._client = asked  # noqa: SLF001 - the service is in this process
            return await ordering.orders(telemetry, clock())

    return asyncio.run(ask())


def test_the_setpoints_of_the_service_are_followed_until_they_end(client: Client, clock: Clock) -> None:
    found = ordered(client.app, clock)
    told = client.get(f"{SITE}/setpoints/now").json()
    assert found.setpoints.mode is SetpointMode.PLAN
    assert found.setpoints.plan_id == told["plan_id"]
    assert found.setpoints.ups["pod-1"].discharge_kw == told["ups"]["pod-1"]["discharge_kw"]
    assert found.reliable_until == found.setpoints.valid_until
    assert found.reliable_until is not None
    assert found.reliable_until > clock()


def test_a_hold_at_the_service_and_a_hold_at_the_site_both_hold(client: Client, clock: Clock) -> None:
    assert ordered(client.app, clock, held="held by Ada: busbar").setpoints.mode is SetpointMode.HOLD
    assert client.post(f"{SITE}/hold", json={"why": "work"}).status_code in {200, 201}
    clock.pass_by(timedelta(seconds=5))
    found = ordered(client.app, clock)
    assert found.setpoints.mode is SetpointMode.HOLD
    assert "work" in found.setpoints.why


def test_what_the_grid_asks_for_holds_at_the_site_and_is_the_guards_whatever_the_service_says(
    client: Client, clock: Clock
) -> None:
    silent = GridSignals(held_because="the OpenADR server has not answered yet")
    assert "not answered yet" in ordered(client.app, clock, signals=silent).setpoints.why
    alert = ReserveCondition(start=clock(), end=clock() + timedelta(hours=1), kind=ConditionKind.GRID_ALERT)
    found = ordered(client.app, clock, signals=GridSignals(conditions=(alert,)))
    assert found.setpoints.mode is SetpointMode.PLAN, "the service knows of no alert"
    assert found.site.conditions == (alert,)


def test_a_service_that_refuses_or_does_not_know_the_site_leaves_it_holding(client: Client, clock: Clock) -> None:
    client.delete(SITE, headers={"If-Match": client.get(SITE).headers["ETag"]})
    found = ordered(client.app, clock)
    assert found.setpoints.mode is SetpointMode.HOLD
    assert "the service cannot be asked" in found.setpoints.why
    assert found.reliable_until is None


def test_nonsense_from_a_service_is_never_followed(clock: Clock) -> None:
    for body in (b"[]", b'{"mode": "plan"}', b"<html>"):

        async def app(scope: Any, receive: Any, send: Any, body: bytes = body) -> None:  # noqa: ANN401, ARG001
            await send({"type": "http.response.start", "status": 200, "headers": []})
            await send({"type": "http.response.body", "body": body})

        assert ordered(app, clock).setpoints.mode is SetpointMode.HOLD


def test_setpoints_whose_end_has_no_offset_are_not_followed(client: Client, clock: Clock) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401
        async def without_offset(message: Any) -> None:  # noqa: ANN401
            if message["type"] == "http.response.body" and b"valid_until" in message["body"]:
                document = json.loads(message["body"])
                document["valid_until"] = (
                    datetime.fromisoformat(document["valid_until"]).replace(tzinfo=None).isoformat()
                )
                body = json.dumps(document).encode()
                message = {**message, "body": body.ljust(len(message["body"]))}
            await send(message)

        await client.app(scope, receive, without_offset)

    found = ordered(app, clock)
    assert found.setpoints.mode is SetpointMode.HOLD
    assert "without a UTC offset" in found.setpoints.why


def test_an_answer_that_drips_is_not_waited_for(clock: Clock) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401, ARG001
        await asyncio.sleep(3600)

    found = ordered(app, clock, timeout_s=0.01)
    assert found.setpoints.mode is SetpointMode.HOLD
    assert "the service cannot be asked (TimeoutError" in found.setpoints.why
