"""The form of a site: it shows what is stored, and never writes over what its writer has not seen."""

import html
import json
import re
from datetime import timedelta
from typing import Any

import pytest
import yaml
from asking import ask
from living_sites import SITE, living_document, reading
from stored_sites import NOW, Client, Clock

from ridethrough.api.http.access.bearer import BearerAccess
from ridethrough.api.http.access.store_keys import StoreKeys
from ridethrough.api.http.server import create_app
from ridethrough.store.database import Database
from ridethrough.store.keys import create_key

FORM = "/sites/pod/set-up/document"
ORIGIN = {"origin": "http://ridethrough"}


def fields_of(page: str) -> dict[str, str]:
    """What a browser would send of the form of a site."""
    form = page.partition('<input type="hidden" name="base"')[2]
    fields = {"base": html.unescape(re.search(r'value="([^"]*)"', form)[1])}  # type: ignore[index]
    for tag in re.findall(r"<input [^>]*>", form):
        name, value = (re.search(rf' {each}="([^"]*)"', tag) for each in ("name", "value"))
        fields[name[1]] = html.unescape(value[1])  # type: ignore[index]
    chosen = re.search(r'<option(?: value="([^"]*)")? selected>([^<]*)<', form)
    assert chosen is not None
    return {**fields, "tariff": html.unescape(chosen[2] if chosen[1] is None else chosen[1])}


def words_of(page: str) -> str:
    return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", page)).split())


def stored(client: Client) -> dict[str, Any]:
    document: dict[str, Any] = client.get(SITE).json()
    return document


def test_a_stored_site_is_opened_and_saved_with_one_change(client: Client) -> None:
    before = stored(client)
    fields = fields_of(client.get(FORM).text)
    saved = client.post(FORM, headers=ORIGIN, data={**fields, "interconnection.import_limit_kw": "5999"})
    assert (saved.status_code, saved.headers["location"]) == (303, "/sites/pod/set-up")
    limits = {**before["interconnection"], "import_limit_kw": 5999}
    assert stored(client) == {**before, "interconnection": limits}
    assert client.post(FORM, headers=ORIGIN, data=fields_of(client.get(FORM).text)).status_code == 303
    assert client.get(f"{SITE}/versions").json()["versions"][-1]["version"] == 2


def test_who_saves_last_sees_what_changed_and_loses_nothing(client: Client) -> None:
    fields, before = fields_of(client.get(FORM).text), stored(client)
    theirs = {**before, "name": "Their name", "interconnection": {**before["interconnection"], "import_limit_kw": 7000}}
    assert client.put(SITE, json=theirs).is_success
    mine = {**fields, "name": "My name", "ups.0.reserve.ride_through_s": "310"}
    refused = client.post(FORM, headers=ORIGIN, data=mine)
    assert refused.status_code == 409
    assert stored(client) == theirs
    words = words_of(refused.text)
    assert "local changed this site while you were at it." in words
    assert f"interconnection.import_limit_kw {before['interconnection']['import_limit_kw']} 7000 as it is now" in words
    assert "Their name My name , in the form instead" in words
    assert client.post(FORM, headers=ORIGIN, data=fields_of(refused.text)).status_code == 303
    after = stored(client)
    assert (after["name"], after["interconnection"]["import_limit_kw"]) == ("My name", 7000)
    assert after["ups"][0]["reserve"]["ride_through_s"] == 310


def test_faults_stand_beside_their_fields_and_nothing_is_saved(client: Client) -> None:
    before = stored(client)
    wrong = {"timezone": "Mars/Olympus", "ups.0.units": "none", "ups.0.battery.nominal_kwh": "-5"}
    refused = client.post(FORM, headers=ORIGIN, data={**fields_of(client.get(FORM).text), **wrong})
    assert refused.status_code == 422
    assert all(f'id="{name}-fault"' in refused.text for name in wrong)
    assert refused.text.count('aria-invalid="true"') == len(wrong)
    assert stored(client) == before


