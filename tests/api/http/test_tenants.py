"""Every route of a site, asked with the key of another tenant: it answers as if there were no such site.

The table of all routes and their answers is printed: `pytest -rP tests/api/http/test_tenants.py`.
"""

import sys

import pytest
from asking import ask
from stored_sites import NOW, day_of, stored_document

from ridethrough.api.http.access.bearer import BearerAccess
from ridethrough.api.http.access.role import Role
from ridethrough.api.http.access.store_keys import StoreKeys
from ridethrough.api.http.server import create_app
from ridethrough.store.database import Database
from ridethrough.store.keys import create_key

_THEIRS, _NONE = "theirs", "nobody"


def routes_of_sites() -> list[tuple[str, str]]:
    """Every method and path under a site that the OpenAPI document has."""
    paths = create_app().openapi()["paths"]
    return [(method.upper(), path) for path in paths if "{site_id}" in path for method in paths[path]]


ROUTES = routes_of_sites()


class _Service:
    """A service with a site of another tenant, and the keys of this one."""

    def __init__(self, store: Database) -> None:
        self.app = create_app(access=BearerAccess([StoreKeys(store)]), store=store)
        self.app.state.clock = lambda: NOW
        with store.writing() as connection:
            self.keys = {role: create_key(connection, role=role.value, site_id="ours", now=NOW)[1] for role in Role}
            admin = create_key(connection, role="admin", site_id=None, now=NOW)[1]
        asked = {"authorization": f"Bearer {admin}"}
        site = f"/v1/sites/{_THEIRS}"
        document = stored_document(id=_THEIRS)
        assert ask(self.app, "PUT", site, json=document, headers=asked).status_code == 201
        assert ask(self.app, "POST", f"{site}/series/load", json=day_of(4300), headers=asked).is_success

    def answer(self, role: Role, method: str, path: str, site_id: str) -> tuple[int, str]:
        """Status and body of an answer, with the site's name left out."""
        concrete = path.replace("{site_id}", site_id)
        for part in concrete.split("/"):
            if part.startswith("{"):
                concrete = concrete.replace(part, "load" if part == "{name}" else "1")
        headers = {"authorization": f"Bearer {self.keys[role]}", "content-type": "application/json"}
        content = b"{}" if method in {"POST", "PUT"} else None
        answer = ask(self.app, method, concrete, headers=headers, content=content)
        return answer.status_code, answer.text.replace(site_id, "SITE")


def test_another_tenant_learns_nothing_from_any_route(sqlite_database: Database) -> None:
    service = _Service(sqlite_database)
    table = []
    for method, path in ROUTES:
        answers = {role: service.answer(role, method, path, _THEIRS) for role in Role}
        as_if_there_were_none = {role: service.answer(role, method, path, _NONE) for role in Role}
        assert answers == as_if_there_were_none, f"{method} {path} tells whether there is such a site"
        table.append((method, path, *(answers[role][0] for role in Role)))
    lines = ["method  viewer  operator  admin  path"]
    lines += [
        f"{method:<6}  {viewer:<6}  {operator:<8}  {admin:<5}  {path}"
        for method, path, viewer, operator, admin in table
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    assert {status for row in table for status in row[2:]} <= {403, 404}


def test_the_list_of_sites_has_those_of_the_key(sqlite_database: Database) -> None:
    service = _Service(sqlite_database)
    for key in service.keys.values():
        listed = ask(service.app, "GET", "/v1/sites", headers={"authorization": f"Bearer {key}"})
        assert listed.json() == {"sites": []}


_DETOURS = (
    "/v1/sites/./theirs",
    "/v1/sites/ours/../theirs",
    "/v1/sites//theirs",
    "/v1/sites/ours%2F..%2Ftheirs",
    "/v1/sites/THEIRS",
    "/v1/sites/theirs%00",
    "/v1/sites/theirs/",
)


@pytest.mark.parametrize("path", _DETOURS)
def test_no_other_way_of_writing_a_path_leads_there(sqlite_database: Database, path: str) -> None:
    service = _Service(sqlite_database)
    answer = ask(service.app, "GET", path, headers={"authorization": f"Bearer {service.keys[Role.ADMIN]}"})
    assert answer.status_code in {403, 404, 307}
    assert "4300" not in answer.text
