"""What stands in `deploy/`: each file can be read, names only what there is, and starts the service as it should."""

import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from ridethrough.api.commands.cli import app
from ridethrough.api.http.server import create_app
from ridethrough.api.metrics import REGISTRY

REPOSITORY = Path(__file__).parents[2]
DEPLOY = REPOSITORY / "deploy"
BOARD: dict[str, Any] = json.loads((DEPLOY / "grafana-board.json").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
UNIT = (DEPLOY / "ridethrough.service").read_text()


def options_of(called: str) -> set[str]:
    command = typer.main.get_command(app).commands[called]  # type: ignore[attr-defined]
    return {option for parameter in command.params for option in parameter.opts}


def given_options(words: list[str]) -> set[str]:
    return {word for word in words if word.startswith("--")}


def metrics() -> dict[str, set[str]]:
    """Every sample that `/metrics` may show, with the labels of its metric."""
    families = {}
    for family in REGISTRY.collect():
        collector = REGISTRY._names_to_collectors.get(family.name)  # noqa: SLF001 - the only way to a metric without samples
        labels = {*getattr(collector, "_labelnames", ()), "le", "job", "instance"}
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"]}.get(family.type, [""])
        families |= {family.name + suffix: labels for suffix in suffixes}
    return families


def queries() -> Iterator[str]:
    for panel in BOARD["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


def test_every_metric_and_label_of_the_board_exists() -> None:
    known, asked = metrics(), list(queries())
    assert len(asked) > 10
    for query in asked:
        names = re.findall(r"\b((?:ridethrough|process)_\w+)", query)
        assert names, query
        labels = {label for group in re.findall(r"by \(([^)]*)\)", query) for label in group.split(", ")}
        labels |= {label for group in re.findall(r"\{([^}]*)\}", query) for label in re.findall(r"(\w+)=", group)}
        for name in names:
            assert name in known, query
            assert labels <= known[name], query


def test_every_metric_of_the_service_is_on_the_board() -> None:
    shown = " ".join(queries())
    ours = {family.name for family in REGISTRY.collect() if family.name.startswith("ridethrough_")}
    assert {name for name in ours if name not in shown} == set()


def test_the_panels_of_the_board_stand_side_by_side() -> None:
    taken: set[tuple[int, int]] = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken
        assert max(x for x, _ in cells) < 24
        taken |= cells
    assert len({panel["id"] for panel in BOARD["panels"]}) == len(BOARD["panels"])


def test_the_compose_file_starts_the_service_on_its_database_and_keeps_it_on_this_machine() -> None:
    service, database = COMPOSE["services"]["service"], COMPOSE["services"]["database"]
    command = service["command"]
    assert command[0] == "serve"
    assert given_options(command) <= options_of("serve")
    assert "--no-auth" not in command
    url = service["environment"]["RIDETHROUGH_DATABASE"]
    assert url.startswith("postgresql://ridethrough:")
    assert service["environment"]["RIDETHROUGH_DATABASE"].endswith(
        f"@database/{database['environment']['POSTGRES_DB']}"
    )
    assert service["depends_on"]["database"]["condition"] == "service_healthy"
    assert all(port.startswith("127.0.0.1:") for port in service["ports"])
    assert (DEPLOY / service["build"] / "Dockerfile").is_file()
    assert set(COMPOSE["volumes"]) == {volume.partition(":")[0] for volume in database["volumes"]}
    assert service["read_only"] is True


def test_the_compose_file_holds_no_password() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    assert re.findall(r"PASSWORD: (?!\$\{)", text) == []
    assert re.findall(r"://\w+:(?!\$\{)[^@]*@", text) == []


def test_the_unit_starts_the_service_in_the_folder_that_it_may_write() -> None:
    settings = dict(line.split("=", 1) for line in UNIT.splitlines() if re.match(r"\w+=", line))
    command = shlex.split(settings["ExecStart"])
    assert command[1] == "serve"
    assert given_options(command) <= options_of("serve")
    assert command[command.index("--data") + 1] == f"/var/lib/{settings['StateDirectory']}"
    assert command[command.index("--host") + 1] == "127.0.0.1"


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not installed")
def test_systemd_takes_the_unit_and_finds_it_hardened(tmp_path: Path) -> None:
    unit = tmp_path / "ridethrough.service"
    unit.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT, flags=re.MULTILINE))
    verified = subprocess.run(["systemd-analyze", "verify", unit], check=False, capture_output=True, text=True)  # noqa: S607
    assert "ridethrough.service" not in verified.stderr
    command = ["systemd-analyze", "security", "--offline=yes", "--threshold=25", unit]
    judged = subprocess.run(command, check=False, capture_output=True, text=True)
    assert judged.returncode == 0, judged.stdout + judged.stderr


def test_prometheus_asks_where_the_service_answers_with_a_key_of_its_own() -> None:
    (job,) = yaml.safe_load((DEPLOY / "prometheus.yaml").read_text())["scrape_configs"]
    assert "/metrics" in create_app().openapi()["paths"]
    assert job.get("metrics_path", "/metrics") == "/metrics"
    assert "credentials_file" in job["authorization"]
    assert job["static_configs"][0]["targets"] == ["127.0.0.1:8000"]


def test_the_image_starts_the_service_where_its_volume_is() -> None:
    text = (REPOSITORY / "Dockerfile").read_text()
    command = json.loads(re.findall(r"^CMD (\[.*\])", text, re.MULTILINE)[-1])
    volume = json.loads(re.findall(r"^VOLUME (\[.*\])", text, re.MULTILINE)[-1])
    assert command[:1] == ["serve"]
    assert given_options(command) <= options_of("serve")
    assert [command[command.index("--data") + 1]] == volume
