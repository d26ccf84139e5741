"""A stored site as it lives: readings in, plans made and kept, setpoints of now, holds, alarms, the journal."""

import json
from datetime import timedelta
from typing import Any

import pytest
from living_sites import SITE, living_document, living_service, reading
from stored_sites import Client, Clock

from ridethrough.store.database import Database

MINUTE = timedelta(minutes=1)


@pytest.fixture
def planned(client: Client, clock: Clock) -> dict[str, Any]:
    """The first plan, made from a reading of now."""
    assert client.post(f"{SITE}/telemetry", json=reading(clock())).status_code == 201
    made = client.post(f"{SITE}/plans", json={"why": "first"})
    assert made.status_code == 201, made.text
    return dict(made.json())


def setpoints(client: Client) -> dict[str, Any]:
    answer = client.get(f"{SITE}/setpoints/now")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_from_a_stored_site_to_setpoints(database: Database, clock: Clock) -> None:
    client = living_service(database, clock)
    client.post(f"{SITE}/telemetry", json=reading(clock()))
    planned = client.post(f"{SITE}/plans").json()
    assert planned["status"] == "optimal"
    assert planned["certificate"]["certified"]
    found = setpoints(client)
    assert found["mode"] == "plan", found["why"]
    assert found["plan_id"] == planned["plan_id"]
    assert found["ups"]["pod-1"].keys() >= {"charge_kw", "discharge_kw"}
    assert client.get(f"{SITE}/plans/current").json() == planned
    assert client.get(f"{SITE}/plans/{planned['plan_id']}").json() == planned


def test_a_site_without_anything_holds_and_says_what_is_missing(client: Client) -> None:
    found = setpoints(client)
    assert found["mode"] == "hold"
    assert found["why"] == "no telemetry has been received; no plan has been made"
    missing = client.get(f"{SITE}/plans/current")
    assert (missing.status_code, missing.json()["detail"]) == (404, "no plan is in force: no plan has been made")


def test_a_plan_without_telemetry_holds(client: Client) -> None:
    made = client.post(f"{SITE}/plans").json()
    assert made["status"] == "hold"
    assert made["warnings"][0] == "no telemetry has been received: every battery holds"


def test_readings_are_kept_once_and_shown_in_order(client: Client, clock: Clock) -> None:
    first = client.post(f"{SITE}/telemetry", json=reading(clock()))
    again = client.post(f"{SITE}/telemetry", json=reading(clock()))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["against"] == []
    client.post(f"{SITE}/telemetry", json=reading(clock() - 5 * MINUTE))
    page = client.get(f"{SITE}/telemetry", params={"limit": 1}).json()
    assert page["readings"][0]["measured_at"] == (clock() - 5 * MINUTE).isoformat()
    rest = client.get(f"{SITE}/telemetry", params={"from": page["next"]}).json()
    assert [each["id"] for each in rest["readings"]] == [first.json()["id"]]
    assert rest["next"] is None


@pytest.mark.parametrize("lost", ["NaN", "Infinity", "null"])
def test_a_figure_that_is_no_number_holds_the_system(
    client: Client, clock: Clock, planned: dict[str, Any], lost: str
) -> None:
    body = json.dumps(reading(clock.pass_by(MINUTE), stored_kwh="LOST")).replace('"LOST"', lost)
    kept = client.post(f"{SITE}/telemetry", content=body.encode())
    assert (kept.status_code, kept.json()["against"]) == (201, ["pod-1: its stored energy is missing"])
    assert planned["plan_id"] == setpoints(client)["plan_id"]
    assert setpoints(client)["mode"] == "hold"
    (alarm,) = client.get(f"{SITE}/alarms", params={"open": True}).json()["alarms"]
    assert (alarm["kind"], alarm["subject"]) == ("system", "pod-1")
    client.post(f"{SITE}/telemetry", json=reading(clock.pass_by(MINUTE)))
    assert setpoints(client)["mode"] == "plan"
    assert client.get(f"{SITE}/alarms", params={"open": True}).json()["alarms"] == []


def test_a_reading_that_cannot_be_read_is_refused_and_raises_an_alarm(client: Client) -> None:
    for body in (b"", b"[]", b"{", b'{"measured_at": "noon"}', b'{"a": 1, "a": 2}', b"\xff"):
        refused = client.post(f"{SITE}/telemetry", content=body)
        assert refused.status_code == 422
        assert refused.json()["errors"]
    (alarm,) = client.get(f"{SITE}/alarms").json()["alarms"]
    assert alarm["kind"] == "telemetry_refused"


