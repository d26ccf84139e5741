import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from documents import REMOVED, site_document
from service import Running, running_service
from stored_sites import Clock, keeping_service

from ridethrough.api.http.stateless.study_service import answer
from ridethrough.operation.planner import Information
from ridethrough.store.database import Database

STUDIES = "/v1/sites/pod/studies"
DAY = {"from": "2026-07-15", "to": "2026-07-15", "information": "perfect"}
MAY = {"from": "2026-05-01", "to": "2026-05-31", "information": "perfect"}
MONTHS = {"from": "2026-05-01", "to": "2026-08-31", "information": "perfect"}
WITHIN_S = 300.0


def stored_site(minutes: int = 60) -> dict[str, Any]:
    return site_document({"prices": REMOVED, "tariff": "dominion-gs-4", "interval_minutes": minutes})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("data")
    with running_service("--data", str(folder), "--no-auth") as running:
        assert running.client.put("/v1/sites/pod", json=stored_site()).status_code == 201
        yield running


@pytest.fixture
def client(served: Running) -> httpx.Client:
    return served.client


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    number: int
    document: dict[str, Any]


def events_of(client: httpx.Client, path: str, *, after: int | None = None) -> list[Event]:
    """The events of a study until its end."""
    headers = {} if after is None else {"Last-Event-ID": str(after)}
    with client.stream("GET", f"{path}/events", headers=headers, timeout=WITHIN_S) as answered:
        assert answered.headers["content-type"].startswith("text/event-stream")
        lines = list(answered.iter_lines())
    numbers = [int(line.removeprefix("id: ")) for line in lines if line.startswith("id: ")]
    documents = [json.loads(line.removeprefix("data: ")) for line in lines if line.startswith("data: ")]
    return [Event(number=number, document=each) for number, each in zip(numbers, documents, strict=True)]


def submitted(client: httpx.Client, asked: dict[str, Any], **headers: str) -> str:
    answered = client.post(STUDIES, json=asked, headers=headers)
    assert answered.status_code == 202, answered.text
    return answered.headers["location"]


def test_a_study_is_followed_to_its_end_and_gives_the_digits_of_the_study_without_a_store(client: httpx.Client) -> None:
    path = submitted(client, MAY)
    events = events_of(client, path)
    assert [each.number for each in events] == list(range(1, len(events) + 1))
    assert next(each.document["state"] for each in events) == "waiting"
    assert events[-1].document["state"] == "done"
    assert any(0 < each.document["done"] < each.document["total"] for each in events)
    assert events_of(client, path, after=events[-2].number) == events[-1:]
    study = client.get(path).json()
    asked = {"first": MAY["from"], "last": MAY["to"], "information": Information.PERFECT}
    expected = answer({**asked, "site": stored_site(), "replanned_every_h": None, "project": None})
    assert study["progress"]["fraction"] == 1.0
    assert study["result"] == json.loads(json.dumps(expected))


def test_the_files_of_a_study_are_its_result_a_page_and_a_workbook(client: httpx.Client) -> None:
    path = submitted(client, DAY)
    events_of(client, path)
    study = client.get(path).json()
    files = {each["name"]: client.get(each["href"]) for each in study["files"]}
    assert set(files) == {"study.json", "study.html", "study.xlsx"}
    assert files["study.json"].json() == study["result"]
    assert files["study.html"].text.lower().startswith("<!doctype html>")
    assert files["study.xlsx"].content[:2] == b"PK"
    assert client.get(f"{path}/files/.checkpoint").status_code == 404


def test_a_key_makes_one_study_and_takes_no_other(client: httpx.Client) -> None:
    with ThreadPoolExecutor(4) as threads:
        paths = set(threads.map(lambda _: submitted(client, DAY, **{"Idempotency-Key": "one"}), range(4)))
    assert len(paths) == 1
    other = client.post(STUDIES, json={**DAY, "to": "2026-07-16"}, headers={"Idempotency-Key": "one"})
    assert other.status_code == 422
    assert "use another key" in other.json()["detail"]


def test_what_cannot_be_studied_is_refused_with_every_fault_before_it_is_a_job(client: httpx.Client) -> None:
    before = [each["id"] for each in client.get(STUDIES).json()["studies"]]
    project = {"life_years": -1}
    refused = client.post(STUDIES, json={**DAY, "from": "15.7.2026", "to": "2026-07-32", "project": project})
    assert refused.status_code == 422
    assert {"from", "to"} <= {each["field"] for each in refused.json()["errors"]}
    assert any(each["source"] == "project" for each in refused.json()["errors"])
    assert [each["id"] for each in client.get(STUDIES).json()["studies"]] == before


def test_a_study_that_is_cancelled_ends_and_its_stream_too(client: httpx.Client) -> None:
    path = submitted(client, {**MONTHS, "from": "2020-01-01"})
    cancelled = client.post(f"{path}/cancel").json()
    assert cancelled["state"] == "cancelled"
    assert events_of(client, path)[-1].document["state"] == "cancelled"
    assert client.post(f"{path}/cancel").json()["ended_at"] == cancelled["ended_at"]
    events_of(client, submitted(client, DAY))  # its worker is free again


def test_there_is_no_study_of_another_site_or_of_none(client: httpx.Client) -> None:
    path = submitted(client, DAY)
    client.put("/v1/sites/other", json={**stored_site(), "id": "other"})
    for each in (path.replace("/pod/", "/other/"), f"{STUDIES}/{'0' * 32}", "/v1/sites/none/studies/" + "0" * 32):
        assert client.get(each).status_code == 404
    assert client.post("/v1/sites/none/studies", json=DAY).status_code == 404


def test_the_studies_of_a_site_are_listed_without_results_the_newest_first(client: httpx.Client) -> None:
    path = submitted(client, DAY)
    listed = client.get(STUDIES, params={"limit": 2}).json()["studies"]
    assert listed[0]["id"] == path.rpartition("/")[2]
    assert [each["result"] for each in listed] == [None] * len(listed)
    assert len(listed) <= 2


def test_a_service_without_jobs_says_so(sqlite_database: Database) -> None:
    client = keeping_service(sqlite_database, Clock())
    client.put("/v1/sites/pod", json=stored_site())
    refused = client.post(STUDIES, json=DAY)
    assert (refused.status_code, refused.json()["detail"]) == (503, "this process runs no jobs")
    assert client.get(STUDIES).json() == {"studies": []}
