import csv
import io
import json
import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from documents import DAY, REMOVED, run, series_rows, site_document, write_site

EXAMPLES = sorted((Path(__file__).parents[3] / "examples").glob("*/site.yaml"))
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


def state_file(folder: Path, state: dict[str, Any]) -> Path:
    path = folder / "state.json"
    path.write_text(json.dumps(state))
    return path


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


def test_json_names_what_was_given_defaulted_imputed_and_assumed(site: Path, tmp_path: Path) -> None:
    state = state_file(tmp_path, {"ups": {"pod-1": {"stored_kwh": 800}}})
    without = run("plan", site, "--date", DAY, "--format", "json").document["inputs"]
    given = run("plan", site, "--date", DAY, "--state", state, "--format", "json").document["inputs"]
    assert without["given"] == ["site.yaml"]
    assert given["given"] == ["site.yaml", "state.json"]
    assert without["sha256"] != given["sha256"]
    assert any("pod-1 taken as full" in line for line in without["assumed"])
    assert not any("taken as full" in line for line in given["assumed"])
    assert without["imputed"]["ups.pod-1.battery.charge_limit_kw"] == "240: 20 % of unit_output_limit_kw"
    assert without["defaulted"]["ups.pod-1.rectifier_efficiency"] == 0.97


def test_the_hash_follows_the_figures_in_a_series(tmp_path: Path) -> None:
    hashes = set()
    for load in (4300, 4301):
        (tmp_path / "load.csv").write_text(
            "\n".join(["start,load_kw", *series_rows(f"{DAY}T00:00-04:00", [load] * 24)])
        )
        site = write_site(tmp_path, {"ups.0.load": {"csv": "load.csv"}})
        hashes.add(run("plan", site, "--date", DAY, "--format", "json").document["inputs"]["sha256"])
    assert len(hashes) == 2


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


def test_without_a_date_a_past_that_ended_long_ago_is_refused(site: Path) -> None:
    refused = run("plan", site, "--format", "json")
    assert (refused.code, refused.out) == (2, "")
    assert "time covered is" in refused.err


def test_without_a_date_and_without_series_tomorrow_is_planned(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"prices": None, "tariff": "dominion-gs-4", "interval_minutes": 60})
    plan = run("plan", site, "--format", "json").document
    assert any("is tomorrow at the site" in line for line in plan["inputs"]["assumed"])
    assert len(plan["intervals"]) in (23, 24, 25)


def test_a_look_ahead_plans_past_the_day_but_delivers_the_day(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"prices.values": [0.03] * 20 + [0.06] * 4 + [0.5] * 24})
    alone = run("plan", site, "--date", DAY, "--look-ahead-h", 0, "--format", "json").document
    ahead = run("plan", site, "--date", DAY, "--look-ahead-h", 24, "--format", "json").document
    assert len(ahead["intervals"]) == len(alone["intervals"]) == 24
    stored = [plan["intervals"][-1]["ups"][0]["stored_kwh"] for plan in (alone, ahead)]
    assert stored[0] >= alone["stored_at_start_kwh"]["pod-1"] - 1e-6
    assert ahead["certificate"]["certified"]


@pytest.mark.parametrize(("day", "offset", "hours"), [("2026-03-08", "-05:00", 23), ("2026-11-01", "-04:00", 25)])
def test_a_day_of_a_clock_change_is_planned_whole(tmp_path: Path, day: str, offset: str, hours: int) -> None:
    rows = series_rows(f"{day}T00:00{offset}", [4000 + step for step in range(4 * hours)], minutes=15)
    (tmp_path / "load.csv").write_text("\n".join(["start,load_kw", *rows]))
    changes = {"interval_minutes": 15, "ups.0.load": {"csv": "load.csv"}, "prices": None, "tariff": "dominion-gs-4"}
    site = write_site(tmp_path, changes)
    ran = run("plan", site, "--date", day, "--format", "json", "--plot", tmp_path / "plan.html")
    assert ran.code == 0
    plan = ran.document
    assert len(plan["intervals"]) == 4 * hours
    starts = [datetime.fromisoformat(row["start"]) for row in plan["intervals"]]
    assert {after - before for before, after in pairwise(starts)} == {timedelta(minutes=15)}
    assert plan["intervals"][-1]["ups"][0]["load_kw"] == 4000 + 4 * hours - 1
    assert plan["certificate"]["certified"]
    assert run("plan", site, "--date", day).code == 0


