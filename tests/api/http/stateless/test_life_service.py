"""Lives over HTTP: the same figures as the command line, and every fault."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from documents import run, site_document, write_site
from living_sites import Here
from stored_sites import NOW, Clock, keeping_service

from ridethrough.api.http.stateless.life_service import LifeBody, answer
from ridethrough.domain import UnableToAccept
from ridethrough.store.database import Database

WEAR = {"ups.0.battery.wear": {"chemistry": "nca", "replacement_cost_per_kwh": 300}}


def asked(changes: dict[str, Any] | None = None, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    request = {"site": site_document(WEAR | (changes or {})), "days": 1, "from": "2026-07-01", **body}
    return answer(dict(LifeBody.model_validate(request)), datetime(2026, 7, 1, tzinfo=UTC))


def test_a_life_over_http_is_that_of_the_command_line(tmp_path: Path, sqlite_database: Database) -> None:
    site = write_site(tmp_path, WEAR)
    told = run("life", site, "--days", "1", "--from", "2026-07-01", "--format", "json").document
    assert asked() == told
    client = keeping_service(sqlite_database, Clock(NOW))
    client.app.state.solvers = Here()
    assert client.put("/v1/sites/pod", json=site_document(WEAR)).status_code == 201
    stored = client.get("/v1/sites/pod/life?days=1&from=2026-07-01")
    assert stored.status_code == 200
    assert stored.json() | {"site_id": told["site_id"]} == told


def test_a_battery_without_what_a_life_takes_is_refused() -> None:
    with pytest.raises(UnableToAccept) as refused:
        asked({"ups.0.battery.wear": {}})
    assert [each.field for each in refused.value.faults] == [
        "ups.0.battery.wear.chemistry",
        "ups.0.battery.wear.replacement_cost_per_kwh",
    ]


def test_a_stored_site_refuses_more_days_than_an_answer_waits_for(sqlite_database: Database) -> None:
    client = keeping_service(sqlite_database, Clock(NOW))
    assert client.get("/v1/sites/pod/life?days=8").status_code == 422
