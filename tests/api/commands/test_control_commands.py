"""`check --equipment`, `control` and `simulate` on a simulated site, over Modbus, in processes of their own."""

import contextlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import control_kills
import pytest

from ridethrough.api.commands.cli import main
from ridethrough.api.commands.control.alone import alone_on_devices, alone_on_folder
from ridethrough.api.reading.site_file import read_site_file
from ridethrough.bms.journal import records_of

COMMAND = Path(sys.executable).with_name("ridethrough")


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run([COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120)


@pytest.mark.long
def test_a_site_is_checked_run_on_paper_held_and_driven(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with control_kills.simulated(tmp_path) as site:
        checked = run("check", site, "--equipment", "--format", "json")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        devices = {each["device"]: each for each in json.loads(checked.stdout)["devices"]}
        assert {point["name"] for point in devices["ups pod-1"]["points"]} >= {"load_kw", "unit_stored_kwh", "mode"}
        assert control_kills.read_device(site).in_force is None, "a check writes nothing"

        control_kills.write_plan(site, data)
        shadow = run("control", site, "--data", data, "--shadow", "--cycles", 5)
        assert "would have given" in shadow.stdout
        assert "no money is said: " in shadow.stdout, "no interval was measured from its beginning to its end"
        assert control_kills.read_device(site).in_force is None, "a dry run writes nothing"

        assert run("control", site, "--data", data, "--hold", "work on the busbar").stdout == "held\n"
        run("control", site, "--data", data, "--cycles", 2)
        assert run("control", site, "--data", data, "--release").stdout == "released\n"
        run("control", site, "--data", data, "--cycles", 3)
        assert control_kills.read_device(site).in_force is None, "a controller that ends releases its devices"
    cycles = [each for each in records_of(data / "journal.jsonl") if each["what"] == "cycle"]
    assert [told(each) for each in cycles] == [200.0, 0.0, 200.0]
    assert "busbar" in cycles[1]["why"]
    assert [each["shadow"] for each in cycles] == [True, False, False]


def told(cycle: Any) -> float:  # noqa: ANN401
    return round(cycle["ups"]["pod-1"]["told"]["discharge_kw"], 3)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("", "equipment is None"),
        ("equipment: 3", "equipment is 3, must be a mapping"),
        ("equipment: {meter: {driver: modbus, settings: {}}, ups: {}}", "equipment.ups.pod-1"),
        (
            "equipment: {meter: {driver: fax, settings: {}}, ups: {pod-1: {driver: modbus, settings: {}}}}",
            "equipment.meter.driver is 'fax', must be one of bacnet",
        ),
        (
            """equipment:
  meter: {driver: modbus, settings: {host: h, points: {grid_kw: {register: -1}}}}
  ups: {pod-1: {driver: modbus, settings: {host: h, sunspec: true, port: 99999}}}""",
            "equipment.ups.pod-1.settings.port is 99999, must be from 1 to 65535",
        ),
    ],
)
def test_faults_of_the_equipment_are_all_named(
    written: str, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(f"{control_kills.SITE}{written}\n", encoding="utf-8")
    with pytest.raises(SystemExit) as ended:
        main(["control", str(site), "--data", str(tmp_path / "data")])
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_a_second_controller_on_the_same_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import fcntl  # noqa: PLC0415

    there = {"driver": "modbus", "settings": {"host": "127.0.0.1", "port": 1, "points": {"grid_kw": {"register": 1}}}}
    site, written = tmp_path / "site.yaml", json.dumps({"meter": there, "ups": {"pod-1": there}})
    site.write_text(f"{control_kills.SITE}equipment: {written}\n", encoding="utf-8")
    with (tmp_path / "lock").open("w", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(SystemExit):
            main(["control", str(site), "--data", str(tmp_path)])
    assert "no other controller runs" in capsys.readouterr().err


def test_a_second_controller_on_the_same_devices_is_refused_whatever_its_folder_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    device = {
        "driver": "modbus",
        "settings": {"host": "127.0.0.1", "port": 1, "sunspec": True, "unit": os.getpid() % 200 + 1},
    }
    meter = {"driver": "modbus", "settings": {"host": "127.0.0.1", "port": 1, "points": {"grid_kw": {"register": 1}}}}
    site = tmp_path / "site.yaml"
    written = json.dumps({"meter": meter, "ups": {"pod-1": device}})
    site.write_text(f"{control_kills.SITE}equipment: {written}\n", encoding="utf-8")
    equipment = read_site_file(site).equipment
    assert equipment is not None
    with alone_on_devices(equipment), pytest.raises(SystemExit) as ended:
        main(["control", str(site), "--data", str(tmp_path / "other"), "--cycles", "1"])
    assert ended.value.code == 2
    assert "equipment.ups is 'pod-1'" in capsys.readouterr().err
    with alone_on_devices(equipment):
        pass  # the lock ended with its block


def test_a_dry_run_names_a_device_that_is_never_discharged(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    there = {"driver": "modbus", "settings": {"host": "127.0.0.1", "port": 1, "points": {"grid_kw": {"register": 1}}}}
    site = tmp_path / "site.yaml"
    written = json.dumps({"meter": there, "ups": {"pod-1": there}})
    site.write_text(f"{control_kills.SITE}equipment: {written}\n", encoding="utf-8")
    with contextlib.suppress(SystemExit):
        main(["control", str(site), "--data", str(tmp_path / "data"), "--shadow", "--cycles", "1"])
    told = capsys.readouterr().out
    assert "pod-1: its device takes no setpoints, so it is commanded on paper only, and never without --shadow" in told


def test_a_hold_on_a_folder_on_which_nothing_runs_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.suppress(SystemExit):
        main(["control", "site.yaml", "--data", str(tmp_path), "--hold", "work on the busbar"])
    told = capsys.readouterr()
    assert told.out == "held\n"
    assert f"no controller runs on {tmp_path.resolve()} now" in told.err
    with alone_on_folder(tmp_path), contextlib.suppress(SystemExit):
        main(["control", "site.yaml", "--data", str(tmp_path), "--hold", "work on the busbar"])
    assert capsys.readouterr().err == ""


def test_an_event_that_cannot_be_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    site = tmp_path / "site.yaml"
    site.write_text(control_kills.SITE, encoding="utf-8")
    for event in ("outage", "x:outage:5", "5:flood:5", "5:outage:-1"):
        with pytest.raises(SystemExit):
            main(["simulate", str(site), "--event", event])
    assert capsys.readouterr().err.count("SECONDS:KIND:SECONDS") == 4
