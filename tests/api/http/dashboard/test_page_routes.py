"""What holds for every route of the pages: a new one is tested when it is added."""

from functools import cache
from itertools import product
from typing import Any

import pytest
from asking import ask
from fastapi import Depends, FastAPI
from fastapi.routing import APIRoute
from known_callers import NoKey, OneCaller
from stored_sites import NOW, stored_document

from ridethrough.api.http.access.limits import Limits
from ridethrough.api.http.access.role import Role
from ridethrough.api.http.access.roles import NeedsNoRole, NeedsRole
from ridethrough.api.http.answering.strict_requests import MOST_BYTES
from ridethrough.api.http.dashboard.page_routes import PAGE_HEADERS, PageRoute, page_router
from ridethrough.api.http.dashboard.pages import dashboard
from ridethrough.api.http.server import create_app
from ridethrough.api.metrics import REGISTRY
from ridethrough.store.database import Database

ROUTES = [(min(route.methods), route) for route in dashboard().routes if isinstance(route, APIRoute)]
IDS = [f"{method} {route.path}" for method, route in ROUTES]
OPEN = {"/static/{name}", "/favicon.ico", "/sign-in", "/sign-out", "/theme"}
_FORM = {"content-type": "application/x-www-form-urlencoded", "origin": "http://localhost"}
_NAMES = {"site_id": "theirs", "name": "ridethrough.css"}


@cache
def no_key() -> FastAPI:
    return create_app(access=NoKey())


@cache
def everyone() -> FastAPI:
    return create_app()


@cache
def nobody_at_all() -> FastAPI:
    return create_app(access=NoKey(), limits=Limits(requests_per_minute=0))


@cache
def known_as(role: Role) -> FastAPI:
    return create_app(access=OneCaller(role, "ours"))


def concrete(path: str) -> str:
    for part in path.split("/"):
        if part.startswith("{"):
            path = path.replace(part, _NAMES.get(part.strip("{}"), "1"))
    return path


def asked_of(app: FastAPI, method: str, path: str, **given: Any) -> Any:  # noqa: ANN401
    headers = given.pop("headers", _FORM if method == "POST" else {})
    content = given.pop("content", b"" if method == "POST" else None)
    return ask(app, method, concrete(path), headers=headers, content=content, **given)


def role_of(route: APIRoute) -> Role | None:
    return next((each.dependency.role for each in route.dependencies if isinstance(each.dependency, NeedsRole)), None)


def test_every_route_is_in_the_openapi_document_or_tested_here() -> None:
    described = {(method, path) for path, each in create_app().openapi()["paths"].items() for method in each}
    here = {(next(iter(route.methods)).lower(), route.path) for _, route in ROUTES}
    beside = {("get", "/openapi.json"), ("get", "/docs")}
    routes = [route for route in _flat(create_app().routes) if isinstance(route, APIRoute)]
    assert {(method.lower(), route.path) for route in routes for method in route.methods} <= described | here | beside
    assert all(isinstance(route, PageRoute) for _, route in ROUTES)


def _flat(routes: Any) -> list[Any]:  # noqa: ANN401 - FastAPI keeps included routers as routes
    found = []
    for route in routes:
        inner = getattr(getattr(route, "original_router", None), "routes", None)
        found += [route] if inner is None else _flat(inner)
    return found


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=IDS)
def test_a_page_asks_for_a_key_unless_it_is_open(method: str, route: APIRoute) -> None:
    answer = asked_of(no_key(), method, route.path)
    if route.path in OPEN:
        assert role_of(route) is None
        assert answer.status_code != 401 or route.path == "/sign-in"
        return
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert 'action="/sign-in"' in answer.text
    assert role_of(route) is not None


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=IDS)
def test_a_page_refuses_the_role_below_the_one_it_states(method: str, route: APIRoute) -> None:
    below = {Role.OPERATOR: Role.VIEWER, Role.ADMIN: Role.OPERATOR}.get(role_of(route) or Role.VIEWER)
    if below is None:
        pytest.skip("every key may ask this")
    answer = asked_of(known_as(below), method, route.path.replace("{site_id}", "ours"))
    assert answer.status_code == 403


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=IDS)
def test_a_page_has_a_limit_and_is_counted_under_its_own_template(method: str, route: APIRoute) -> None:
    labels = {"method": method, "route": route.path, "status": "429"}
    before = REGISTRY.get_sample_value("ridethrough_requests_total", labels) or 0
    answer = asked_of(nobody_at_all(), method, route.path)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert REGISTRY.get_sample_value("ridethrough_requests_total", labels) == before + 1


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=IDS)
def test_a_form_has_a_largest_size_and_comes_from_a_page_of_ours(method: str, route: APIRoute) -> None:
    if method != "POST":
        pytest.skip("it takes no body")
    app = known_as(Role.ADMIN)
    path = route.path.replace("{site_id}", "ours")
    for origin in ({}, {"origin": "null"}, {"origin": "http://elsewhere.example"}, {"origin": "http://localhost:81"}):
        kind = {"content-type": _FORM["content-type"]}
        assert asked_of(app, method, path, headers={**kind, **origin}).status_code == 403
    if route.path != "/sign-out":
        assert asked_of(app, method, path, content=b" " * (MOST_BYTES + 1)).status_code in {413, 503}


def test_a_page_of_a_site_knows_no_site_of_another_tenant(sqlite_database: Database) -> None:
    app = create_app(store=sqlite_database)
    app.state.clock = lambda: NOW
    assert ask(app, "PUT", "/v1/sites/theirs", json=stored_document(id="theirs")).status_code == 201
    of_sites = [(method, route) for method, route in ROUTES if "{site_id}" in route.path]
    for role, (method, route) in product(Role, of_sites):
        app.state.access = OneCaller(role, "ours")
        theirs = asked_of(app, method, route.path)
        nobodys = asked_of(app, method, route.path.replace("{site_id}", "nobody"))
        assert theirs.status_code in {403, 404}
        assert theirs.text == nobodys.text.replace("nobody", "theirs")


@pytest.mark.parametrize(("method", "route"), ROUTES, ids=IDS)
def test_a_page_lets_a_browser_load_our_files_only(method: str, route: APIRoute) -> None:
    for app in (no_key(), everyone()):
        answer = asked_of(app, method, route.path)
        for name, value in PAGE_HEADERS.items():
            assert answer.headers.get_list(name) == [value]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
    assert "unsafe" not in PAGE_HEADERS["content-security-policy"]
    assert "http" not in PAGE_HEADERS["content-security-policy"]


def _fail() -> None:
    raise RuntimeError("a fault of ours")


def test_a_fault_of_ours_is_a_page_and_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    app, router = create_app(), page_router()
    router.get("/fails", dependencies=[Depends(NeedsNoRole())])(_fail)
    app.include_router(router)
    answer = ask(app, "GET", "/fails")
    assert answer.status_code == 500
    assert "<h1>The service failed</h1>" in answer.text
    assert "a fault of ours" not in answer.text
    assert "a fault of ours" in caplog.text
