"""`ridethrough swing`, and what a plan says of swings and ramps in its site file."""

import csv
import io
from itertools import pairwise
from pathlib import Path

import pytest
from documents import DAY, run, write_site

SWING = {"amplitude_kw": 2400, "frequency_hz": 1}


def test_json_sizes_a_capacitor_and_says_what_it_frees() -> None:
    document = run("swing", "--amplitude-kw", 2400, "--frequency-hz", 0.2, "--format", "json").document

    assert document["energy_kwh"] == pytest.approx(0.833333)
    assert document["power_kw"] == 1200
    assert document["capacitor"] == {"given": False, "energy_kwh": 0.833333, "power_kw": 1200}
    assert (document["headroom_without_kw"], document["headroom_with_kw"], document["freed_kw"]) == (1200, 0, 1200)
    assert [row["frequency_hz"] for row in document["frequencies"]] == [0.1, 0.2, 0.5, 1, 2, 3]
    assert document["frequencies"][0]["headroom_with_kw"] == pytest.approx(600)
    assert document["frequencies"][3]["energy_kwh"] == pytest.approx(0.166667)


def test_a_ramp_asks_for_less() -> None:
    asked = ("swing", "--amplitude-kw", 2400, "--frequency-hz", 0.1, "--format", "json")
    document = run(*asked, "--ramp-kw-per-s", 1000).document

    assert document["energy_kwh"] == pytest.approx(0.8)
    assert document["foreseen_energy_kwh"] == pytest.approx(0.4)
    assert document["power_kw"] == 2400


def test_a_given_capacitor_is_judged() -> None:
    asked = ("swing", "--amplitude-kw", 2400, "--frequency-hz", 1.5, "--capacitor-kwh", 0.05, "--capacitor-kw", 2000)
    document, table = run(*asked, "--format", "json").document, run(*asked).out

    assert document["capacitor"]["given"] is True
    assert document["headroom_with_kw"] == pytest.approx(1200 - 540)
    assert "660 kW with the given capacitor" in table
    assert "it does not take the swing whole" in table
    assert "1.5" in table


def test_the_table_is_for_people() -> None:
    out = run("swing", "--amplitude-kw", 2400, "--frequency-hz", 1, "--ramp-kw-per-s", 500).out

    assert "2,400 kW peak to peak at 1 Hz, the meter ramping at most 500 kW/s" in out
    assert "takes a capacitor of 0.167 kWh and 1,200 kW" in out
    assert "0 kW with this capacitor" in out
    assert "the meter flat" in run("swing", "--amplitude-kw", 2400, "--frequency-hz", 1).out


def test_csv_has_one_row_a_frequency(tmp_path: Path) -> None:
    file = tmp_path / "swing.csv"
    run("swing", "--amplitude-kw", 2400, "--frequency-hz", 0.7, "--format", "csv", "--out", file)

    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert [float(row["frequency_hz"]) for row in rows] == [0.1, 0.2, 0.5, 0.7, 1, 2, 3]


def test_every_fault_is_listed() -> None:
    ran = run("swing", "--amplitude-kw", -1, "--frequency-hz", "nan", "--ramp-kw-per-s", -2, "--capacitor-kw", 5)

    assert ran.code == 2
    assert ran.out == ""
    for field in ("amplitude_kw is -1.0", "frequency_hz is nan", "ramp_kw_per_s is -2.0", "--capacitor-kwh is None"):
        assert field in ran.err
    wrong = run("swing", "--amplitude-kw", 1, "--frequency-hz", 1, "--capacitor-kwh", 0, "--capacitor-kw", 0)
    assert "energy_kwh is 0.0" in wrong.err
    assert "power_kw is 0.0" in wrong.err
    assert run("swing", "--amplitude-kw", 1, "--frequency-hz", 1, "--capacitor-kwh", 1).code == 2


def test_a_plan_keeps_power_for_swings_and_says_what_they_wear(tmp_path: Path) -> None:
    changes = {
        "ups.0.swing": SWING,
        "ups.0.capacitor": {"energy_kwh": 0.1, "power_kw": 1500},
        "ups.0.battery.wear_cost_per_kwh": 0.01,
        "interconnection.ramp_limit_kw_per_min": 5,
    }
    document = run("plan", write_site(tmp_path, changes), "--date", DAY, "--format", "json").document

    assert document["certificate"]["certified"]
    assert any(
        "505 kW of battery power is kept for swings of 2,400 kW at 1 Hz" in each for each in document["warnings"]
    )
    assert any("at most 2.53 USD an hour" in each for each in document["warnings"])
    grid = [row["grid_kw"] for row in document["intervals"]]
    assert max(abs(after - before) for before, after in pairwise(grid)) <= 300 + 1e-4


def test_an_unhealthy_capacitor_takes_nothing(tmp_path: Path) -> None:
    sick = {"energy_kwh": 1, "power_kw": 2400, "healthy": False}
    site = write_site(tmp_path, {"ups.0.swing": SWING, "ups.0.capacitor": sick})
    ran = run("plan", site, "--date", DAY, "--look-ahead-h", 0)

    assert "1,263 kW of battery power is kept" in ran.out
    assert "63 kW are beyond the batteries too" in ran.out
    healthy = write_site(tmp_path, {"ups.0.swing": SWING, "ups.0.capacitor": {**sick, "healthy": True}})
    assert "battery power is kept" not in run("plan", healthy, "--date", DAY, "--look-ahead-h", 0).out


def test_faults_of_a_swing_are_listed_with_all_others(tmp_path: Path) -> None:
    changes = {
        "ups.0.swing": {"amplitude_kw": -1, "frequency_hz": 0},
        "ups.0.capacitor": {"energy_kwh": 0, "power_kw": "x"},
        "interconnection.ramp_limit_kw_per_min": -1,
        "interval_minutes": 7,
    }
    ran = run("plan", write_site(tmp_path, changes), "--date", DAY)

    assert ran.code == 2
    for field in (
        "ups.pod-1.swing.amplitude_kw",
        "ups.pod-1.swing.frequency_hz",
        "ups.pod-1.capacitor.power_kw",
        "interconnection.ramp_limit_kw_per_min",
        "interval_minutes",
    ):
        assert field in ran.err