def test_a_dropped_site_file_shows_what_was_understood_and_opens_in_the_form(client: Client) -> None:
    document = {
        **stored(client),
        "id": "pod-9",
        "name": "Pod 9",
        "prices": {"csv": "prices.csv", "adder_per_kwh": 0.011},
    }
    shown = client.post("/set-up/file?file=site.yaml", headers=ORIGIN, content=yaml.safe_dump(document))
    assert shown.status_code == 200
    words = words_of(shown.text)
    assert "pod-9, Pod 9" in words
    assert "prices" in words
    carried = html.unescape(re.search(r'name="base" value="([^"]*)"', shown.text)[1])  # type: ignore[index]
    assert json.loads(carried) == document
    form = client.post("/set-up", headers=ORIGIN, data={"base": carried, "do": "open"})
    assert client.post("/set-up", headers=ORIGIN, data=fields_of(form.text)).status_code == 303
    assert client.get("/v1/sites/pod-9").json() == document


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("site.yaml", b"id: [a", "must be YAML"),
        ("site.yaml", b"\xff\xfe", "must be"),
        ("site.json", b"[1]", "must be"),
        ("site.yaml", b"id: x\nups: 5\ntimezone: Mars/Olympus\n", "timezone is 'Mars/Olympus'"),
    ],
)
def test_a_dropped_file_that_is_no_site_says_why(client: Client, file: str, content: bytes, message: str) -> None:
    answer = client.post(f"/set-up/file?file={file}", headers=ORIGIN, content=content)
    assert message in words_of(answer.text)
    assert 'role="alert"' in answer.text


def test_a_site_is_ready_only_while_its_readings_and_its_telemetry_are_fresh(client: Client, clock: Clock) -> None:
    assert client.put(SITE, json=living_document(**{"ups.0.load": {"series": "load"}})).is_success
    assert "Not ready" in words_of(client.get("/sites/pod/set-up").text)
    minutes = int(stored(client)["interval_minutes"])
    values = [4300.0] * (48 * 60 // minutes)
    readings = {"start": (clock.now - timedelta(hours=48)).isoformat(), "interval_minutes": minutes, "values": values}
    assert client.post(f"{SITE}/series/load", json=readings).is_success
    assert "Plans can be made, and hold" in words_of(client.get("/sites/pod/set-up").text)
    assert client.post(f"{SITE}/telemetry", json=reading(clock.now)).is_success
    assert "Ready Readings and telemetry are fresh" in words_of(client.get("/sites/pod/set-up").text)
    clock.pass_by(timedelta(seconds=1000))
    assert "1,000 s old" in words_of(client.get("/sites/pod/set-up").text)
    clock.pass_by(timedelta(days=9))
    words = words_of(client.get("/sites/pod/set-up").text)
    assert "Not ready: no plan can be made yet." in words
    assert "at least 3 whole hours that end within 8 days" in words


def test_systems_are_added_and_removed_before_anything_is_saved(client: Client) -> None:
    before = stored(client)
    more = client.post(FORM, headers=ORIGIN, data={**fields_of(client.get(FORM).text), "do": "add"})
    assert 'name="ups.1.units"' in more.text
    fewer = client.post(FORM, headers=ORIGIN, data={**fields_of(more.text), "do": "remove-1"})
    assert 'name="ups.1.units"' not in fewer.text
    assert stored(client) == before


@pytest.mark.parametrize("site_id", ["ours", "others", "theirs"])
def test_an_administrator_of_one_site_makes_no_other_and_learns_of_none(
    sqlite_database: Database, site_id: str
) -> None:
    """Whether there is a site of another tenant is not told: its id is refused as any other is."""
    app = create_app(access=BearerAccess([StoreKeys(sqlite_database)]), store=sqlite_database)
    with sqlite_database.writing() as connection:
        all_sites = create_key(connection, role="admin", site_id=None, now=NOW)[1]
        ours = create_key(connection, role="admin", site_id="ours", now=NOW)[1]
    asked = {"authorization": f"Bearer {all_sites}"}
    theirs = living_document(id="theirs")
    assert ask(app, "PUT", "/v1/sites/theirs", json=theirs, headers=asked).status_code == 201
    page = ask(app, "GET", "/set-up", headers={"authorization": f"Bearer {ours}"})
    answer = ask(
        app,
        "POST",
        "/set-up",
        headers={"authorization": f"Bearer {ours}", "origin": "http://localhost"},
        data={**fields_of(page.text), "id": site_id},
    )
    known = ask(app, "GET", f"/v1/sites/{site_id}", headers=asked).json()
    if site_id == "ours":
        assert answer.status_code == 303
        assert known["id"] == "ours"
    else:
        assert answer.status_code == 422
        assert "ours" in words_of(answer.text)
        assert "no site has yet" not in answer.text
        assert known.get("id") == ("theirs" if site_id == "theirs" else None)
