from datetime import timedelta

import pytest
import yaml
from stored_sites import NOW, SITE, Client, Clock, day_of, keeping_service, stored_document

from ridethrough.api.http.access.roles import Caller, Role
from ridethrough.api.http.server import create_app
from ridethrough.store.database import Database


@pytest.fixture
def client(sqlite_database: Database, clock: Clock) -> Client:
    return keeping_service(sqlite_database, clock)


def test_a_site_whose_series_are_not_there_yet_is_kept_and_says_what_is_missing(client: Client) -> None:
    written = client.put(SITE, json=stored_document())
    assert (written.status_code, written.headers["etag"], written.headers["location"]) == (201, '"1"', SITE)
    answer = written.json()
    assert (answer["version"], answer["ready"], answer["recorded_by"]) == (1, False, "local")
    assert [(each["field"], each["series"]) for each in answer["missing"]] == [
        ("ups.pod-1.load.csv", "load.csv"),
        ("prices.series", "prices"),
    ]
    assert "series/load.csv" in answer["missing"][0]["detail"]


def test_a_site_is_ready_once_its_series_are_there(client: Client) -> None:
    client.put(SITE, json=stored_document())
    client.post(f"{SITE}/series/load", json=day_of(4300))
    client.post(f"{SITE}/series/prices", json=day_of(0.1))
    again = client.put(SITE, json=stored_document())
    assert (again.status_code, again.json()["ready"], again.json()["missing"]) == (200, True, [])


def test_a_document_comes_back_as_it_was_sent(client: Client) -> None:
    document = stored_document(name="Halle 1, Köln")
    client.put(SITE, json=document)
    found = client.get(SITE)
    assert (found.json(), found.headers["etag"]) == (document, '"1"')
    unchanged = client.get(SITE, headers={"If-None-Match": '"1"'})
    assert (unchanged.status_code, unchanged.content) == (304, b"")


def test_every_fault_of_a_document_is_listed_and_nothing_is_kept(client: Client) -> None:
    document = stored_document(
        **{
            "id": "other",
            "ups.0.units": 0,
            "prices.lowest_plausible_per_kwh": 5,
            "prices.highest_plausible_per_kwh": 1,
            "interval_minutes": "15",
        }
    )
    refused = client.put(SITE, json=document)
    assert refused.status_code == 422
    fields = {each["field"] for each in refused.json()["errors"]}
    assert fields >= {"id", "ups.pod-1.units", "interval_minutes"}
    assert not any("series" in each["detail"] for each in refused.json()["errors"])
    assert client.get(SITE).status_code == 404


def test_faults_that_only_whole_sites_have_are_listed_although_series_are_missing(client: Client) -> None:
    document = stored_document(**{"prices.lowest_plausible_per_kwh": 5, "prices.highest_plausible_per_kwh": 1})
    refused = client.put(SITE, json=document)
    assert {each["field"] for each in refused.json()["errors"]} == {"prices.highest_plausible_per_kwh"}


@pytest.mark.parametrize("name", ["data/load.csv", "../load.csv", "", "x" * 61, "a#b", "load\n"])
def test_a_series_whose_name_no_path_can_hold_is_refused(client: Client, name: str) -> None:
    refused = client.put(SITE, json=stored_document(**{"ups.0.load": {"csv": name}}))
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == ["ups.pod-1.load.csv"]


def test_a_stored_tariff_names_no_file(client: Client) -> None:
    refused = client.put(SITE, json=stored_document(tariff="/etc/passwd"))
    assert [each["field"] for each in refused.json()["errors"]] == ["tariff"]


def test_a_site_file_goes_up_as_it_is(client: Client) -> None:
    document = stored_document(**{"ups.0.battery.usable_fraction_by_c_rate": {1: 1.0, 4: 0.94}})
    sent = client.put(SITE, content=yaml.safe_dump(document), headers={"Content-Type": "application/yaml"})
    assert sent.status_code == 201, sent.json()
    assert client.get(SITE).json()["ups"][0]["battery"]["usable_fraction_by_c_rate"] == {"1": 1.0, "4": 0.94}
    for wrong in ("a: [", "- 1", "a: .nan", "a: 1\na: 2"):
        assert client.put(SITE, content=wrong, headers={"Content-Type": "text/yaml"}).status_code == 422


def test_yaml_that_would_take_long_to_read_is_refused_at_once(client: Client) -> None:
    long = "name: " + "x" * 200_000
    assert client.put(SITE, content=long, headers={"Content-Type": "application/yaml"}).status_code == 413


def test_both_databases_keep_a_site_alike(database: Database) -> None:
    client = keeping_service(database)
    client.put(SITE, json=stored_document())
    client.post(f"{SITE}/series/load", json=day_of(4300))
    client.post(f"{SITE}/series/prices", json=day_of(0.1))
    again = client.put(SITE, json=stored_document(name="second"), headers={"If-Match": '"1"'})
    assert (again.status_code, again.json()["version"], again.json()["ready"]) == (200, 2, True)
    assert client.get(f"{SITE}/series/load").json()["readings"] == 24
    assert client.delete(SITE).status_code == 204
    assert client.get("/v1/sites").json() == {"sites": []}


