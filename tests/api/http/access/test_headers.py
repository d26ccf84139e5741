"""Headers that protect a browser, on every kind of answer."""

import pytest
from asking import ask

from ridethrough.api.http.access.headers import SECURITY_HEADERS
from ridethrough.api.http.access.roles import OPEN
from ridethrough.api.http.answering.strict_requests import service_router
from ridethrough.api.http.server import create_app


def _fail() -> None:
    raise RuntimeError("a fault of ours")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/version", 200),
        ("GET", "/nowhere", 404),
        ("DELETE", "/version", 405),
        ("POST", "/v1/plans", 422),
        ("GET", "/fails", 500),
    ],
)
def test_every_answer_has_the_headers_that_protect(method: str, path: str, status: int) -> None:
    app = create_app()
    router = service_router()
    router.get("/fails", dependencies=[OPEN])(_fail)
    app.include_router(router)

    answer = ask(app, method, path, headers={"origin": "http://localhost"})

    assert answer.status_code == status
    for name, value in SECURITY_HEADERS:
        assert answer.headers.get_list(name.decode()) == [value.decode()]
    assert answer.headers["cache-control"] == "no-store"
    assert not [name for name in answer.headers if name.startswith("access-control-")]
    assert "server" not in answer.headers


def test_another_origin_is_not_told_that_it_may_ask() -> None:
    asked = {"origin": "https://example.com", "access-control-request-method": "POST"}
    answer = ask(create_app(), "OPTIONS", "/v1/plans", headers=asked)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control-")]
