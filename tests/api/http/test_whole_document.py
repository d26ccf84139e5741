"""The whole OpenAPI document, asked at random (schemathesis) on a real server with a stored site.

No answer is a 5xx, has a status that the document does not give, or is not what its schema says.

Two checks are left out. A body that fits its schema may be refused with 422 (`positive_data_acceptance`): a site is an
object to the schema, and what makes it a site is checked afterwards. And a number may be written in any way that JSON
allows, such as 1.0 for 1 (`negative_data_rejection`).
"""

import re
import subprocess
import sys
from pathlib import Path

import httpx
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
_CONFIG = """
[parameters]
site_id = "pod"
name = "load"
"""


def asked_at_random(tmp_path: Path, *options: str, workers: int = 1) -> str:
    """What schemathesis says of a service with a site, after it has found nothing wrong."""
    data = tmp_path / "data"
    with running_service("--data", str(data), "--workers", str(workers), "--requests-per-minute", "1000000") as running:
        key = re.findall(r"rt_\S+", running.logged())[0]
        running.client.headers["authorization"] = f"Bearer {key}"
        keep_site(running.client)
        config = tmp_path / "schemathesis.toml"
        config.write_text(_CONFIG)
        command = [sys.executable, "-m", "schemathesis.cli", "--config-file", config, "--no-color"]
        address = f"{running.client.base_url}/openapi.json"
        asked = ["run", address, "--header", f"Authorization: Bearer {key}", "--checks", ",".join(_CHECKS)]
        given = ["--warnings", "off", "--suppress-health-check", "all", "--request-timeout", "90", "--seed", "7"]
        ran = subprocess.run(
            [*command, *asked, *given, *options], check=False, capture_output=True, text=True, cwd=tmp_path
        )
        after = running.client.get("/healthz").status_code
        logged = running.logged()
    assert ran.returncode == 0, ran.stdout[-6000:] + ran.stderr[-2000:]
    assert after == httpx.codes.OK
    assert "Traceback" not in logged
    return ran.stdout


def keep_site(client: httpx.Client) -> None:
    """Store a site, its series and a reading, so that routes have something to answer with."""
    assert client.put(_SITE, json=stored_document()).status_code == 201
    for name, value in (("load", 4300.0), ("prices", 0.1)):
        assert client.post(f"{_SITE}/series/{name}", json=day_of(value, hours=48)).is_success


def test_the_document_holds_for_a_few_random_requests(tmp_path: Path) -> None:
    said = asked_at_random(tmp_path, "--phases", "coverage", "--max-examples", "1", "--exclude-path", "/v1/studies")
    assert re.search(r"\d+ generated", said)


@pytest.mark.long
def test_the_document_holds_for_many_random_requests(tmp_path: Path) -> None:
    said = asked_at_random(
        tmp_path, "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", "60", workers=2
    )
    assert re.search(r"\d+ generated", said)
