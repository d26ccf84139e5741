"""`ridethrough plan`: the answer in every form, and where it goes."""

import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from documents import DAY, run, write_site

EXAMPLES = sorted((Path(__file__).parents[4] / "examples").glob("*/site.yaml"))
COMMAND = Path(sys.executable).with_name("ridethrough")
NUMBER = (int, float)


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path)


def ridethrough(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [COMMAND, *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, **environment},
    )


def test_the_installed_command_plans_and_certifies_its_own_plan(site: Path) -> None:
    planned = ridethrough("plan", site, "--date", DAY, "--format", "json")
    assert (planned.returncode, planned.stderr) == (0, "")
    plan = site.with_name("plan.json")
    plan.write_text(planned.stdout)
    certified = ridethrough("certify", site, plan)
    assert certified.returncode == 0
    assert "kept" in certified.stdout


def test_the_installed_command_refuses_bad_input_with_exit_2(tmp_path: Path) -> None:
    refused = ridethrough("plan", write_site(tmp_path, {"ups.0.battery.nominal_kwh": -1}))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr == "error: site.yaml: ups.pod-1.battery.nominal_kwh is -1.0, must be a number above 0\n"


def test_a_terminal_without_our_characters_still_gets_the_plan(site: Path) -> None:
    planned = ridethrough("plan", site, "--date", DAY, PYTHONIOENCODING="ascii")
    assert planned.returncode == 0
    assert "Reserve" in planned.stdout


@pytest.mark.parametrize("site", EXAMPLES, ids=lambda site: site.parent.name)
def test_every_example_plans_saves_and_is_certified(site: Path, tmp_path: Path) -> None:
    assert run("reserve", site).code == 0
    (day, *_) = re.findall(r"ridethrough plan .*--date (\S+)", site.with_name("README.md").read_text())
    files = ("--look-ahead-h", 0, "--out", tmp_path / "plan.json", "--plot", tmp_path / "plan.html")
    ran = run("plan", site, "--date", day, "--format", "json", *files)
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert plan["status"] == "optimal"
    assert plan["certificate"]["certified"]
    assert plan["savings"] >= 0
    assert run("certify", site, tmp_path / "plan.json").code == 0


def test_json_holds_every_field_of_the_contract(site: Path) -> None:
    plan = run("plan", site, "--date", DAY, "--format", "json").document
    assert plan["site_id"] == "pod"
    assert plan["status"] == "optimal"
    assert datetime.fromisoformat(plan["issued_at"]).tzinfo is not None
    assert plan["currency"] == "USD"
    assert plan["horizon"] == {
        "start": f"{DAY}T00:00:00-04:00",
        "end": "2026-07-16T00:00:00-04:00",
        "interval_minutes": 60,
    }
    for cost in (plan["cost"], plan["baseline_cost"]):
        assert {"total", "energy", "demand", "wear"} <= cost.keys()
        assert all(isinstance(value, NUMBER) for value in cost.values())
    assert plan["savings"] == pytest.approx(plan["baseline_cost"]["total"] - plan["cost"]["total"], abs=1e-5)
    assert plan["certificate"]["certified"] is True
    assert plan["certificate"]["outages_replayed"] == 25 * 2
    assert plan["certificate"]["worst_ride_through_s"] >= plan["certificate"]["required_s"] - 1e-3
    assert all(isinstance(warning, str) for warning in plan["warnings"])
    assert {"sha256", "given", "defaulted", "imputed", "assumed"} <= plan["inputs"].keys()
    assert len(plan["intervals"]) == 24


