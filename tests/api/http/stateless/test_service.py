"""The HTTP service as a client sees it: a real server on a free port."""

import asyncio
import copy
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from documents import DAY, site_document
from service import service_in_thread

from ridethrough.api.http.answering.strict_requests import MOST_BYTES
from ridethrough.api.http.running.solvers import UnableToSolve
from ridethrough.api.http.server import create_app
from ridethrough.api.http.stateless.plan_service import SOLVER_LIMIT_S, PlanRequest, plan_of, reserve_of
from ridethrough.domain import UnableToAccept


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with service_in_thread(create_app()) as running:
        yield running


def plan_request(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"site": site_document(), "date": DAY, **changes}


def problem(response: httpx.Response, status: int) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["title"]
    assert body["type"]
    assert "Traceback" not in response.text
    return body


def faults(response: httpx.Response) -> list[str]:
    body = problem(response, 422)
    assert all(fault.keys() == {"source", "field", "value", "allowed", "detail"} for fault in body["errors"])
    count = len(body["errors"])
    assert body["detail"] == ("1 fault" if count == 1 else f"{count} faults")
    return [fault["detail"] for fault in body["errors"]]


def test_health_says_how_many_solvers_are_free(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok", "solvers": {"total": 1, "idle": 1}}


def test_every_example_of_the_documentation_works_as_it_stands(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    posted = 0
    for path, operations in paths.items():
        if "{site_id}" in path:
            continue  # of sites that are kept: this service keeps none
        content = operations.get("post", {}).get("requestBody", {}).get("content", {}).get("application/json", {})
        for example in content.get("examples", {}).values():
            response = client.post(path, json=example["value"])
            assert response.status_code == 200, response.text
            posted += 1
    assert posted >= 2


def test_a_plan_over_http_is_the_plan_of_the_command_line(client: httpx.Client) -> None:
    plan = client.post("/v1/plans", json=plan_request()).json()
    assert plan["status"] == "optimal"
    assert plan["certificate"]["certified"]
    assert len(plan["intervals"]) == 24
    assert plan["inputs"]["given"] == ["site"]


def test_prices_of_the_request_take_the_place_of_the_sites(client: httpx.Client) -> None:
    prices = {"start": f"{DAY}T00:00-04:00", "values": [0.5] * 24}
    plan = client.post("/v1/plans", json=plan_request(prices=prices)).json()
    assert {row["price_per_kwh"] for row in plan["intervals"]} == {0.5}


def test_a_state_below_the_reserve_gets_a_recovery_plan(client: httpx.Client) -> None:
    response = client.post("/v1/plans", json=plan_request(state={"ups": {"pod-1": {"stored_kwh": 400}}}))
    plan = response.json()
    assert plan["status"] == response.headers["ridethrough-status"] == "recovery"
    assert plan["alarms"][0].startswith("status recovery")
    assert int(response.headers["ridethrough-alarms"]) == len(plan["alarms"])
    rows = [row["ups"][0] for row in plan["intervals"]]
    restored = next(at for at, row in enumerate(rows) if row["stored_kwh"] >= row["reserve_kwh"] - 1e-6)
    assert not any(row["discharge_kw"] for row in rows[: restored + 1])
    assert plan["inputs"]["given"] == ["site", "state"]


def test_a_plan_to_trade_by_has_no_alarms(client: httpx.Client) -> None:
    response = client.post("/v1/plans", json=plan_request())
    assert response.headers["ridethrough-status"] == "optimal"
    assert "ridethrough-alarms" not in response.headers
    assert response.json()["alarms"] == []


def test_the_reserve_is_served(client: httpx.Client) -> None:
    (ups,) = client.post("/v1/reserve", json={"site": site_document()}).json()["ups"]
    assert ups["need_kwh"] == pytest.approx(421.052632)
    assert ups["feasible"]


def test_faults_of_every_part_of_a_request_are_listed(client: httpx.Client) -> None:
    site = site_document({"ups.0.units": "5", "ups.0.battery.nominal_kwh": -1, "oops": 1, "timezone": "Mars"})
    listed = faults(client.post("/v1/plans", json=plan_request(site=site, state={"energy_kwh": -1})))
    assert len(listed) == 5
    assert listed[0] == "site: ups.pod-1.units is '5', must be a whole number"
    assert any(line.startswith("state: energy_kwh") for line in listed)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("{", "request: body is"),
        ("", "request"),
        ("[]", "request is 'a list of 0', must be a JSON object"),
        ('{"site": {"id": NaN}}', "NaN is not a number"),
        ('{"site": {"id": -Infinity}}', "-Infinity is not a number"),
        ('{"site": {}, "site": {}}', "the key 'site' is given twice"),
        ("[" * 100_000, "request: body is"),
        ('{"site": 5}', "request: site is 5, must be"),
        ("{}", "request: site is None, must be given"),
        ('{"site": {}, "oops": 1}', "request: oops is 1, must be left out: the field is unknown"),
        ('{"site": {}, "date": 1752537600}', "request: date is 1752537600, must be a date, written like 2026-07-15"),
        ('{"site": {}, "date": "2026-07-15T00:00:00Z"}', "must be a date, written like 2026-07-15"),
        ('{"site": {}, "date": "2026-02-30"}', "request: date is '2026-02-30', must be"),
        ('{"site": {}, "look_ahead_h": "24"}', "request: look_ahead_h is '24', must be a number"),
        ('{"site": {}, "look_ahead_h": true}', "request: look_ahead_h is True, must be a number"),
        ('{"site": {}, "look_ahead_h": -1}', "request: look_ahead_h is -1, must be"),
        ('{"site": {}, "look_ahead_h": 1e9}', "request: look_ahead_h is 1000000000.0, must be"),
        ('{"site": {}, "state": []}', "request: state is 'a list of 0', must be"),
    ],
)  # fmt: skip
def test_a_body_that_is_no_request_is_refused(client: httpx.Client, body: str, message: str) -> None:
    response = client.post("/v1/plans", content=body, headers={"content-type": "application/json"})
    assert any(message in line for line in faults(response)), response.text