def test_a_reading_of_a_system_that_the_site_does_not_have_is_refused(client: Client, clock: Clock) -> None:
    refused = client.post(f"{SITE}/telemetry", json=reading(clock(), ups={}) | {"ups": {"pod-9": {}}})
    assert refused.json()["errors"][0]["allowed"] == "one of the site's systems: pod-1"


def test_stale_telemetry_holds(client: Client, clock: Clock, planned: dict[str, Any]) -> None:
    clock.pass_by(15 * MINUTE)
    assert setpoints(client)["mode"] == "plan"
    clock.pass_by(timedelta(seconds=1))
    found = setpoints(client)
    assert found["why"] == "the telemetry is 901 s old (telemetry_max_age_s is 900)"
    assert found["ups"]["pod-1"]["discharge_kw"] == 0
    assert found["plan_id"] == planned["plan_id"]


def test_a_changed_site_holds_until_it_is_planned_again(client: Client, planned: dict[str, Any]) -> None:
    client.put(SITE, json=living_document(**{"ups.0.protected_load_kw": 4700}))
    assert "it has version 2, and the plan was made from version 1" in setpoints(client)["why"]
    made = client.post(f"{SITE}/plans").json()
    assert setpoints(client)["mode"] == "plan", setpoints(client)["why"]
    former = client.get(f"{SITE}/plans/{planned['plan_id']}").json()["record"]
    assert former["superseded"] == {"by": made["plan_id"], "at": made["record"]["made_at"], "why": "asked for"}


def test_a_cancelled_plan_is_not_followed(client: Client, planned: dict[str, Any]) -> None:
    path = f"{SITE}/plans/{planned['plan_id']}/cancel"
    cancelled = client.post(path, json={"why": "battery works"})
    assert cancelled.json()["cancelled"]["why"] == "battery works"
    assert client.post(path, json={"why": "again"}).json() == cancelled.json()
    assert f"{planned['plan_id']} was cancelled by local: battery works" in setpoints(client)["why"]
    assert client.get(f"{SITE}/plans/current").status_code == 404


def test_the_same_key_makes_one_plan_and_has_one_answer(client: Client, clock: Clock, planned: dict[str, Any]) -> None:
    asked = {"headers": {"Idempotency-Key": "monday"}, "json": {"why": "by key"}}
    first = client.post(f"{SITE}/plans", **asked)
    clock.pass_by(5 * MINUTE)
    again = client.post(f"{SITE}/plans", **asked)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["location"] == first.headers["location"] == f"{SITE}/plans/{first.json()['plan_id']}"
    other = client.post(f"{SITE}/plans", headers={"Idempotency-Key": "monday"}, json={"why": "something else"})
    assert (other.status_code, other.json()["title"]) == (422, "The key was used before")
    listed = client.get(f"{SITE}/plans").json()["plans"]
    assert [each["id"] for each in listed] == [first.json()["plan_id"], planned["plan_id"]]


def test_a_key_of_a_request_that_failed_may_be_used_again(client: Client, clock: Clock) -> None:
    client.put(SITE, json=living_document(**{"ups.0.load": {"series": "load"}}))
    headers = {"Idempotency-Key": "k"}
    refused = client.post(f"{SITE}/plans", headers=headers)
    assert refused.status_code == 422, refused.text
    (alarm,) = client.get(f"{SITE}/alarms").json()["alarms"]
    assert alarm["message"].startswith("no plan could be made: ")
    client.put(SITE, json=living_document())
    client.post(f"{SITE}/telemetry", json=reading(clock()))
    assert client.post(f"{SITE}/plans", headers=headers).status_code == 201
    assert client.get(f"{SITE}/alarms", params={"open": True}).json()["alarms"] == []


def test_an_operator_holds_and_releases(client: Client, planned: dict[str, Any]) -> None:
    held = client.post(f"{SITE}/hold", json={"why": "battery works"})
    assert held.json()["held"] is True
    assert setpoints(client)["why"] == "held by local: battery works"
    assert client.post(f"{SITE}/release").json()["held"] is False
    assert setpoints(client)["mode"] == "plan"
    entries = client.get(f"{SITE}/journal").json()["entries"]
    assert [each["what"] for each in entries[:2]] == ["released", "held"]
    assert {each["who"] for each in entries} == {"local"}
    assert entries[2]["detail"]["plan_id"] == planned["plan_id"]


