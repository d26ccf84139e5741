"""Webhooks over HTTP: an administrator adds a receiver, it is told of what happens, and the secret is shown once."""

import json

from living_sites import SITE, reading
from receivers import receiver, says
from stored_sites import Client, Clock

from ridethrough.api.http.access.roles import Caller, Role
from ridethrough.api.http.server import create_app
from ridethrough.api.operating.sending import deliver_due
from ridethrough.store.database import Database


def test_a_receiver_is_told_of_a_plan_and_of_a_hold(client: Client, clock: Clock, sqlite_database: Database) -> None:
    with receiver(says("HTTP/1.1 200 OK")) as found:
        added = client.post(f"{SITE}/webhooks", json={"url": found.url, "events": ["plan_made", "held"]})
        assert added.status_code == 201, added.text
        client.post(f"{SITE}/telemetry", json=reading(clock()))
        made = client.post(f"{SITE}/plans").json()
        client.post(f"{SITE}/hold", json={"why": "works"})
        client.post(f"{SITE}/release")
        assert deliver_due(sqlite_database, clock, to_loopback=True) == 2
    told = [json.loads(each.split(b"\r\n\r\n")[1]) for each in found.requests]
    assert {each["event"] for each in told} == {"plan_made", "held"}
    (plan,) = (each for each in told if each["event"] == "plan_made")
    assert plan["detail"]["plan_id"] == made["plan_id"]
    assert (plan["site_id"], plan["who"]) == ("pod", "local")
    messages = client.get(f"{SITE}/webhooks/{added.json()['id']}/messages").json()["messages"]
    assert [each["event"] for each in messages] == ["held", "plan_made"]
    assert all(each["delivered_at"] for each in messages)


def test_a_secret_is_shown_once_and_stands_nowhere_else(client: Client) -> None:
    added = client.post(f"{SITE}/webhooks", json={"url": "https://example.com/hook"}).json()
    secret = added.pop("secret")
    assert len(secret) >= 40
    assert client.get(f"{SITE}/webhooks").json() == {"webhooks": [added]}
    for path in ("webhooks", f"webhooks/{added['id']}/messages", "journal"):
        assert secret not in client.get(f"{SITE}/{path}").text
    assert client.delete(f"{SITE}/webhooks/{added['id']}").status_code == 204
    assert client.delete(f"{SITE}/webhooks/{added['id']}").status_code == 404
    assert client.get(f"{SITE}/webhooks").json() == {"webhooks": []}


def test_what_a_webhook_cannot_be_is_refused(client: Client) -> None:
    for body in (
        {"url": "http://example.com/"},
        {"url": "https://169.254.169.254/"},
        {"url": "file:///etc/passwd"},
        {"url": "https://example.com/", "events": ["everything"]},
        {"url": "https://example.com/", "secret": "mine"},
        {},
    ):
        refused = client.post(f"{SITE}/webhooks", json=body)
        assert refused.status_code == 422, body
        assert refused.json()["errors"]


def test_a_site_has_at_most_twenty_webhooks(client: Client) -> None:
    for _ in range(20):
        assert client.post(f"{SITE}/webhooks", json={"url": "https://example.com/"}).status_code == 201
    assert client.post(f"{SITE}/webhooks", json={"url": "https://example.com/"}).status_code == 422


def test_a_service_that_others_reach_does_not_send_to_itself(sqlite_database: Database, client: Client) -> None:
    class Keys:
        async def caller_of(self, request: object) -> Caller:  # noqa: ARG002
            return Caller(name="ada", role=Role.ADMIN)

    reached = Client(create_app(store=sqlite_database, access=Keys()))
    assert client.post(f"{SITE}/webhooks", json={"url": "http://127.0.0.1:9/"}).status_code == 201
    refused = reached.post(f"{SITE}/webhooks", json={"url": "http://127.0.0.1:9/"})
    assert refused.status_code == 422
    assert "this service does not send to itself" in refused.text