def test_a_date_out_of_reason_is_refused(client: httpx.Client) -> None:
    assert "1970 to 2200" in faults(client.post("/v1/plans", json=plan_request(date="9999-12-31")))[0]


@pytest.mark.parametrize("value", ["1e999", "1" + "0" * 400])
def test_a_number_beyond_all_numbers_is_refused(client: httpx.Client, value: str) -> None:
    body = json.dumps(plan_request(site=site_document({"ups.0.protected_load_kw": "HERE"}))).replace('"HERE"', value)
    response = client.post("/v1/plans", content=body, headers={"content-type": "application/json"})
    assert "protected_load_kw" in faults(response)[0]


@pytest.mark.parametrize("name", ["/etc/passwd", "../../etc/passwd", "load.csv"])
def test_a_request_reads_no_series_file(client: httpx.Client, name: str) -> None:
    changes = {"ups.0.load": {"csv": name}, "unprotected_load": {"csv": name}, "prices": {"csv": name}}
    listed = faults(client.post("/v1/plans", json=plan_request(site=site_document(changes))))
    assert len(listed) == 3
    assert all("a request names no files" in line for line in listed)


@pytest.mark.parametrize("name", ["/etc/tariff.json", "../../tariff.yaml", "..", "../catalog/dominion-gs-4", "\0.json"])
def test_a_request_reads_no_tariff_file(client: httpx.Client, name: str) -> None:
    (line,) = faults(client.post("/v1/plans", json=plan_request(site=site_document({"tariff": name}))))
    assert line.startswith("site: tariff is ")


def test_a_request_that_is_too_large_is_refused(client: httpx.Client) -> None:
    headers = {"content-type": "application/json"}
    assert (
        "at most" in problem(client.post("/v1/plans", content=b" " * (MOST_BYTES + 1), headers=headers), 413)["detail"]
    )