def test_stored_energy_below_the_reserve_is_recovered_before_anything_is_traded(site: Path, tmp_path: Path) -> None:
    state = state_file(tmp_path, {"ups": {"pod-1": {"stored_kwh": 400}}})
    ran = run("plan", site, "--date", DAY, "--state", state, "--format", "json")
    plan = ran.document
    assert (ran.code, plan["status"]) == (0, "recovery")
    rows = [row["ups"][0] for row in plan["intervals"]]
    restored = next(index for index, row in enumerate(rows) if row["stored_kwh"] >= row["reserve_kwh"] - 1e-3)
    assert all(row["discharge_kw"] == 0 for row in rows[: restored + 1])
    assert any(row["discharge_kw"] > 0 for row in rows[restored + 1 :])
    headroom_kw = (6500 - 900 - 4300 / 0.95 / 0.97) * 0.97
    assert rows[0]["charge_kw"] >= min((583.056928 - 400) / 0.98, headroom_kw, 5 * 240) - 1e-4
    assert all(row["stored_kwh"] >= row["reserve_kwh"] - 1e-3 for row in rows[restored:])
    assert any("400.0 kWh stored is below the reserve of 583.1 kWh" in line for line in plan["warnings"])
    assert any("reserve restored at" in line for line in plan["warnings"])


def test_a_recovery_plan_in_csv_raises_its_alarm_on_standard_error(site: Path, tmp_path: Path) -> None:
    state = state_file(tmp_path, {"ups": {"pod-1": {"stored_kwh": 400}}})
    ran = run("plan", site, "--date", DAY, "--state", state, "--format", "csv")
    assert ran.code == 0
    assert "alarm: pod-1: 400.0 kWh stored is below the reserve" in ran.err


def test_a_reserve_above_capacity_is_an_alarm_with_its_deficit_and_exit_3(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"ups.0.battery.nominal_kwh": 110, "ups.0.battery.state_of_health": 0.9})
    ran = run("plan", site, "--date", DAY, "--format", "json")
    plan = ran.document
    assert (ran.code, plan["status"]) == (3, "recovery")
    assert "reserve is infeasible" in ran.err
    assert "kWh and" in plan["warnings"][0]
    assert all(row["ups"][0]["discharge_kw"] == 0 for row in plan["intervals"])
    assert not plan["certificate"]["certified"]
    table = run("plan", site, "--date", DAY)
    assert table.code == 3
    assert "NOT PROVEN" in table.out


def test_a_reserve_above_capacity_is_reported_with_exit_3(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"ups.0.battery.nominal_kwh": 110, "ups.0.battery.state_of_health": 0.9})
    ran = run("reserve", site, "--format", "json")
    (ups,) = ran.document["ups"]
    assert ran.code == 3
    assert not ups["feasible"]
    assert ups["reserve_fraction"] > 1
    assert ups["deficit_kwh"] > 0
    assert ups["deficit_s"] > 0
    assert "the reserve is infeasible (capacity)" in ran.err
    assert "ALARM" in run("reserve", site).out


def test_batteries_help_with_a_load_beyond_the_import_limit_and_the_answer_is_not_certified(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"interconnection.import_limit_kw": 5000})
    ran = run("plan", site, "--date", DAY, "--format", "json")
    assert (ran.code, ran.document["status"]) == (3, "optimal")
    assert sum(row["ups"][0]["discharge_kw"] for row in ran.document["intervals"]) > 0
    assert "the loads alone import up to 5566.3 kW, above the limit of 5000.0 kW" in ran.err


def test_a_recovery_plan_that_breaks_a_limit_is_no_safe_plan(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"interconnection.import_limit_kw": 5000})
    state = state_file(tmp_path, {"ups": {"pod-1": {"stored_kwh": 400}}})
    ran = run("plan", site, "--date", DAY, "--state", state, "--format", "json")
    assert (ran.code, ran.document["status"]) == (3, "recovery")


def test_the_reserve_is_printed_in_every_format(site: Path) -> None:
    document = run("reserve", site, "--format", "json").document
    (ups,) = document["ups"]
    names = {
        "id", "feasible", "reserve_fraction", "reserve_kwh", "need_kwh", "tradable_kwh", "ride_through_s", "required_s",
        "recharge_h", "binding",
    }  # fmt: skip
    assert names <= ups.keys()
    assert ups["need_kwh"] == pytest.approx(421.052632)
    (row,) = csv.DictReader(io.StringIO(run("reserve", site, "--format", "csv").out))
    assert float(row["reserve_kwh"]) == ups["reserve_kwh"]
    text = run("reserve", site).out
    assert "583.1 kWh" in text
    assert all(line == line.rstrip() and len(line) <= 132 for line in text.splitlines())


def test_a_recharge_without_headroom_is_null_in_json_and_never_in_the_table(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"interconnection.import_limit_kw": 5600})
    done = run("reserve", site, "--format", "json")
    (ups,) = json.loads(done.out)["ups"]
    assert (ups["recharge_h"], ups["feasible"], ups["binding"]) == (None, False, "recharge")
    assert done.code == 3
    table = run("reserve", site).out
    assert "never" in table
    assert "NO" in table
    assert "once it was used the reserve is never restored" in table


