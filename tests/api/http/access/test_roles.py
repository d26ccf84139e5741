"""What each role may do, on a service with one route for each."""

from typing import Any

import httpx
import pytest
from asking import ask
from fastapi import FastAPI, Request

from ridethrough.api.http.access.limits import Limits
from ridethrough.api.http.access.role import Role
from ridethrough.api.http.access.roles import ADMIN, OPEN, OPERATOR, VIEWER, Caller, CallerOfRequest, NoAuth
from ridethrough.api.http.answering.strict_requests import service_router

_ROUTES = {"/viewer": VIEWER, "/operator": OPERATOR, "/admin": ADMIN, "/open": OPEN}


class _Always:
    """Takes every request for one from the same caller."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    async def caller_of(self, request: Request) -> Caller:  # noqa: ARG002 - all are the same
        return self._caller


def answer_to(caller: Caller | None, method: str, path: str, **request: Any) -> httpx.Response:  # noqa: ANN401
    app, router = FastAPI(), service_router()
    app.state.access = _Always(caller) if caller is not None else NoAuth()
    app.state.limits = Limits()
    for each, role in _ROUTES.items():
        router.post(each, dependencies=[role])(_echo)
    router.get("/sites/{site_id}", dependencies=[VIEWER])(_name)
    app.include_router(router)
    return ask(app, method, path, **request)


def _echo(body: dict[str, Any]) -> dict[str, Any]:
    return body


def _name(site_id: str, caller: CallerOfRequest) -> str:
    return f"{caller.name} at {site_id}"


@pytest.mark.parametrize(
    ("role", "may"),
    [
        (Role.VIEWER, {"/viewer", "/open"}),
        (Role.OPERATOR, {"/viewer", "/operator", "/open"}),
        (Role.ADMIN, {"/viewer", "/operator", "/admin", "/open"}),
    ],
)
def test_a_role_may_do_what_the_roles_below_it_may(role: Role, may: set[str]) -> None:
    caller = Caller(name="ann", role=role)
    answered = {path: answer_to(caller, "POST", path, json={}).status_code for path in _ROUTES}
    assert answered == {path: 200 if path in may else 403 for path in _ROUTES}


def test_a_site_that_the_caller_may_not_know_of_is_no_site() -> None:
    caller = Caller(name="ann", role=Role.ADMIN, sites=frozenset({"pod-1"}))
    assert answer_to(caller, "GET", "/sites/pod-1").json() == "ann at pod-1"
    assert answer_to(caller, "GET", "/sites/pod-2").status_code == 404


def test_a_route_without_a_role_cannot_be_made() -> None:
    with pytest.raises(TypeError, match="/forgotten states no role"):
        service_router().get("/forgotten")(_echo)


def test_a_caller_is_refused_before_its_request_is_read() -> None:
    headers = {"content-type": "application/json"}
    viewer, operator = (Caller(name="ann", role=role) for role in (Role.VIEWER, Role.OPERATOR))
    assert answer_to(operator, "POST", "/operator", content=b"{ no JSON", headers=headers).status_code == 422
    assert answer_to(viewer, "POST", "/operator", content=b"{ no JSON", headers=headers).status_code == 403


def test_without_keys_everyone_is_an_administrator() -> None:
    assert answer_to(None, "POST", "/admin", json={"in": True}).json() == {"in": True}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"host": "127.0.0.1:8000"}, 200),
        ({"host": "[::1]:8000"}, 200),
        ({"host": "localhost"}, 200),
        ({"host": "pod.example.com"}, 403),
        ({"host": "pod.example.com."}, 403),
        ({"origin": "http://localhost:8000"}, 200),
        ({"origin": "https://example.com"}, 403),
        ({"origin": "null"}, 403),
    ],
)
def test_without_keys_a_page_of_another_origin_is_not_let_in(headers: dict[str, str], status: int) -> None:
    assert answer_to(None, "POST", "/admin", json={}, headers=headers).status_code == status
