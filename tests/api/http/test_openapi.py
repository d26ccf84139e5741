"""What the OpenAPI document says of every route, and what the service does: a new route is tested when it is added."""

from functools import cache
from typing import Any

import jsonschema_rs
import pytest
from asking import ask
from fastapi import FastAPI
from known_callers import NoKey, OneCaller

from ridethrough.api.http.access.limits import Limits
from ridethrough.api.http.access.role import Role
from ridethrough.api.http.answering.strict_requests import MOST_BYTES
from ridethrough.api.http.server import create_app
from ridethrough.api.metrics import REGISTRY

_APP = create_app()
DOCUMENT = _APP.openapi()
ROUTES = [
    (method.upper(), path, operation)
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]
IDS = [f"{method} {path}" for method, path, _ in ROUTES]
OPEN_ROUTES = {"/healthz", "/readyz", "/version"}
_VALUES = {"site_id": "pod-2"}
_ENOUGH = Limits(requests_per_minute=10**6)


@cache
def closed() -> FastAPI:
    """A service that knows no key."""
    return create_app(access=NoKey(), limits=_ENOUGH)


@cache
def known_to(role: Role) -> FastAPI:
    """A service that takes everyone for a caller of one site."""
    return create_app(access=OneCaller(role, "pod-1"), limits=_ENOUGH)


@cache
def exhausted() -> FastAPI:
    """A service that was asked more than it answers."""
    return create_app(access=NoKey(), limits=Limits(requests_per_minute=0))


@cache
def open_to_all() -> FastAPI:
    return create_app(limits=_ENOUGH)


def concrete(path: str) -> str:
    """A path with values in place of its parameters."""
    for part in path.split("/"):
        if part.startswith("{"):
            name = part.strip("{}").partition(":")[0]
            path = path.replace(part, _VALUES.get(name, "x"))
    return path


def asked_of(app: Any, method: str, path: str, **request: Any) -> Any:  # noqa: ANN401
    headers = {"content-type": "application/json", **request.pop("headers", {})}
    content = request.pop("content", b"{}" if method in {"POST", "PUT"} else None)
    return ask(app, method, concrete(path), headers=headers, content=content, **request)


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES, ids=IDS)
def test_a_route_asks_for_a_key_unless_it_is_open(method: str, path: str, operation: dict[str, Any]) -> None:
    if path in OPEN_ROUTES:
        assert operation["x-role"] == "none"
        assert "security" not in operation
        return
    answer = asked_of(closed(), method, path)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert operation["security"] == [{"key": []}]
    assert operation["x-role"] in {"viewer", "operator", "admin"}


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES, ids=IDS)
def test_a_route_refuses_the_role_below_the_one_it_states(method: str, path: str, operation: dict[str, Any]) -> None:
    below = {"operator": Role.VIEWER, "admin": Role.OPERATOR}.get(operation["x-role"])
    if below is None:
        pytest.skip("every key may ask this")
    answer = asked_of(known_to(below), method, path.replace("{site_id}", "pod-1"))
    assert answer.status_code == 403


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES, ids=IDS)
def test_a_route_has_a_limit(method: str, path: str, operation: dict[str, Any]) -> None:
    answer = asked_of(exhausted(), method, path)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) >= 1
    assert "429" in operation["responses"]


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES, ids=IDS)
def test_a_route_that_takes_a_body_takes_none_above_the_limit(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    if "requestBody" not in operation:
        pytest.skip("it takes no body")
    answer = asked_of(open_to_all(), method, path, content=b" " * (MOST_BYTES + 1))
    assert answer.status_code == 413
    assert "413" in operation["responses"]


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES, ids=IDS)
def test_a_route_is_counted_under_its_own_template(method: str, path: str, operation: dict[str, Any]) -> None:
    labels = {"method": method, "route": path, "status": "429"}
    before = REGISTRY.get_sample_value("ridethrough_requests_total", labels) or 0
    asked_of(exhausted(), method, path)
    assert REGISTRY.get_sample_value("ridethrough_requests_total", labels) == before + 1
    assert operation["summary"]


@pytest.mark.parametrize(("method", "path", "operation"), ROUTES, ids=IDS)
def test_a_route_of_a_site_knows_no_site_of_another_tenant(method: str, path: str, operation: dict[str, Any]) -> None:
    if "{site_id}" not in path:
        assert "site" not in path.split("{", maxsplit=1)[0].replace("/v1/sites", "")
        pytest.skip("it is about no site")
    for role in Role:
        answer = asked_of(known_to(role), method, path)
        assert answer.status_code in {403, 404}
    assert "404" in operation["responses"]


def test_a_route_says_what_it_answers_with() -> None:
    for method, path, operation in ROUTES:
        success = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
        assert success, f"{method} {path} documents no answer"
        for status, answer in success.items():
            schemas = [each.get("schema", {}) for each in answer.get("content", {}).values()]
            assert status == "204" or (schemas and all(schemas)), f"{method} {path} {status} of what?"


def test_every_error_is_a_problem_document() -> None:
    for _, _, operation in ROUTES:
        for status, answer in operation["responses"].items():
            if int(status) >= 400:
                schema = {"$ref": "#/components/schemas/Problem"}
                assert answer["content"] == {"application/problem+json": {"schema": schema}}


def test_the_document_is_one() -> None:
    jsonschema_rs.validator_for({"$ref": "#/components/schemas/Problem", **DOCUMENT})
    assert DOCUMENT["openapi"].startswith("3.1")
