"""Keys over HTTP: who may make, see and revoke which, and what is kept of it."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from asking import ask
from dashboard_history import campus
from fastapi import FastAPI
from stored_sites import NOW, Clock

from ridethrough.api.http.access.bearer import BearerAccess
from ridethrough.api.http.access.role import Role
from ridethrough.api.http.access.roles import Caller
from ridethrough.api.http.access.store_keys import StoreKeys, first_key
from ridethrough.api.http.server import create_app
from ridethrough.store.database import Database
from ridethrough.store.operating import journal
from ridethrough.store.sites import delete_site

KEYS = "/v1/keys"


class Service:
    """A service with keys, asked by one of them; it begins with an administrator's of all sites."""

    def __init__(self, store: Database) -> None:
        self.clock = Clock()
        self.app: FastAPI = create_app(access=BearerAccess([StoreKeys(store)]), store=store)
        self.app.state.clock = self.clock
        self.admin = first_key(store, NOW) or ""

    def ask(self, key: str, method: str, path: str = KEYS, **request: Any) -> httpx.Response:  # noqa: ANN401
        return ask(self.app, method, path, headers={"authorization": f"Bearer {key}"}, **request)

    def make(self, by: str, **asked: str | None) -> dict[str, Any]:
        self.clock.pass_by(timedelta(microseconds=1))
        answer = self.ask(by, "POST", json=asked)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    def listed(self, by: str) -> list[str]:
        return [each["id"] for each in self.ask(by, "GET").json()["keys"]]


@pytest.fixture
def service(sqlite_database: Database) -> Service:
    return Service(sqlite_database)


def test_a_key_is_shown_once_and_opens_what_it_is_for(service: Service) -> None:
    made = service.make(service.admin, role="operator", site_id="pod-1")
    secret = made["key"].removeprefix(made["prefix"])
    assert len(secret) == 43
    assert service.ask(made["key"], "GET", "/v1/sites").status_code == 200
    assert service.ask(made["key"], "GET", "/v1/sites/pod-2").json()["detail"] == "no site 'pod-2'"
    assert service.ask(made["key"], "GET").status_code == 403
    for path in (KEYS, f"{KEYS}/{made['id']}", "/v1/journal", "/v1/sites/pod-1/journal"):
        assert secret not in service.ask(service.admin, "GET", path).text
    shown = service.ask(service.admin, "GET", f"{KEYS}/{made['id']}").json()
    assert (shown["role"], shown["site_id"], shown["expires_at"]) == ("operator", "pod-1", None)
    assert shown["created_at"] == shown["last_used_at"] == NOW.isoformat()


def test_a_key_that_is_revoked_or_has_run_out_opens_nothing(service: Service) -> None:
    ends = NOW + timedelta(hours=1)
    lasting = service.make(service.admin, role="viewer")
    ending = service.make(service.admin, role="viewer", expires_at=ends.isoformat())
    assert service.ask(ending["key"], "GET", "/v1/sites").status_code == 200
    service.clock.now = ends
    assert service.ask(ending["key"], "GET", "/v1/sites").status_code == 401
    assert service.ask(service.admin, "DELETE", f"{KEYS}/{lasting['id']}").json() == {"revoked": [lasting["id"]]}
    assert service.ask(lasting["key"], "GET", "/v1/sites").status_code == 401
    assert service.ask(service.admin, "DELETE", f"{KEYS}/{lasting['id']}").status_code == 404
    shown = {each["id"]: each for each in service.ask(service.admin, "GET").json()["keys"]}
    assert shown[lasting["id"]]["revoked_at"] == ends.isoformat()
    assert shown[ending["id"]]["expires_at"] == ends.isoformat()


def test_a_key_that_runs_out_makes_none_that_lasts_longer(service: Service) -> None:
    ends, later = NOW + timedelta(hours=1), NOW + timedelta(hours=2)
    ending = service.make(service.admin, role="admin", site_id="pod-1", expires_at=ends.isoformat())
    asked: dict[str, str | None] = {"role": "viewer", "site_id": "pod-1"}
    for expires_at in (None, later.isoformat()):
        refused = service.ask(ending["key"], "POST", json={**asked, "expires_at": expires_at})
        assert refused.status_code == 422
        assert ends.isoformat() in refused.text
    made = service.make(ending["key"], **asked, expires_at=ends.isoformat())
    assert made["expires_at"] == ends.isoformat()
    assert service.make(service.admin, **asked, expires_at=None)["expires_at"] is None


