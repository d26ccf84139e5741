"""How often a key and an address may ask, and what one is told who asks too often."""

from collections.abc import Callable

import pytest
from asking import ask
from starlette.exceptions import HTTPException

from ridethrough.api.http.access.limits import Limits
from ridethrough.api.http.server import create_app


def allowed(count: Callable[[str], None], who: str) -> int:
    """How often one is let through before it is refused."""
    for number in range(1000):
        try:
            count(who)
        except HTTPException as error:
            refused = error
        else:
            continue
        assert refused.status_code == 429
        assert 1 <= int((refused.headers or {})["Retry-After"]) <= 60
        return number
    raise AssertionError("nothing is limited")


def test_a_key_has_its_limit_and_an_address_twice_as_much() -> None:
    limits = Limits(requests_per_minute=20, failures_per_minute=5)
    assert allowed(limits.count_key, "a") == 20
    assert allowed(limits.count_address, "192.0.2.1") == 40
    assert allowed(limits.count_failure, "192.0.2.1") == 5


def test_one_who_asks_too_often_takes_nothing_from_another() -> None:
    limits = Limits(requests_per_minute=20)
    assert [allowed(limits.count_key, who) for who in ("a", "b")] == [20, 20]


@pytest.mark.parametrize("path", ["/version", "/v1/tariffs"])
def test_a_refused_request_is_told_when_to_ask_again(path: str) -> None:
    app = create_app(limits=Limits(requests_per_minute=1))
    answers = [ask(app, "GET", path) for _ in range(3)]
    refused = answers[-1]
    assert answers[0].status_code == 200
    assert (refused.status_code, refused.headers["content-type"]) == (429, "application/problem+json")
    assert refused.json()["detail"].startswith("at most ")
    assert int(refused.headers["retry-after"]) >= 1