def test_every_interval_holds_its_fields_as_numbers(site: Path) -> None:
    plan = run("plan", site, "--date", DAY, "--format", "json").document
    meter = {"price_per_kwh", "grid_kw", "baseline_grid_kw", "grid_target_kw"}
    battery = {"load_kw", "charge_kw", "discharge_kw", "stored_kwh", "reserve_kwh", "ride_through_s"}
    for index, row in enumerate(plan["intervals"]):
        start = datetime.fromisoformat(row["start"])
        assert start == datetime.fromisoformat(plan["horizon"]["start"]) + timedelta(hours=index)
        assert row.keys() == meter | {"start", "ups"}
        assert all(isinstance(row[name], NUMBER) for name in meter)
        assert [ups["id"] for ups in row["ups"]] == ["pod-1"]
        for ups in row["ups"]:
            assert ups.keys() == battery | {"id"}
            assert all(isinstance(ups[name], NUMBER) for name in battery)
            assert ups["stored_kwh"] >= ups["reserve_kwh"] - 1e-6
            assert min(ups["charge_kw"], ups["discharge_kw"]) == 0


def test_csv_carries_the_same_plan_as_json(site: Path) -> None:
    plan = run("plan", site, "--date", DAY, "--format", "json").document
    rows = list(csv.DictReader(io.StringIO(run("plan", site, "--date", DAY, "--format", "csv").out)))
    assert len(rows) == 24
    for row, interval in zip(rows, plan["intervals"], strict=True):
        (ups,) = interval["ups"]
        assert row["start"] == interval["start"]
        assert row["ups"] == ups["id"]
        for name in ("price_per_kwh", "grid_kw", "baseline_grid_kw", "grid_target_kw"):
            assert float(row[name]) == interval[name]
        for name in ("load_kw", "charge_kw", "discharge_kw", "stored_kwh", "reserve_kwh", "ride_through_s"):
            assert float(row[name]) == ups[name]


def test_the_table_shows_the_reserve_and_the_savings_first_and_has_no_trailing_blanks(site: Path) -> None:
    lines = run("plan", site, "--date", DAY).out.splitlines()
    head = "\n".join(lines[:8])
    assert "Reserve" in head
    assert "Saves" in head
    assert all(line == line.rstrip() for line in lines)
    assert max(map(len, lines)) <= 132


def test_the_table_goes_to_a_file_as_it_goes_to_the_terminal(site: Path, tmp_path: Path) -> None:
    ran = run("plan", site, "--date", DAY, "--out", tmp_path / "plan.txt")
    assert (ran.code, ran.out) == (0, "")
    assert "Reserve" in (tmp_path / "plan.txt").read_text()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["plan.txt", "site.yaml"]


def test_an_answer_may_go_to_a_device(site: Path) -> None:
    assert run("plan", site, "--date", DAY, "--format", "json", "--out", "/dev/null").code == 0


@pytest.mark.parametrize("option", ["--out", "--plot"])
def test_a_file_that_cannot_be_written_is_named(site: Path, tmp_path: Path, option: str) -> None:
    ran = run("plan", site, "--date", DAY, option, tmp_path / "no such folder" / "file")
    assert ran.code == 2
    assert "no such folder" in ran.err
    assert "a file that can be written (No such file or directory)" in ran.err


def test_the_picture_may_not_overwrite_the_plan(site: Path, tmp_path: Path) -> None:
    ran = run("plan", site, "--out", tmp_path / "one", "--plot", tmp_path / "one")
    assert ran.code == 2
    assert "another file than --out" in ran.err


def test_short_moves_of_a_battery_are_one_line_in_the_table(tmp_path: Path) -> None:
    prices = [0.05 if quarter % 2 else 0.6 for quarter in range(96)]
    changes = {"interval_minutes": 15, "prices.values": prices, "ups.0.battery.wear_cost_per_kwh": 0.001}
    out = run("plan", write_site(tmp_path, changes), "--date", DAY).out
    (row,) = [line for line in out.splitlines() if " trim " in line]
    assert row.split()[:3] == ["00:00", "-", "00:00"]
    assert " .. +" in row


def test_a_day_of_minutes_fits_the_width_of_the_table(tmp_path: Path) -> None:
    changes = {"interval_minutes": 1, "prices.values": [0.05] * 1200 + [0.5] * 240, "prices.interval_minutes": 1}
    lines = run("plan", write_site(tmp_path, changes), "--date", DAY).out.splitlines()
    assert max(map(len, lines)) <= 132
