"""`ridethrough plan` where a reserve or a limit cannot be kept: the alarm, the recovery and the exit code."""

from pathlib import Path

import pytest
from documents import DAY, run, write_site, write_state


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path)


def test_stored_energy_below_the_reserve_is_recovered_before_anything_is_traded(site: Path, tmp_path: Path) -> None:
    state = write_state(tmp_path, {"ups": {"pod-1": {"stored_kwh": 400}}})
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
    state = write_state(tmp_path, {"ups": {"pod-1": {"stored_kwh": 400}}})
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


def test_batteries_help_with_a_load_beyond_the_import_limit_and_the_answer_is_not_certified(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"interconnection.import_limit_kw": 5000})
    ran = run("plan", site, "--date", DAY, "--format", "json")
    assert (ran.code, ran.document["status"]) == (3, "optimal")
    assert sum(row["ups"][0]["discharge_kw"] for row in ran.document["intervals"]) > 0
    assert "the loads alone import up to 5566.3 kW, above the limit of 5000.0 kW" in ran.err


def test_a_recovery_plan_that_breaks_a_limit_is_no_safe_plan(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"interconnection.import_limit_kw": 5000})
    state = write_state(tmp_path, {"ups": {"pod-1": {"stored_kwh": 400}}})
    ran = run("plan", site, "--date", DAY, "--state", state, "--format", "json")
    assert (ran.code, ran.document["status"]) == (3, "recovery")
