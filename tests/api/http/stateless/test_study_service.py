"""Studies over HTTP: the same figures as the command line, at most a month, and every fault."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from documents import run, site_document, write_site
from service import service_in_thread

from ridethrough.api.http.server import create_app
from ridethrough.api.http.stateless.study_service import STUDY_REQUEST, StudyBody, answer
from ridethrough.domain import UnableToAccept

PRICES = {"prices.values": ([0.03] * 7 + [0.06] * 8 + [0.19] * 5 + [0.06] * 4) * 3}
QUARTERS = PRICES | {"interval_minutes": 15, "prices.interval_minutes": 60}
DAY = {"from": "2026-07-16", "to": "2026-07-16", "information": "perfect"}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_in_thread(create_app()) as running:
        yield running


def request(changes: dict[str, Any] | None = None, **asked: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"site": site_document(QUARTERS | (changes or {})), **DAY, **asked}


def faults(body: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(UnableToAccept) as refused:
        answer(StudyBody.model_validate(body).model_dump())
    return [(fault.source, fault.field) for fault in refused.value.faults]


def test_a_study_over_http_is_that_of_the_command_line(client: httpx.Client, tmp_path: Path) -> None:
    response = client.post("/v1/studies", json=request())
    assert response.status_code == 200
    site = write_site(tmp_path, QUARTERS)
    told = run(
        "study", site, "--from", "2026-07-16", "--to", "2026-07-16", "--information", "perfect", "--format", "json"
    )
    answered = response.json()
    assert answered["sources"].keys() == told.document["sources"].keys()
    assert answered | {"sources": None} == told.document | {"sources": None}


def test_a_project_brings_a_cash_flow() -> None:
    project = {"life_years": 5, "discount_rate": 0.1, "assets": [{"name": "controls", "capital_cost": 100}]}
    read = {"name": "market prices, read every day", "cycle": {"read_dates": ["2026-07-16", "2026-07-17"]}}
    document = answer(StudyBody.model_validate(request({"tariff": read}, project=project)).model_dump())
    assert document["cash_flow"]["net"][0] == -100
    assert document["sources"]["project"] == "request"


def test_the_example_runs_as_it_stands(client: httpx.Client) -> None:
    response = client.post("/v1/studies", json=STUDY_REQUEST["pod"]["value"])
    assert response.status_code == 200
    assert response.json()["savings"]["energy"] > 0


def test_faults_are_problems(client: httpx.Client) -> None:
    response = client.post("/v1/studies", json=request(information="hearsay", replanned_every_h=0.5))
    assert response.status_code == 422
    assert [fault["field"] for fault in response.json()["errors"]] == ["information", "replanned_every_h"]


def test_faults_of_all_documents_are_listed_together() -> None:
    body = request({"interval_minutes": 0}, project={"life_years": 0, "discount_rate": 0}) | {
        "from": "20260716",
        "to": "2026-02-30",
    }
    assert faults(body) == [
        ("site", "interval_minutes"),
        ("project", "life_years"),
        ("request", "from"),
        ("request", "to"),
    ]


def test_what_takes_too_long_is_refused() -> None:
    body = request({"interval_minutes": 5}) | {"to": "2026-08-16"}
    assert faults(body) == [("request", "to"), ("site", "interval_minutes")]


def test_a_reserve_that_cannot_be_kept_is_refused() -> None:
    assert faults(request({"ups.0.reserve.ride_through_s": 900})) == [("site", "ups")]
