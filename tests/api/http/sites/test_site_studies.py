import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from service import Running, running_service
from stored_sites import Clock, keeping_service
from stored_studies import DAY, MAY, MONTHS, STUDIES, events_of, stored_site, submitted

from ridethrough.api.http.stateless.study_service import answer
from ridethrough.operation.planner import Information
from ridethrough.store.database import Database


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("data")
    with running_service("--data", str(folder), "--no-auth") as running:
        assert running.client.put("/v1/sites/pod", json=stored_site()).status_code == 201
        yield running


@pytest.fixture
def client(served: Running) -> httpx.Client:
    return served.client


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
