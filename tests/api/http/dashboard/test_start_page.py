"""The start page: every site that a key is for, those first that need a person, and no site of another tenant."""

import re
from datetime import timedelta

import pytest
from fastapi import Request
from living_sites import living_document, living_service, reading
from stored_sites import Client, Clock

from ridethrough.api.http.access.role import Role
from ridethrough.api.http.access.roles import Caller
from ridethrough.api.pages.site import all_sites
from ridethrough.store.database import Database

NAMES = {"calm": "Calm hall", "short": "Short hall", "silent": "Silent hall", "theirs": "Their hall"}


class OfSites:
    """Takes every request for one from a caller of some sites."""

    def __init__(self, *sites: str) -> None:
        self._sites = frozenset(sites)

    async def caller_of(self, request: Request) -> Caller:  # noqa: ARG002 - all are the same
        return Caller(name="ann", role=Role.VIEWER, sites=self._sites)


class Everyone:
    """Takes every request for one of an administrator."""

    async def caller_of(self, request: Request) -> Caller:  # noqa: ARG002 - all are the same
        return Caller(name="eve", role=Role.ADMIN)


@pytest.fixture
def client(sqlite_database: Database, clock: Clock) -> Client:
    """Four sites: one that is well, one below its reserve, one that was never heard, and one of another tenant."""
    client = living_service(sqlite_database, clock)
    assert client.request("DELETE", "/v1/sites/pod").is_success
    for site_id, name in NAMES.items():
        document = living_document() | {"id": site_id, "name": name}
        assert client.put(f"/v1/sites/{site_id}", json=document).status_code == 201
        if site_id != "silent":
            stored_kwh = 500.0 if site_id == "short" else 900.0
            sent = client.post(f"/v1/sites/{site_id}/telemetry", json=reading(clock.now, stored_kwh=stored_kwh))
            assert sent.is_success, sent.text
    client.app.state.access = OfSites("calm", "short", "silent")
    return client


def rows_of(client: Client, path: str = "/") -> dict[str, str]:
    """The row of each site, in the order of the page."""
    table = client.get(path).text.partition("<tbody>")[2].partition("</tbody>")[0]
    rows = re.findall(r"<tr.*?</tr>", table, re.DOTALL)
    return {next(name for name in NAMES.values() if name in row): row for row in rows}


def test_sites_that_need_a_person_come_first_and_in_red(client: Client) -> None:
    rows = rows_of(client)
    assert list(rows) == ["Silent hall", "Short hall", "Calm hall"]
    assert [row.startswith('<tr class="bad">') for row in rows.values()] == [True, True, False]
    assert "never" in rows["Silent hall"]
    assert "unknown" in rows["Silent hall"]
    alarms = re.search(r'href="/sites/short#now-alarms">(\d+)<', rows["Short hall"])
    assert alarms
    assert int(alarms[1]) >= 1
    for path in ("", "/fleet", "/plan", "#now-alarms"):
        assert f'href="/sites/calm{path}"' in rows["Calm hall"]


def test_a_row_tells_the_plan_and_the_age_of_its_reading(client: Client, clock: Clock) -> None:
    assert "no plan has been made" in rows_of(client)["Calm hall"]
    client.app.state.access = Everyone()
    assert client.post("/v1/sites/calm/plans", json={"why": "to look at"}).is_success
    clock.pass_by(timedelta(seconds=70))
    row = rows_of(client)["Calm hall"]
    assert "plan-1, optimal" in row
    assert "1 min 10 s" in row
    clock.pass_by(timedelta(days=3))
    row = rows_of(client)["Calm hall"]
    assert "expired at" in row
    assert '<tr class="bad">' in row
    assert "unknown" in row


def test_a_site_of_another_tenant_is_nowhere_on_the_page(client: Client) -> None:
    for path in ("/", "/?after=short", "/?after=silent"):
        page = client.get(path).text
        assert "Their hall" not in page
        assert "theirs" not in page
    client.app.state.access = OfSites("theirs")
    assert client.get("/").headers["location"] == "/sites/theirs"
    client.app.state.access = OfSites("none of them")
    assert "No site yet" in client.get("/").text


def test_many_sites_take_several_pages(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ridethrough.api.http.dashboard.start_page.MOST_SITES", all_sites.MOST_SITES - 48)
    assert list(rows_of(client)) == ["Short hall", "Calm hall"]
    assert 'href="/?after=short"' in client.get("/").text
    assert list(rows_of(client, "/?after=short")) == ["Silent hall"]
    assert "The sites after these" not in client.get("/?after=short").text


def test_a_stream_of_another_version_loads_the_page_again(client: Client) -> None:
    answer = client.get("/events?v=another")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "event: reload" in answer.text
