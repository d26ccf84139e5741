"""The service at its limits: solves out of time, clients that hang up, and many clients at once."""

import copy
import time
from collections.abc import Iterator
from typing import Any

import httpx
import numpy as np
import pytest
from documents import DAY, site_document
from service import is_alive, service, service_in_thread

from benchmarks.stateless_service import answers, many_clients
from ridethrough.api.http.running.solvers import Solvers
from ridethrough.api.http.server import create_app
from ridethrough.api.http.stateless.plan_service import SOLVER_LIMIT_S

LONG_SOLVE_H = 24 * 31.0
PATIENCE_S = 30.0


@pytest.fixture(scope="module")
def server() -> Iterator[tuple[httpx.Client, Solvers]]:
    app = create_app()
    with service_in_thread(app) as client:
        yield client, app.state.solvers


def plan_request(**changes: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"site": site_document(), "date": DAY, **changes}


def months_of_a_campus() -> dict[str, Any]:
    """A request that takes many seconds: four systems over a month at five minutes."""
    changes = {"prices": None, "tariff": "dominion-gs-4", "interval_minutes": 5}
    site = site_document({**changes, "interconnection.import_limit_kw": 30_000})
    site["ups"] = [{**copy.deepcopy(site["ups"][0]), "id": f"pod-{number}"} for number in range(4)]
    return plan_request(site=site, look_ahead_h=LONG_SOLVE_H)


def burning_pays_at_times() -> dict[str, Any]:
    """A request that takes binaries: prices far below zero, and batteries that do not wear."""
    random = np.random.default_rng(0)
    intervals = 96 * 14
    values = np.where(random.random(intervals) < 0.3, -0.3, 0.3) * random.random(intervals)
    prices = {"start": f"{DAY}T00:00-04:00", "interval_minutes": 15, "values": values.round(4).tolist()}
    changes = {"interval_minutes": 15, "ups.0.battery.wear_cost_per_kwh": 0.0}
    return plan_request(site=site_document(changes), prices=prices, look_ahead_h=24 * 12.0)


def test_a_solve_out_of_time_says_that_it_found_no_plan_and_holds(server: tuple[httpx.Client, Solvers]) -> None:
    client, _ = server
    request = plan_request(
        site=site_document({"prices": None, "tariff": "dominion-gs-4"}), look_ahead_h=24 * 7.0, time_limit_s=1e-4
    )
    plan = client.post("/v1/plans", json=request).json()
    assert plan["status"] == "hold"
    assert plan["warnings"][0] == "the solver found no plan (time_limit); every battery holds"
    assert plan["certificate"]["certified"]
    assert not any(row["ups"][0]["discharge_kw"] for row in plan["intervals"])


def test_a_solve_out_of_time_answers_with_the_best_plan_it_has_and_its_certificate(
    server: tuple[httpx.Client, Solvers],
) -> None:
    client, _ = server
    for doubled in range(8):
        request = {**burning_pays_at_times(), "time_limit_s": 0.05 * 2**doubled}
        plan = client.post("/v1/plans", json=request).json()
        assert plan["certificate"]["certified"]
        if plan["status"] != "hold":
            break
    assert plan["status"] in {"time_limit", "optimal"}
    assert ("the solver stopped early (time_limit)" in plan["warnings"]) == (plan["status"] == "time_limit")


@pytest.mark.parametrize("limit", [0, -1, SOLVER_LIMIT_S + 1, "5", True])
def test_a_time_limit_out_of_reason_is_refused(server: tuple[httpx.Client, Solvers], limit: object) -> None:
    client, _ = server
    response = client.post("/v1/plans", json=plan_request(time_limit_s=limit))
    assert response.status_code == 422
    assert "time_limit_s" in response.json()["errors"][0]["detail"]


@pytest.mark.long
def test_a_client_that_hangs_up_frees_the_solver(server: tuple[httpx.Client, Solvers]) -> None:
    client, solvers = server
    (busy,) = solvers.process_ids
    with pytest.raises(httpx.ReadTimeout):
        client.post("/v1/plans", json=months_of_a_campus(), timeout=1.0)
    assert client.get("/healthz").json()["solvers"]["idle"] == 0
    until = time.monotonic() + PATIENCE_S
    while not client.get("/healthz").json()["solvers"]["idle"] and time.monotonic() < until:
        time.sleep(0.05)
    assert solvers.process_ids != (busy,)
    assert not is_alive(busy)
    assert client.post("/v1/plans", json=plan_request()).json()["status"] == "optimal"


@pytest.mark.long
def test_many_clients_for_some_seconds_all_get_the_right_plan() -> None:
    with service() as client:
        load = many_clients(client.base_url, answers(client), clients=8, seconds=5.0)
    assert load.errors == []
    assert len(load.latency_s) > 8
