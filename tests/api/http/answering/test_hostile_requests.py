"""Whatever bytes a client sends, it gets an answer or a problem; never a 500, never a traceback."""

import json
from collections.abc import Iterator
from itertools import islice

import httpx
import pytest
from documents import site_document
from hostile_bodies import REQUESTS, hostile_bodies
from service import service_in_thread
from tariff_documents import URDB

from ridethrough.api.http.server import create_app

PATHS = ("/v1/plans", "/v1/reserve", "/v1/bills", "/v1/studies", "/v1/life")
HEADERS = {"content-type": "application/json"}
METER = {"start": "2026-07-01T00:00-04:00", "interval_minutes": 60, "values": [4000.0] * 24}
ENDLESS = ['{"site":' * 20_000, "[" * 100_000, '{"site":' + "[" * 50_000 + "]" * 50_000 + "}"]


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_in_thread(create_app()) as client:
        yield client


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "body",
    [
        '{"site":"\\ud800"}',
        '{"\\udfff":1}',
        '{"site":{"id":"\\ud800"}}',
        '{"site":{"\\ud800":"\\ud800"}}',
        '{"tariff":"\\ud800","timezone":"\\ud800","meter":{"\\ud800":1}}',
        '{"site":{},"from":"\\ud800","to":"\\ud800","information":"\\ud800"}',
        '{"site":{},"date":"\\ud800"}',
        '"\\ud800"',
        "1e400",
        '{"site":1e999}',
        *ENDLESS,
    ],
    ids=lambda body: body[:24],
)
def test_text_that_cannot_be_written_and_nesting_without_end_are_refused(
    client: httpx.Client, path: str, body: str
) -> None:
    response = client.post(path, content=body, headers=HEADERS)
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"]


@pytest.mark.parametrize(
    "place", ["ups.0.load", "unprotected_load", "ups.0.protected_load_kw", "ups.0.battery.nominal_kwh"]
)
@pytest.mark.parametrize("path", ["/v1/plans", "/v1/reserve"])
def test_figures_beyond_all_measure_are_refused(client: httpx.Client, path: str, place: str) -> None:
    value = {"constant_kw": 1e308} if place.endswith("load") else 1e308
    response = client.post(path, json={"site": site_document({place: value})})
    assert response.status_code == 422
    assert any(place.rsplit(".", 1)[-1] in each["field"] for each in response.json()["errors"])


def test_a_tariff_of_others_is_shown_with_printable_text(client: httpx.Client) -> None:
    body = json.dumps({"tariff": URDB, "meter": METER, "timezone": "America/New_York"})
    written = body.replace(URDB["name"], "r\\ud800ate")
    response = client.post("/v1/bills", content=written, headers=HEADERS)
    assert response.status_code == 200, response.text


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_bodies_of_all_kinds_are_answered_and_the_service_goes_on(client: httpx.Client, seed: int) -> None:
    for number, (path, body) in enumerate(islice(hostile_bodies(seed), 60)):
        response = client.post(path, content=body, headers=HEADERS)
        named = f"seed {seed}, body {number}, {path}: {response.text[:300]}: {body[:500]!r}"
        assert response.status_code in {200, 413, 422}, named
        assert response.status_code == 200 or response.headers["content-type"] == "application/problem+json", named
    assert client.post("/v1/plans", json=REQUESTS["/v1/plans"]).json()["status"] == "optimal"
