"""What the pages of a site say, asked without a browser."""

import re
from datetime import timedelta

import pytest
from fastapi import FastAPI
from living_sites import SITE, reading
from stored_sites import Client, Clock, keeping_service

from ridethrough.api.http.access.roles import OPEN
from ridethrough.api.http.dashboard.page_routes import page_router
from ridethrough.store.database import Database

PAGES = "/sites/pod"


def text_of(client: Client, path: str = "") -> str:
    """The words of a page."""
    answer = client.get(f"{PAGES}{path}")
    assert answer.status_code == 200, answer.text
    return " ".join(re.sub(r"<[^>]*>", " ", answer.text.partition("<main")[2].partition("</main>")[0]).split())


def test_a_system_below_its_reserve_is_red_everywhere(client: Client, clock: Clock) -> None:
    assert client.post(f"{SITE}/telemetry", json=reading(clock.now, stored_kwh=500.0)).is_success
    assert "pod-1 is below its reserve." in text_of(client)
    assert '<p class="figure-large is-bad">' in client.get(PAGES).text
    fleet = client.get(f"{PAGES}/fleet").text
    assert '<tr class="bad">' in fleet
    assert "below reserve" in fleet
    assert client.post(f"{SITE}/telemetry", json=reading(clock.pass_by(timedelta(hours=2)))).is_success
    assert '<tr class="bad">' not in client.get(f"{PAGES}/fleet").text
    assert "below its reserve" not in text_of(client)


def test_what_is_not_known_is_never_shown_as_a_figure(client: Client, clock: Clock) -> None:
    assert "unknown" in text_of(client)
    assert client.post(f"{SITE}/telemetry", json=reading(clock.now)).is_success
    assert "unknown" not in text_of(client)
    clock.pass_by(timedelta(seconds=901))
    words = text_of(client)
    assert "Stale: nothing on this page is of now." in words
    assert "unknown" in words
    assert '<tr class="bad">' in client.get(f"{PAGES}/fleet").text


def test_an_alarm_is_acknowledged_once_and_in_the_journal(client: Client, clock: Clock) -> None:
    assert client.post(f"{SITE}/telemetry", json=reading(clock.now, stored_kwh=500.0)).is_success
    (alarm,) = client.get(f"{SITE}/alarms").json()["alarms"]
    form = {"origin": "http://ridethrough", "content-type": "application/x-www-form-urlencoded"}
    assert "Acknowledge" in text_of(client)
    answer = client.post(f"{PAGES}/alarms/{alarm['id']}", headers=form, content="")
    assert (answer.status_code, answer.headers["location"]) == (303, PAGES)
    assert "seen by local" in text_of(client)
    assert "alarm acknowledged" in text_of(client, "/log")
    assert client.post(f"{PAGES}/alarms/{alarm['id'] + 1}", headers=form, content="").status_code == 404


@pytest.mark.parametrize("why", ["", "  ", "x" * 501, "a\x00b"])
def test_a_hold_without_a_reason_that_can_be_read_is_refused(client: Client, why: str) -> None:
    asked = client.post(f"{PAGES}/hold", headers={"origin": "http://ridethrough"}, data={"why": why})
    assert asked.status_code == 422
    assert client.get(f"{SITE}/journal").json()["entries"][0]["what"] != "held"


def test_the_time_machine_shows_the_past_and_refuses_the_future(client: Client, clock: Clock) -> None:
    assert client.post(f"{SITE}/telemetry", json=reading(clock.now)).is_success
    clock.pass_by(timedelta(minutes=5))
    assert "Every battery holds, because no plan has been made." in text_of(client, "/log?at=2026-07-14T08:01")
    assert "ask for a minute that is over" in text_of(client, "/log?at=2026-07-14T23:00")
    assert "is no time" in text_of(client, "/log?at=soon")


def test_a_page_that_fails_says_so_and_nothing_more() -> None:
    app, router = FastAPI(), page_router()

    def broken() -> None:
        raise RuntimeError("the secret of the log")

    router.get("/broken", dependencies=[OPEN])(broken)
    app.include_router(router)
    answer = Client(app).get("/broken")
    assert answer.status_code == 500
    assert "The service failed" in answer.text
    assert "the secret of the log" not in answer.text
    assert 'href="/broken"' in answer.text


def test_a_service_without_a_site_leads_to_the_first(sqlite_database: Database, clock: Clock) -> None:
    empty = keeping_service(sqlite_database, clock)
    start = empty.get("/")
    assert "No site yet" in start.text
    assert 'href="/set-up"' in start.text
    gone = empty.get("/sites/nowhere/plan")
    assert gone.status_code == 404
    assert "There is no such site" in gone.text


def test_a_plan_that_is_not_there_is_not_found(client: Client) -> None:
    assert client.get(f"{PAGES}/plan?plan=plan-9").status_code == 404
    assert "No plan has been made" in text_of(client, "/plan")


def test_a_kept_picture_shows_what_time_it_is_and_what_happened_since(client: Client, clock: Clock) -> None:
    assert client.post(f"{SITE}/telemetry", json=reading(clock.now)).is_success
    assert client.post(f"{SITE}/plans", json={"why": "to look at"}).is_success
    clock.pass_by(timedelta(minutes=61))

    def marks() -> list[str]:
        return re.findall(r'<line class="mark" x1="([\d.]+)%"', client.get(f"{PAGES}/plan").text)

    first = marks()
    assert marks() == first
    clock.pass_by(timedelta(hours=2))
    later = marks()
    assert len(later) == len(first) > 0
    assert float(later[0]) > float(first[0])
    assert "6,666" not in client.get(f"{PAGES}/plan").text
    assert client.post(f"{SITE}/telemetry", json=reading(clock.now) | {"grid_kw": 6666.0}).is_success
    assert "6,666" in client.get(f"{PAGES}/plan").text