def test_a_hold_counts_at_once_whatever_the_clocks_of_two_services_say(
    client: Client, clock: Clock, planned: dict[str, Any]
) -> None:
    clock.pass_by(MINUTE)
    client.post(f"{SITE}/hold", json={"why": "battery works"})
    clock.pass_by(-MINUTE)
    assert setpoints(client)["why"] == "held by local: battery works", planned["plan_id"]


def test_nothing_of_a_deleted_site_comes_back_with_its_id(
    client: Client, clock: Clock, planned: dict[str, Any]
) -> None:
    assert planned["certificate"]["certified"]
    client.post(f"{SITE}/series/spare", json={"start": "2026-01-01T00:00Z", "interval_minutes": 60, "values": [1.0]})
    client.post(f"{SITE}/webhooks", json={"url": "https://example.com/hook"})
    document = client.get(SITE).json()
    assert client.delete(SITE).status_code == 204
    assert client.put(SITE, json=document).status_code == 201
    found = setpoints(client)
    assert found["mode"] == "hold"
    assert "no telemetry has been received" in found["why"]
    assert "the site's document was changed" in found["why"]
    assert found["ups"]["pod-1"]["discharge_kw"] == 0.0
    assert client.get(f"{SITE}/webhooks").json() == {"webhooks": []}
    assert client.get(f"{SITE}/series").json()["series"] == []
    clock.pass_by(MINUTE)
    client.post(f"{SITE}/telemetry", json=reading(clock()))
    client.post(f"{SITE}/plans")
    assert setpoints(client)["mode"] == "plan"


def test_after_an_outage_a_new_plan_is_needed(client: Client, clock: Clock, planned: dict[str, Any]) -> None:
    client.post(f"{SITE}/telemetry", json=reading(clock.pass_by(MINUTE), ups={"mode": "stored_energy"}))
    assert "there is an outage" in setpoints(client)["why"]
    client.post(f"{SITE}/telemetry", json=reading(clock.pass_by(MINUTE), stored_kwh=700.0))
    assert "after this plan was made: a new plan is needed" in setpoints(client)["why"]
    client.post(f"{SITE}/plans")
    assert setpoints(client)["mode"] == "plan"
    assert planned["plan_id"] != setpoints(client)["plan_id"]


def test_a_system_below_its_reserve_raises_an_alarm_and_charges(
    client: Client, clock: Clock, planned: dict[str, Any]
) -> None:
    client.post(f"{SITE}/telemetry", json=reading(clock.pass_by(MINUTE), stored_kwh=400.0))
    found = setpoints(client)["ups"]["pod-1"]
    assert found["charge_kw"] > 0
    assert "short of its reserve" in found["why"]
    alarms = client.get(f"{SITE}/alarms", params={"open": True}).json()["alarms"]
    assert [each["kind"] for each in alarms] == ["reserve"]
    path = f"{SITE}/alarms/{alarms[0]['id']}/acknowledge"
    assert client.post(path).json()["acknowledged_by"] == "local"
    assert planned["status"] == "optimal"


def test_a_past_minute_is_shown_and_its_plan_made_again_to_the_digit(database: Database, clock: Clock) -> None:
    client = living_service(database, clock)
    client.post(f"{SITE}/telemetry", json=reading(clock()))
    planned = client.post(f"{SITE}/plans").json()
    at = clock()
    clock.pass_by(10 * MINUTE)
    client.post(f"{SITE}/telemetry", json=reading(clock(), stored_kwh=850.0))
    client.put(SITE, json=living_document(**{"ups.0.protected_load_kw": 4700}))
    client.post(f"{SITE}/plans")
    client.post(f"{SITE}/hold")
    then = client.get(f"{SITE}/at/{at.isoformat().replace('+', '%2B')}", params={"replay": True})
    assert then.status_code == 200, then.text
    found = then.json()
    assert found["known"]["site_version"] == 1
    assert found["known"]["telemetry"]["ups"]["pod-1"]["stored_kwh"] == 900.0
    assert found["known"]["held"] is None
    assert found["plan"]["id"] == planned["plan_id"]
    assert found["setpoints"]["mode"] == "plan"
    assert found["inputs"]["sha256"] == planned["inputs"]["sha256"]
    assert found["replay"]["same"] is True
    assert found["binding"].endswith(".")
    before = client.get(f"{SITE}/at/{(at - 60 * MINUTE).isoformat().replace('+', '%2B')}")
    assert before.status_code == 404, "there was no site then"
    future = client.get(f"{SITE}/at/{(clock() + MINUTE).isoformat().replace('+', '%2B')}")
    assert future.json()["errors"][0]["field"] == "time"


