"""What living sites add to the metrics and to the log."""

import json
import logging

import pytest
from living_sites import SITE, living_service, reading
from stored_sites import Clock

from ridethrough.api.logs import ACCESS_LOG, JsonLines
from ridethrough.api.metrics import REGISTRY
from ridethrough.store.database import Database


def count(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(f"ridethrough_{name}_total", labels) or 0.0


def test_readings_plans_and_setpoints_are_counted_and_the_log_names_the_plan(
    sqlite_database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    clock = Clock()
    client = living_service(sqlite_database, clock)
    kinds = [
        ("telemetry", {"outcome": "kept"}),
        ("telemetry", {"outcome": "repeated"}),
        ("telemetry", {"outcome": "refused"}),
        ("plans", {"status": "optimal"}),
        ("setpoints", {"mode": "plan"}),
        ("setpoints", {"mode": "hold"}),
    ]
    before = [count(name, **labels) for name, labels in kinds]
    client.get(f"{SITE}/setpoints/now")
    for body in (reading(clock()), reading(clock()), {"measured_at": "never"}):
        client.post(f"{SITE}/telemetry", json=body)
    with caplog.at_level(logging.INFO, ACCESS_LOG):
        plan_id = client.post(f"{SITE}/plans").json()["plan_id"]
        client.get(f"{SITE}/setpoints/now")
    assert [count(name, **labels) for name, labels in kinds] == [each + 1 for each in before]
    lines = [json.loads(JsonLines().format(each)) for each in caplog.records if each.name == ACCESS_LOG]
    assert [line["plan_id"] for line in lines] == [plan_id, plan_id]
    assert [line["route"] for line in lines] == ["/v1/sites/{site_id}/plans", "/v1/sites/{site_id}/setpoints/now"]