def test_two_systems_behind_one_meter_are_planned_together(tmp_path: Path) -> None:
    (first,) = site_document()["ups"]
    second = {**first, "id": "pod-2", "load": {"constant_kw": 4000}}
    site = write_site(tmp_path, {"ups": [first, second], "interconnection.import_limit_kw": 12000})
    plan = run("plan", site, "--date", DAY, "--format", "json").document
    assert [ups["id"] for ups in plan["intervals"][0]["ups"]] == ["pod-1", "pod-2"]
    rows = list(csv.DictReader(io.StringIO(run("plan", site, "--date", DAY, "--format", "csv").out)))
    assert len(rows) == 48


def test_one_file_may_hold_loads_and_prices_side_by_side(tmp_path: Path) -> None:
    rows = series_rows(f"{DAY}T00:00-04:00", [f"{4000 + hour},{30 + hour}" for hour in range(24)])
    (tmp_path / "all.csv").write_text("\n".join(["start,load_kw,price_per_mwh", *rows]))
    site = write_site(tmp_path, {"ups.0.load": {"csv": "all.csv"}, "prices": {"csv": "all.csv"}})
    plan = run("plan", site, "--date", DAY, "--format", "json").document
    assert [row["price_per_kwh"] for row in plan["intervals"]] == [round(0.030 + hour / 1000, 6) for hour in range(24)]
    assert [row["ups"][0]["load_kw"] for row in plan["intervals"]] == [4000 + hour for hour in range(24)]


def test_figures_of_a_tariff_that_held_at_another_time_are_named(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"prices": None, "tariff": "dominion-gs-4"})
    plan = run("plan", site, "--date", DAY, "--format", "json").document
    assert any("these figures are valid from 2021-07-01 to 2023-09-01" in line for line in plan["warnings"])


def test_energy_without_a_price_is_named(tmp_path: Path) -> None:
    tariff = {
        "name": "delivery",
        "schedules": {"flat": [{"period": "all"}]},
        "demand": [{"name": "facility", "schedule": "flat", "period": "all", "tiers": [{"rate_per_kw": 10}]}],
    }
    plan = run("plan", write_site(tmp_path, {"tariff": tariff, "prices": None}), "--date", DAY, "--format", "json")
    assert any("energy is planned as if it were free" in line for line in plan.document["warnings"])


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


def test_yaml_may_reuse_a_battery_by_merging_it(tmp_path: Path) -> None:
    (tmp_path / "site.yaml").write_text(
        f"""
id: pod
timezone: America/New_York
interval_minutes: 60
interconnection: {{import_limit_kw: 1.2e4}}
prices: {{start: "{DAY}T00:00-04:00", values: [{", ".join(["0.05"] * 24)}]}}
ups:
  - &pod
    id: pod-1
    units: 5
    tolerated_failures: 1
    unit_output_limit_kw: 1200
    load: {{constant_kw: 4300}}
    battery: {{nominal_kwh: 200}}
    reserve: {{ride_through_s: 300}}
  - {{<<: *pod, id: pod-2}}
"""
    )
    assert [ups["id"] for ups in run("reserve", tmp_path / "site.yaml", "--format", "json").document["ups"]] == [
        "pod-1",
        "pod-2",
    ]


def test_a_plan_says_what_it_takes_for_granted_of_windows_readings_and_power_factors(tmp_path: Path) -> None:
    tariff = {
        "name": "quarter hours",
        "energy": {"periods": {"all": 0.05}},
        "cycle": {"read_dates": ["2026-06-15", "2026-07-16"]},
        "demand": [{"name": "facility", "rate_per_kw": 12, "unit": "kVA", "window_minutes": 15}],
    }
    said = [
        "facility: demand is the mean of 15 minutes, but the plan has 60",
        "no reading after 2026-07-16 is known: billing periods of 31 days, as the last, are assumed from there",
    ]
    unknown = "charges count kVA or kVAR and no power factor was given: 1.0 is assumed, so kVA are kW and kVAR are none"
    site = write_site(tmp_path, {"tariff": tariff, "prices": REMOVED})
    warnings = run("plan", site, "--date", DAY, "--look-ahead-h", 24, "--format", "json").document["warnings"]
    assert {*said, unknown} <= set(warnings)
    known = write_site(tmp_path, {"tariff": tariff, "prices": REMOVED, "power_factor": 0.8})
    planned = run("plan", known, "--date", DAY, "--look-ahead-h", 0, "--format", "json").document
    assert unknown not in planned["warnings"]
    assert said[1] not in planned["warnings"], "15 July is the last day of the cycle and needs no later reading"
    peak_kw = max(row["grid_kw"] for row in planned["intervals"])
    assert planned["cost"]["demand"] == pytest.approx(peak_kw / 0.8 * 12, rel=1e-6)
    wrong = run("plan", write_site(tmp_path, {"power_factor": 1.2}), "--date", DAY)
    assert (wrong.code, "power_factor is 1.2" in wrong.err) == (2, True)