def test_only_the_version_that_a_writer_has_seen_is_replaced(client: Client) -> None:
    client.put(SITE, json=stored_document())
    second = client.put(SITE, json=stored_document(name="second"), headers={"If-Match": '"1"'})
    assert (second.status_code, second.headers["etag"]) == (200, '"2"')
    late = client.put(SITE, json=stored_document(name="late"), headers={"If-Match": '"1"'})
    assert (late.status_code, late.headers["etag"]) == (412, '"2"')
    assert late.json()["detail"] == "the site pod is at version 2, and was expected at version 1"
    assert client.get(SITE).json()["name"] == "second"
    for wrong in ('"7"', "second", '""'):
        assert client.put(SITE, json=stored_document(), headers={"If-Match": wrong}).status_code == 412
    assert client.put(SITE, json=stored_document(), headers={"If-Match": '"7", "2"'}).status_code == 200


def test_a_site_can_be_made_only_where_none_is(client: Client) -> None:
    new = {"If-None-Match": "*"}
    assert client.put(SITE, json=stored_document(), headers={"If-Match": "*"}).status_code == 412
    assert client.put(SITE, json=stored_document(), headers=new).status_code == 201
    assert client.put(SITE, json=stored_document(name="x"), headers=new).status_code == 412
    assert client.put(SITE, json=stored_document(name="x"), headers={"If-Match": "*"}).status_code == 200


def test_the_same_document_again_is_no_new_version(client: Client) -> None:
    client.put(SITE, json=stored_document())
    assert client.put(SITE, json=stored_document()).headers["etag"] == '"1"'


def test_versions_stay_also_those_of_a_deleted_site(client: Client, clock: Clock) -> None:
    client.put(SITE, json=stored_document(name="first"))
    clock.pass_by(timedelta(hours=1))
    client.put(SITE, json=stored_document(name="second"))
    assert client.get(SITE, params={"version": 1}).json()["name"] == "first"
    assert client.get(SITE, params={"version": 3}).status_code == 404
    assert client.delete(SITE, headers={"If-Match": '"1"'}).status_code == 412
    assert client.delete(SITE).status_code == 204
    assert [client.get(SITE).status_code, client.delete(SITE).status_code] == [404, 404]
    assert client.get("/v1/sites").json() == {"sites": []}
    made = client.put(SITE, json=stored_document(name="third"))
    assert (made.status_code, made.headers["etag"]) == (201, '"4"')
    versions = client.get(f"{SITE}/versions").json()["versions"]
    assert [(each["version"], each["deleted"]) for each in versions] == [(1, False), (2, False), (3, True), (4, False)]
    assert versions[0]["recorded_at"] == NOW.isoformat()


def test_a_caller_sees_its_own_sites_only(client: Client) -> None:
    for site_id in ("a", "b"):
        assert client.put(f"/v1/sites/{site_id}", json=stored_document(id=site_id)).status_code == 201

    class OnlyB:
        async def caller_of(self, _: object) -> Caller:
            return Caller(name="b's", role=Role.VIEWER, sites=frozenset({"b"}))

    client.app.state.access = OnlyB()
    assert [each["site_id"] for each in client.get("/v1/sites").json()["sites"]] == ["b"]
    assert client.get("/v1/sites/a").status_code == 404
    assert client.put("/v1/sites/b", json=stored_document(id="b")).status_code == 403


@pytest.mark.parametrize("body", [b"", b"[]", b'{"id": NaN}', b'{"a": 1, "a": 2}', b"\xff", b"null", b"7"])
def test_a_body_that_is_no_document_is_refused(client: Client, body: bytes) -> None:
    assert client.put(SITE, content=body).status_code == 422


def test_an_id_that_is_no_word_is_refused(client: Client) -> None:
    assert client.put("/v1/sites/-x%20y", json=stored_document()).status_code == 422


def test_a_service_without_a_store_says_how_to_start_it_with_one() -> None:
    client = Client(create_app())
    for answer in (client.get("/v1/sites"), client.put(SITE, json={}), client.get(f"{SITE}/series/load")):
        assert answer.status_code == 503
        assert "ridethrough serve --data DIR" in answer.json()["detail"]


def test_every_change_of_a_site_and_its_series_stands_in_its_journal(client: Client) -> None:
    client.put(SITE, json=stored_document())
    client.put(SITE, json=stored_document())
    client.post(f"{SITE}/series/load", json=day_of(4300))
    client.delete(f"{SITE}/series/load")
    client.put(SITE, json=stored_document(name="Hall 1"))
    entries = client.get(f"{SITE}/journal").json()["entries"]
    told = [(each["what"], each["who"], each["at"]) for each in reversed(entries)]
    at = NOW.isoformat()
    changes = ("site_written", "series_added", "series_cleared", "site_written")
    assert told == [(change, "local", at) for change in changes]
    assert entries[0]["detail"]["version"] == 2
    assert entries[1]["detail"] == {"series": "load", "days": 2}
    (added,) = entries[2]["detail"]["series"]
    assert (added["series"], added["replaced"], added["unchanged"]) == ("load", 0, 0)
    client.delete(SITE)
    client.put(SITE, json=stored_document())
    whole = client.get(f"{SITE}/journal").json()["entries"]
    assert [each["what"] for each in whole[:2]] == ["site_written", "site_deleted"]
