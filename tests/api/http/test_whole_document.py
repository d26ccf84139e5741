"""The whole OpenAPI document, asked at random (schemathesis) on a real server with a stored site.

No answer is a 5xx, has a status that the document does not give, or is not what its schema says.

Two checks are left out. A body that fits its schema may be refused with 422 (`positive_data_acceptance`): a site is an
object to the schema, and what makes it a site is checked afterwards. And a number may be written in any way that JSON
allows, such as 1.0 for 1 (`negative_data_rejection`).
"""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import patient_command
import pytest
from service import running_service
from stored_sites import day_of, stored_document

_CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)
_SITE = "/v1/sites/pod"
_CONFIG = f"""
[parameters]
site_id = "pod"
name = "load"
plan_id = "plan-1"
alarm_id = 1
webhook_id = 1
time = "{datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")}"
"""
_DELETING = ("--include-method", "DELETE")
_KEEPING = ("--exclude-method", "DELETE")


def asked_at_random(tmp_path: Path, *options: str) -> None:
    """Ask a service with a site, first what keeps things and then what deletes them; nothing wrong may be found."""
    data = tmp_path / "data"
    options_of_service = ("--data", str(data), "--requests-per-minute", "1000000")
    with running_service(*options_of_service, command=(sys.executable, patient_command.__file__)) as running:
        key = re.findall(r"rt_\S+", running.logged())[0]
        running.client.headers["authorization"] = f"Bearer {key}"
        keep_site(running.client)
        for methods in (_KEEPING, _DELETING):
            ask(tmp_path, str(running.client.base_url), key, *methods, *options)
        after = running.client.get("/healthz").status_code
        logged = running.logged()
    assert after == httpx.codes.OK
    assert "Traceback" not in logged


def ask(tmp_path: Path, address: str, key: str, *options: str) -> None:
    """Let schemathesis ask."""
    config = tmp_path / "schemathesis.toml"
    config.write_text(_CONFIG)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", config, "--no-color", "run"]
    asked = [f"{address}/openapi.json", "--header", f"Authorization: Bearer {key}", "--checks", ",".join(_CHECKS)]
    given = ["--warnings", "off", "--suppress-health-check", "all", "--request-timeout", "90", "--seed", "7"]
    ran = subprocess.run(
        [*command, *asked, *given, *options], check=False, capture_output=True, text=True, cwd=tmp_path
    )
    sys.stdout.write(ran.stdout)
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert re.search(r"[1-9]\d* generated", ran.stdout)


def keep_site(client: httpx.Client) -> None:
    """Store a site, its series, a reading, a plan and a receiver, so that routes have something to answer with."""
    assert client.put(_SITE, json=stored_document()).status_code == 201
    now = datetime.now(UTC)
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=240)
    for name, value, hours in (("load", 4300.0, 240), ("prices", 0.1, 300)):
        assert client.post(f"{_SITE}/series/{name}", json=day_of(value, start=first, hours=hours)).is_success
    reading = {"stored_kwh": 900.0, "load_kw": 4300.0, "mode": "normal"}
    telemetry = {"measured_at": now.isoformat(), "grid_kw": 5600.0, "ups": {"pod-1": reading}}
    assert client.post(f"{_SITE}/telemetry", json=telemetry).is_success
    made = client.post(f"{_SITE}/plans", json={"why": "to have one"}, timeout=120)
    assert made.status_code == 201, made.text
    assert client.get(f"{_SITE}/setpoints/now").status_code == 200
    assert client.post(f"{_SITE}/webhooks", json={"url": "https://receiver.invalid/"}).status_code == 201


@pytest.mark.long
def test_the_document_holds_for_many_random_requests(tmp_path: Path) -> None:
    asked_at_random(tmp_path, "--phases", "examples,coverage,fuzzing", "--max-examples", "30")
