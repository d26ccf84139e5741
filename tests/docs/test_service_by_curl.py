"""What the README and the page of the service say to send by curl is sent, and answered as they say."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from documents import series_rows
from service import Running, running_service

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```sh\n(.*?)^```$", flags=re.MULTILINE | re.DOTALL)
_BASH = shutil.which("bash") or "/bin/bash"
KEY = re.compile(r"rt_[0-9a-f]{12}_[\w-]+")


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    if shutil.which("curl") is None:
        if os.environ.get("RIDETHROUGH_REQUIRE_SERVICES"):
            pytest.fail("curl is not installed: apt-get install curl")
        pytest.skip("curl is not installed: apt-get install curl")
    with running_service("--data", str(tmp_path / "data")) as service:
        yield service


def _blocks(page: str, heading: str) -> list[str]:
    text = (ROOT / page).read_text(encoding="utf-8")
    return BLOCK.findall(text[text.index(f"\n{heading}\n") :].split("\n## ", 2)[1])


def _answers(commands: str, running: Running, folder: Path) -> list[object]:
    """The answers of all curls of a block, each on a line; CSV as it is."""
    key = KEY.search(running.logged())
    assert key is not None, "the first start prints a key"
    script = commands.replace("http://127.0.0.1:8000", str(running.client.base_url).rstrip("/"))
    script = script.replace("KEY=rt_...", f"KEY={key[0]}").replace("curl -sS ", "curl -sS -w '\\n@@\\n' ")
    ran = subprocess.run([_BASH, "-eu"], input=script, text=True, capture_output=True, cwd=folder, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    parts = [part.strip() for part in ran.stdout.split("@@")[:-1]]
    return [json.loads(part) if part.startswith("{") else part for part in parts]


def test_from_nothing_to_setpoints_by_the_readme_alone(running: Running, tmp_path: Path) -> None:
    serve, commands = _blocks("README.md", "## A site that lives")
    assert serve == "ridethrough serve --data data\n"
    site, telemetry, in_file, now = _answers(commands, running, tmp_path)
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert in_file == ""
    assert (site["ready"], site["version"]) == (True, 1)  # type: ignore[index]
    assert telemetry["against"] == []  # type: ignore[index]
    assert plan["certificate"]["certified"] is True
    assert (now["mode"], set(now["ups"])) == ("plan", {"pod-1"})  # type: ignore[index]
    assert now["ups"]["pod-1"]["stored_kwh"] == 900  # type: ignore[index]


@pytest.mark.long
def test_series_go_up_and_come_down_as_the_page_says(running: Running, tmp_path: Path) -> None:
    _, commands = _blocks("README.md", "## A site that lives")
    stored = commands.replace("load: {constant_kw: 4300}", "load: {csv: load.csv}").partition("curl -sS -H")
    put = next(line for line in commands.splitlines() if "-X PUT" in line)
    rows = series_rows("2026-07-15T00:00:00-04:00", [4300 + number for number in range(96)], minutes=15)
    (tmp_path / "load.csv").write_text("\n".join(["start,load_kw", *rows]) + "\n")
    (series,) = _blocks("docs/service.md", "## Its series")
    (life,) = _blocks("docs/service.md", "## Life")
    asked = stored[0].replace("state_of_health: 0.92", "wear: {chemistry: nca, replacement_cost_per_kwh: 300}")
    site, sent, read, listed, lives = _answers(f"{asked}{put}\n{series}{life}", running, tmp_path)
    assert (lives["from"], lives["recommended"]["ups"][0]["id"]) == ("2026-07-01", "pod-1")  # type: ignore[index]
    assert [each["series"] for each in site["missing"]] == ["load.csv"]  # type: ignore[index]
    assert sent["taken"][0]["new"] == 96  # type: ignore[index]
    assert str(read).splitlines()[0] == "start,load_kw"
    assert [float(line.split(",")[1]) for line in str(read).splitlines()[1:]] == [4300, 4301, 4302, 4303]
    assert (len(listed["series"]), listed["missing"]) == (1, [])  # type: ignore[index]


@pytest.mark.long
def test_keys_are_made_listed_and_revoked_as_the_page_says(running: Running, tmp_path: Path) -> None:
    by_http, _ = _blocks("docs/service-operations.md", "## Keys")
    first = KEY.search(running.logged())
    assert first is not None
    asked = {"authorization": f"Bearer {first[0]}"}
    other = running.client.post("/v1/keys", json={"role": "viewer"}, headers=asked).json()
    commands = "KEY=rt_...\n" + by_http.replace("5f0c1d9a7b3e", other["id"])
    made, listed, revoked, journal = _answers(commands, running, tmp_path)
    assert (made["role"], made["site_id"]) == ("operator", "ashburn-pod-1")  # type: ignore[index]
    assert len(listed["keys"]) == 3  # type: ignore[index]
    assert revoked == {"revoked": [other["id"]]}
    told = [(each["what"], each["detail"]["id"]) for each in journal["entries"]]  # type: ignore[index]
    assert told[0] == ("key_revoked", other["id"])


@pytest.mark.long
def test_a_site_lives_as_the_page_says(running: Running, tmp_path: Path) -> None:
    _, commands = _blocks("README.md", "## A site that lives")
    headings = ("Telemetry", "Plans", "Setpoints of now", "Hold, release, alarms, journal", "Time machine")
    blocks = [block for heading in headings for block in _blocks("docs/service.md", f"## {heading}")]
    blocks.insert(-1, "sleep 1.1\n")  # the time machine is asked for whole seconds: a reader does not type faster
    answers = _answers("\n".join([commands, *blocks]), running, tmp_path)[4:]
    telemetry, made, current, listed, now, held, holding, released, alarms, journal, past = answers
    assert telemetry["against"] == []  # type: ignore[index]
    assert current == made
    assert len(listed["plans"]) == 2  # type: ignore[index]
    assert now["mode"] == "plan"  # type: ignore[index]
    assert (held["held"], holding["mode"], released["held"]) == (True, "hold", False)  # type: ignore[index]
    assert "battery works" in holding["why"]  # type: ignore[index]
    assert alarms["alarms"] == []  # type: ignore[index]
    assert journal["entries"][0]["what"] == "released"  # type: ignore[index]
    assert past["replay"]["same"] is True  # type: ignore[index]