def test_an_administrator_of_a_site_manages_its_keys_and_knows_of_no_others(service: Service) -> None:
    ours = service.make(service.admin, role="admin", site_id="pod-1")
    theirs = service.make(service.admin, role="admin", site_id="pod-2")
    for asked in ({"role": "viewer"}, {"role": "viewer", "site_id": "pod-2"}):
        refused = service.ask(ours["key"], "POST", json=asked)
        assert refused.status_code == 403
        assert "pod-1" in refused.json()["detail"]
    made = service.make(ours["key"], role="viewer", site_id="pod-1")
    assert service.listed(ours["key"]) == [ours["id"], made["id"]]
    everyones = service.admin.split("_")[1]
    nobodys = "0" * 12
    for key_id in (theirs["id"], everyones, nobodys):
        for method in ("GET", "DELETE"):
            answer = service.ask(ours["key"], method, f"{KEYS}/{key_id}")
            assert answer.json()["detail"] == f"no key {key_id}"
            assert answer.status_code == 404
    assert service.ask(ours["key"], "GET", "/v1/journal").status_code == 403
    assert service.ask(ours["key"], "DELETE", f"{KEYS}/{made['id']}").json() == {"revoked": [made["id"]]}
    assert service.ask(theirs["key"], "GET").status_code == 200


def test_who_may_ask_about_some_sites_gives_keys_for_each_of_them(sqlite_database: Database) -> None:
    class SomeSites:
        async def caller_of(self, request: Any) -> Caller:  # noqa: ANN401, ARG002
            return Caller(name="oidc:ann", role=Role.ADMIN, sites=frozenset({"pod-1", "pod-2"}))

    app = create_app(access=SomeSites(), store=sqlite_database)
    statuses = [ask(app, "POST", KEYS, json={"role": "viewer", "site_id": f"pod-{n}"}).status_code for n in (1, 2, 3)]
    assert statuses == [201, 201, 403]
    assert ask(app, "POST", KEYS, json={"role": "viewer"}).status_code == 403


def test_the_journal_says_who_made_and_revoked_which_key(service: Service) -> None:
    by = f"key:{service.admin.split('_')[1]}"
    everyones = service.make(service.admin, role="viewer")
    sites = service.make(service.admin, role="viewer", site_id="pod-1")
    for made in (everyones, sites):
        service.ask(service.admin, "DELETE", f"{KEYS}/{made['id']}")
    kept = service.ask(service.admin, "GET", "/v1/journal").json()["entries"]
    told = [(each["who"], each["what"], each["detail"]["id"]) for each in kept]
    first = ("first start", "key_created", service.admin.split("_")[1])
    assert told == [(by, "key_revoked", everyones["id"]), (by, "key_created", everyones["id"]), first]
    with service.app.state.store.reading() as connection:
        rows = connection.exec_driver_sql("SELECT what, who FROM journal WHERE site_id = 'pod-1' ORDER BY id").all()
    assert [tuple(row) for row in rows] == [("key_created", by), ("key_revoked", by)]


def site(service: Service, by: str, method: str, site_id: str = "pod-1") -> int:
    service.clock.pass_by(timedelta(microseconds=1))
    document = {**campus(), "id": site_id} if method == "PUT" else None
    return service.ask(by, method, f"/v1/sites/{site_id}", json=document).status_code


def test_a_key_of_a_site_that_was_deleted_does_not_open_a_new_one_of_its_id(service: Service) -> None:
    early = service.make(service.admin, role="viewer", site_id="pod-1")
    unborn = service.make(service.admin, role="viewer", site_id="pod-9")
    everyones = service.make(service.admin, role="viewer")
    assert site(service, service.admin, "PUT") == 201
    assert site(service, early["key"], "GET") == 200
    own = service.make(service.admin, role="admin", site_id="pod-1")
    assert site(service, own["key"], "DELETE") == 204
    between = service.make(service.admin, role="viewer", site_id="pod-1")
    assert site(service, service.admin, "PUT") == 201
    after = {name: site(service, key["key"], "GET") for name, key in (("early", early), ("own", own), ("new", between))}
    assert after == {"early": 401, "own": 401, "new": 200}
    assert [site(service, key["key"], "GET") for key in (everyones, unborn)] == [200, 404]
    assert site(service, service.admin, "PUT", "pod-9") == 201
    assert site(service, unborn["key"], "GET", "pod-9") == 200
    told = service.ask(service.admin, "GET", "/v1/journal").json()["entries"]
    ended = {each["detail"]["id"]: each for each in told if each["what"] == "key_revoked"}
    assert set(ended) == {early["id"], own["id"]}
    assert {(each["who"], each["detail"]["why"]) for each in ended.values()} == {
        (f"key:{own['id']}", "the site pod-1 was deleted")
    }
    told = service.ask(service.admin, "GET", "/v1/sites/pod-1/journal").json()["entries"]
    (deleted,) = [each["detail"] for each in told if each["what"] == "site_deleted"]
    assert deleted == {"keys_revoked": [early["id"], own["id"]]}


