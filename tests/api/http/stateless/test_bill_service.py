"""Bills and tariffs over HTTP: the same figures as the command line, and every fault."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from documents import run
from file_shapes import german, run_of
from service import service_in_thread
from tariff_documents import TARIFF, URDB, write_meter, write_tariff

from ridethrough.api.http.server import create_app
from ridethrough.api.http.stateless.bill_service import BillRequest, answer
from ridethrough.domain import UnableToAccept
from ridethrough.tariffs import catalog
from ridethrough.tariffs.native import tariff_from_document

START = "2026-07-01T00:00-04:00"
METER = {"start": START, "interval_minutes": 60, "values": [1000.0] * 744}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_in_thread(create_app()) as running:
        yield running


def request(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"tariff": TARIFF, "meter": METER, "timezone": "America/New_York", **changes}


def answered(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return answer(BillRequest(**request(**changes)).model_dump())


def faults(**changes: Any) -> list[str]:  # noqa: ANN401
    with pytest.raises(UnableToAccept) as refused:
        answered(**changes)
    return [str(fault) for fault in refused.value.faults]


def test_a_bill_over_http_is_the_bill_of_the_command_line(client: httpx.Client, tmp_path: Any) -> None:  # noqa: ANN401
    response = client.post("/v1/bills", json=request())
    assert response.status_code == 200
    meter = write_meter(tmp_path, START, METER["values"])  # type: ignore[arg-type]
    told = run("bill", write_tariff(tmp_path), "--meter", meter, "--timezone", "America/New_York", "--format", "json")
    assert response.json() == told.document


def test_faults_of_a_bill_are_problems(client: httpx.Client) -> None:
    response = client.post("/v1/bills", json=request(tariff="nowhere", meter={**METER, "values": []}, timezone="Mars"))
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert [fault["field"] for fault in response.json()["errors"]] == ["tariff", "values", "timezone"]


def test_the_catalog_is_listed_and_its_tariffs_are_given_as_native_documents(client: httpx.Client) -> None:
    names = [each["name"] for each in client.get("/v1/tariffs").json()["tariffs"]]
    assert names == list(catalog.names())
    document = client.get("/v1/tariffs/pge-b-20").json()
    assert tariff_from_document(document) == catalog.load("pge-b-20")


def test_a_tariff_that_is_not_in_the_catalog_is_not_found(client: httpx.Client) -> None:
    response = client.get("/v1/tariffs/nowhere")
    assert (response.status_code, response.headers["content-type"]) == (404, "application/problem+json")
    assert "nowhere" in response.json()["detail"]


def test_everything_that_a_tariff_asks_for_may_be_sent_along() -> None:
    tariff = {
        **TARIFF,
        "schedules": {},
        "energy": {"periods": {"all": 0}, "market": {}},
        "demand": [{"name": "facility", "rate_per_kw": 9, "unit": "kVA", "ratchet": {"fractions": 1}}],
        "coincident": [{"name": "system peak", "rate_per_kw": 5}],
    }
    bill = answered(
        tariff=tariff,
        prices={**METER, "values": [0.05] * 744},
        state={"past_peaks_kw": {"facility": {"2026-06": 1800.0}}},
        events=[{"charge": "system peak", "start": "2026-07-02T17:00-04:00", "end": "2026-07-02T18:00-04:00"}],
        power_factor=0.9,
    )
    amounts = {line["charge"]: line["amount"] for line in bill["periods"][0]["lines"]}
    assert amounts == {"energy": 37_200.0, "demand": 18_000.0, "coincident": 5_000.0, "fixed": 31.0}


def test_a_urdb_rate_may_be_sent_in_place() -> None:
    assert answered(tariff=URDB)["total"] == 98231.00


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"tariff": None}, "request: tariff is None, must be given: it has no default"),
        ({"tariff": "tariff.yaml"}, "request: tariff is 'tariff.yaml', must be a catalog name or the tariff itself"),
        ({"meter": {**METER, "start": "2026-07-01T00:00"}}, "meter: start is '2026-07-01T00:00', must be an ISO 8601"),
        ({"meter": {**METER, "start": 5}}, "meter: start is 5, must be an ISO 8601 time with a UTC offset"),
        ({"meter": {**METER, "interval_minutes": 0}}, "meter: interval_minutes is 0, must be from 1 minute to a day"),
        ({"meter": {**METER, "values": ["1"]}}, "meter: values.0 is '1', must be a number"),
        ({"meter": {**METER, "oops": 1}}, "meter: oops is 1, must be left out: the field is unknown"),
        ({"prices": {**METER, "values": [1.0]}}, "prices: time covered is"),
        (
            {"state": {"peaks_kw": {"x": 1.0}}},
            "state: peaks_kw.x is 'x', must be one of the tariff's charges: facility",
        ),
        ({"events": [{}]}, "events: event 1, charge is None, must be given: it has no default"),
        ({"events": [{"charge": "x", "start": START, "end": "2026-07-02T18:00Z"}]}, "events: event 1, charge is 'x'"),
    ],
)
def test_a_fault_is_named_with_its_part_of_the_request(changes: dict[str, Any], message: str) -> None:
    assert any(message in line for line in faults(**changes)), faults(**changes)


FILE_HOURS = run_of("2025-05-05", 24, 60)
FILE_FORMAT = {"delimiter": ";", "decimal": ",", "thousands": "."}


def test_a_bill_over_http_reads_the_text_of_a_file(client: httpx.Client) -> None:
    rows = [f"{at:%d.%m.%Y %H:%M};{german(kw)}" for at, kw in zip(FILE_HOURS.starts(), FILE_HOURS.kw, strict=True)]
    text = "\n".join(["Zeit;kW", *rows])
    body = {"tariff": "stadtwerke-malchow-mv", "timezone": "Europe/Berlin"}
    prices = {"start": FILE_HOURS.start.isoformat(), "interval_minutes": 60, "values": [0.1] * 24}
    described = {"csv_text": text, "csv_format": FILE_FORMAT}
    values = {"start": FILE_HOURS.start.isoformat(), "interval_minutes": 60, "values": list(FILE_HOURS.kw)}
    answers = [
        client.post("/v1/bills", json={**body, "meter": meter, "prices": prices}) for meter in (described, values)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["total"] == answers[1].json()["total"]
    assert answers[0].json()["warnings"][0] == "meter: times are read by the clock of Europe/Berlin"
    refused = client.post("/v1/bills", json={**body, "meter": {"csv_text": text}, "prices": prices})
    assert refused.status_code == 422
    assert 'csv_format: {delimiter: ";"' in refused.text.replace('\\"', '"')