def test_unknown_paths_and_methods_are_problems_too(client: httpx.Client) -> None:
    problem(client.get("/v1/nothing"), 404)
    response = client.get("/v1/plans")
    problem(response, 405)
    assert response.headers["allow"] == "POST"


def test_openapi_describes_problems(client: httpx.Client) -> None:
    document = client.get("/openapi.json").json()
    refused = document["paths"]["/v1/plans"]["post"]["responses"]["422"]["content"]["application/problem+json"]
    assert refused["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert "errors" in document["components"]["schemas"]["Problem"]["properties"]


def test_many_requests_at_once_are_all_answered(client: httpx.Client) -> None:
    async def ask() -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=client.base_url, timeout=30) as many:
            return await asyncio.gather(*(many.post("/v1/reserve", json={"site": site_document()}) for _ in range(20)))

    assert {response.status_code for response in asyncio.run(ask())} == {200}


def test_a_month_of_look_ahead_leaves_the_service_alive_while_it_solves(client: httpx.Client) -> None:
    changes = {"prices": None, "tariff": "dominion-gs-4"}
    request = plan_request(site=site_document(changes), look_ahead_h=24 * 31)

    async def ask() -> tuple[httpx.Response, list[tuple[float, int]]]:
        async with httpx.AsyncClient(base_url=client.base_url, timeout=60) as many:
            solving = asyncio.ensure_future(many.post("/v1/plans", json=request))
            seen = []
            while not solving.done():
                health = await many.get("/healthz")
                seen.append((health.elapsed.total_seconds(), health.json()["solvers"]["idle"]))
                await asyncio.sleep(0.02)
            return await solving, seen

    plan, seen = asyncio.run(ask())
    assert plan.status_code == 200
    assert 0 in {idle for _, idle in seen}
    assert max(seconds for seconds, _ in seen) < 1.0


def test_requests_do_not_change_each_other(client: httpx.Client) -> None:
    first = client.post("/v1/plans", json=plan_request()).json()
    client.post("/v1/plans", json=plan_request(site=site_document({"ups.0.battery.nominal_kwh": 300})))
    again = client.post("/v1/plans", json=plan_request()).json()
    for each in (first, again):
        each.pop("issued_at")
        each["certificate"].pop("issued_at")
        each.pop("timing_ms")
    assert copy.deepcopy(first) == again


def test_an_error_of_ours_is_a_problem_without_its_traceback() -> None:
    app = create_app()

    @app.get("/broken")
    async def broken() -> None:
        raise RuntimeError("secret")

    with service_in_thread(app) as local:
        response = local.get("/broken")
    assert "secret" not in response.text
    assert "hold" in problem(response, 500)["detail"]


def test_a_solve_without_an_answer_is_a_problem_that_says_what_to_do() -> None:
    app = create_app()

    async def never(*_: object, within_s: float) -> None:
        assert within_s > SOLVER_LIMIT_S
        raise UnableToSolve("no plan within 1 s; keep the last certified plan or hold")

    with service_in_thread(app) as local:
        app.state.solvers.run = never
        response = local.post("/v1/plans", json=plan_request())
    assert "keep the last certified plan or hold" in problem(response, 503)["detail"]
    assert response.headers["retry-after"] == "1"


def test_a_worker_turns_documents_into_documents() -> None:
    """What the service sends to its workers, here in this process."""
    body = PlanRequest.model_validate(plan_request(state={"ups": {"pod-1": {"stored_kwh": 800}}})).model_dump()
    plan = plan_of(body, datetime(2026, 7, 14, tzinfo=UTC))
    assert plan["issued_at"] == "2026-07-14T00:00:00+00:00"
    assert reserve_of(site_document())["ups"][0]["feasible"]
    with pytest.raises(UnableToAccept, match="oops"):
        plan_of({**body, "state": {"oops": 1}, "prices": {"csv": "x"}}, datetime(2026, 7, 14, tzinfo=UTC))