PATHS = (
    ("GET", "telemetry"),
    ("GET", "plans"),
    ("GET", "plans/current"),
    ("GET", "plans/plan-1"),
    ("POST", "plans"),
    ("POST", "plans/plan-1/cancel"),
    ("GET", "setpoints/now"),
    ("POST", "hold"),
    ("POST", "release"),
    ("GET", "alarms"),
    ("POST", "alarms/1/acknowledge"),
    ("GET", "journal"),
    ("GET", "bills?from=2026-07-01&to=2026-07-01"),
    ("GET", "at/2026-07-14T12:00:00Z"),
    ("GET", "webhooks"),
    ("DELETE", "webhooks/1"),
    ("GET", "webhooks/1/messages"),
)


def test_no_id_of_a_site_confuses_a_database(database: Database, clock: Clock) -> None:
    client = living_service(database, clock)
    for site_id in ("a%00b", "%F0%9F%94%8B", "%ED%A0%80", "x" * 300, "..%2F..", "%27%20OR%201=1--"):
        for path in ("setpoints/now", "journal", "plans/current"):
            assert client.get(f"/v1/sites/{site_id}/{path}").status_code == 404, site_id


def test_nothing_is_known_of_a_site_that_is_not_there(client: Client) -> None:
    for method, path in PATHS:
        answer = client.request(method, f"/v1/sites/nowhere/{path}")
        assert (answer.status_code, answer.json()["detail"]) == (404, "no site 'nowhere'"), path


def test_text_that_databases_or_screens_cannot_take_is_refused(client: Client) -> None:
    for why in ("a\x00b", "\x1b[2J", "", "x" * 501):
        assert client.post(f"{SITE}/hold", json={"why": why}).status_code == 422
    assert client.post(f"{SITE}/plans", headers={"Idempotency-Key": "k" * 201}).status_code == 422
    assert client.get(f"{SITE}/journal", params={"before": 2**70}).status_code == 422
    assert client.get(f"{SITE}/plans/plan-99999999999999999").status_code == 404
    assert client.get(f"{SITE}/plans/x").status_code == 404


def bill(client: Client, **asked: str) -> Any:  # noqa: ANN401
    return client.get(f"{SITE}/bills", params={"from": "2026-07-01", "to": "2026-07-01", **asked})


def test_a_site_is_billed_by_its_loads_its_telemetry_or_a_series(client: Client, clock: Clock) -> None:
    """The same meter, known in three ways, has one bill."""
    at_rest_kw = 900 + 4300 / 0.95 / 0.97
    by_loads = bill(client)
    assert by_loads.status_code == 200, by_loads.text
    assert by_loads.json()["periods"][0]["lines"]
    midnight = clock().replace(month=7, day=1, hour=4)
    missing = bill(client, meter="telemetry")
    assert missing.json()["errors"][0]["value"].startswith("no reading in 24 intervals, the first at 2026-07-01T00:00")
    for quarter in range(24 * 4):
        at = midnight + quarter * 15 * MINUTE
        swing_kw = 40 * (quarter % 4) - 60
        client.post(f"{SITE}/telemetry", json=reading(at, grid_kw=at_rest_kw + swing_kw))
    series = {"start": midnight.isoformat(), "interval_minutes": 60, "values": [at_rest_kw] * 24}
    client.post(f"{SITE}/series/meter", json=series)
    for meter in ("telemetry", "meter"):
        assert bill(client, meter=meter).json()["total"] == by_loads.json()["total"]
    assert bill(client, meter="nothing").json()["errors"][0]["field"] == "meter"
    assert bill(client, to="2026-06-30").json()["errors"][0]["field"] == "to"
    assert bill(client, to="noon").status_code == 422
    assert bill(client, meter="a\x00").status_code == 422
    assert bill(client, **{"from": "0001-01-01", "to": "9999-12-31"}).json()["errors"][0]["field"] == "from"