def test_a_key_that_a_version_before_left_valid_does_not_open_a_new_site(service: Service) -> None:
    assert site(service, service.admin, "PUT") == 201
    before = service.make(service.admin, role="viewer", site_id="pod-1")
    service.clock.pass_by(timedelta(microseconds=1))
    with service.app.state.store.writing() as connection:
        delete_site(connection, "pod-1", now=service.clock.now, by="a version before")
    between = service.make(service.admin, role="viewer", site_id="pod-1")
    assert site(service, service.admin, "PUT") == 201
    assert [site(service, key["key"], "GET") for key in (before, between)] == [401, 200]


def test_a_key_that_is_revoked_takes_those_that_come_from_it_with_it(service: Service) -> None:
    first = service.make(service.admin, role="admin", site_id="pod-1")
    second = service.make(first["key"], role="admin", site_id="pod-1")
    third = service.make(second["key"], role="viewer", site_id="pod-1")
    other = service.make(service.admin, role="viewer", site_id="pod-1")
    assert (first["made_by"], second["made_by"]) == (f"key:{service.admin.split('_')[1]}", f"key:{first['id']}")
    answer = service.ask(service.admin, "DELETE", f"{KEYS}/{first['id']}")
    assert answer.json() == {"revoked": [first["id"], second["id"], third["id"]]}
    opens = [service.ask(each["key"], "GET", "/v1/sites").status_code for each in (first, second, third, other)]
    assert opens == [401, 401, 401, 200]
    with service.app.state.store.reading() as connection:
        told = [each.detail for each in journal.entries(connection, "pod-1") if each.what == "key_revoked"]
    assert {each["id"]: each.get("why") for each in told} == {
        first["id"]: None,
        second["id"]: f"the key {first['id']} was revoked, and this one comes from it",
        third["id"]: f"the key {first['id']} was revoked, and this one comes from it",
    }


def test_a_key_that_is_replaced_leaves_those_that_it_made_when_that_is_asked_for(service: Service) -> None:
    old = service.make(service.admin, role="admin")
    new = service.make(old["key"], role="admin")
    answer = service.ask(new["key"], "DELETE", f"{KEYS}/{old['id']}", params={"keep_made": True})
    assert answer.json() == {"revoked": [old["id"]]}
    assert service.ask(new["key"], "GET").status_code == 200
    assert service.ask(service.admin, "DELETE", f"{KEYS}/{service.admin.split('_')[1]}").json() == {
        "revoked": [service.admin.split("_")[1], new["id"]]
    }


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "role"),
        ({"role": "root"}, "role"),
        ({"role": "viewer", "site_id": ""}, "site_id"),
        ({"role": "viewer", "site_id": "a/b"}, "site_id"),
        ({"role": "viewer", "site": "pod-1"}, "site"),
        ({"role": "viewer", "expires_at": NOW.isoformat()}, "expires_at"),
        ({"role": "viewer", "expires_at": "2027-01-01T00:00:00"}, "expires_at"),
        ({"role": "viewer", "expires_at": "9999-12-31T23:59:59-14:00"}, "expires_at"),
        ({"role": "viewer", "expires_at": "0001-01-01T00:00:00+14:00"}, "expires_at"),
    ],
)
def test_what_a_key_cannot_be_for_is_refused(service: Service, asked: dict[str, str], field: str) -> None:
    refused = service.ask(service.admin, "POST", json=asked)
    assert refused.status_code == 422
    assert [each["field"] for each in refused.json()["errors"]] == [field]
    assert len(service.listed(service.admin)) == 1
