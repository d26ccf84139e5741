"""`ridethrough plan`: which day is planned, from which files, and what the answer says it took for granted."""

import csv
import io
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from documents import DAY, REMOVED, run, series_rows, site_document, write_site, write_state


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path)


def test_json_names_what_was_given_defaulted_imputed_and_assumed(site: Path, tmp_path: Path) -> None:
    state = write_state(tmp_path, {"ups": {"pod-1": {"stored_kwh": 800}}})
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
