"""`certify` believes the site, its series and its state, and `plan` is judged by the same."""

import json
from pathlib import Path
from typing import Any

import pytest
from documents import DAY, run, series_rows, write_site

STORM = {"from": f"{DAY}T18:00-04:00", "to": f"{DAY}T20:00-04:00", "kind": "storm"}
LOADS = {"ups.0.load": {"csv": "load.csv"}}


def write_load(folder: Path, values: list[float], start: str = f"{DAY}T00:00-04:00") -> None:
    (folder / "load.csv").write_text("\n".join(["start,load_kw", *series_rows(start, values)]))


def write_state(folder: Path, **state: Any) -> Path:  # noqa: ANN401
    path = folder / "state.json"
    path.write_text(json.dumps({"ups": {"pod-1": {"stored_kwh": 800}}, **state}))
    return path


def planned(site: Path, *options: object) -> dict[str, Any]:
    document: dict[str, Any] = run("plan", site, "--date", DAY, "--format", "json", *options).document
    return document


def certified(site: Path, plan: dict[str, Any], *options: object) -> Any:  # noqa: ANN401
    path = site.with_name("plan.json")
    path.write_text(json.dumps(plan))
    return run("certify", site, path, "--format", "json", *options)


def test_a_plan_and_its_certificate_agree_with_a_state_and_conditions_of_it(tmp_path: Path) -> None:
    site, state = write_site(tmp_path), write_state(tmp_path, conditions=[STORM])
    plan = planned(site, "--state", state)

    ran = certified(site, plan, "--state", state)

    assert ran.code == 0, ran.document["violations"]
    assert plan["intervals"][17]["ups"][0]["stored_kwh"] == pytest.approx(920)
    assert ran.document["state_sha256"] == plan["certificate"]["state_sha256"] is not None


def test_a_storm_that_the_state_brings_refuses_a_plan_that_does_not_know_of_it(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    plan = planned(site, "--state", write_state(tmp_path))
    del plan["certificate"]

    ran = certified(site, plan, "--state", write_state(tmp_path, conditions=[STORM]))

    assert ran.code == 1
    assert any("storm" in each for each in ran.document["violations"])


def test_a_generator_that_is_not_there_is_replayed_for_as_long_as_it_asks(tmp_path: Path) -> None:
    """The pod carries 4,800 kW for 300 s with 576 kWh; for 500 s that is not enough, and the plan rests there."""
    site = write_site(tmp_path)
    plan = planned(site, "--state", write_state(tmp_path, ups={"pod-1": {"stored_kwh": 600}}))
    for index, row in enumerate(plan["intervals"]):
        row["ups"][0] |= {"charge_kw": 0.0, "discharge_kw": 0.0, "stored_kwh": 600.0}
        del row["ups"][0]["reserve_kwh"], row["ups"][0]["ride_through_s"]
        row["grid_kw"] = row["baseline_grid_kw"] if index else plan["intervals"][0]["baseline_grid_kw"]
    del plan["certificate"]
    out = {**STORM, "kind": "generator_unavailable", "ride_through_s": 450}

    usual, longer = (
        certified(site, plan, "--state", write_state(tmp_path, ups={"pod-1": {"stored_kwh": 600}}, conditions=held))
        for held in ([], [out])
    )

    assert usual.code == 0, usual.document["violations"]
    assert longer.code == 1
    assert longer.document["failures"] == 6, "without and with a failed unit, at three boundaries"
    assert longer.document["required_s"] == 450
    assert any("generator_unavailable asks for 450 s" in each for each in longer.document["violations"])


def test_a_state_that_differs_from_the_plans_start_is_named(tmp_path: Path) -> None:
    site = write_site(tmp_path)
    plan = planned(site, "--state", write_state(tmp_path))
    del plan["certificate"]

    ran = certified(site, plan, "--state", write_state(tmp_path, ups={"pod-1": {"stored_kwh": 700}}))

    assert ran.code == 1
    assert "pod-1: the plan starts with 800.000 kWh stored, the state says 700.000 kWh" in ran.document["violations"]


def test_without_a_state_batteries_are_assumed_full_and_it_is_said(tmp_path: Path) -> None:
    plan = planned(write_site(tmp_path))

    said = "pod-1: no state given, batteries are assumed full (920.0 kWh) at the start"
    assert said in plan["certificate"]["assumes"]
    assert said in plan["warnings"]


@pytest.mark.parametrize(
    ("measured_at", "said"),
    [
        (f"{DAY}T00:00-04:00", None),
        (f"{DAY}T03:50Z", None),
        ("2026-07-14T20:00-04:00", "14,400 s before the plan's start (telemetry_max_age_s is 900)"),
        (f"{DAY}T01:00-04:00", "after the plan's start"),
        (None, "says no time (measured_at)"),
    ],
)
def test_the_time_of_a_state_is_held_against_the_plans_start(
    tmp_path: Path, measured_at: str | None, said: str | None
) -> None:
    time = {} if measured_at is None else {"measured_at": measured_at}
    plan = planned(write_site(tmp_path), "--state", write_state(tmp_path, **time))

    about = [each for each in plan["certificate"]["assumes"] if "the state" in each]
    assert len(about) == (said is not None)
    assert said is None or said in about[0]


def test_what_is_known_after_midnight_is_kept_before_it(tmp_path: Path) -> None:
    """4,300 kW rise to 4,790 kW at midnight, above the protected load: the last reserve of the day carries them."""
    write_load(tmp_path, [4300.0] * 24 + [4790.0] * 24)
    prices = {"start": f"{DAY}T00:00-04:00", "values": [0.03] * 23 + [0.9] + [0.03] * 24}
    site = write_site(tmp_path, {**LOADS, "ups.0.protected_load_kw": 4300, "prices": prices})
    plan = planned(site, "--look-ahead-h", 0)

    ends = [row["ups"][0]["reserve_kwh"] for row in plan["intervals"]]
    ran = certified(site, plan)

    assert ends[21] == ends[0]
    assert ends[23] - 46 == pytest.approx((ends[0] - 46) * 4790 / 4300)
    assert (plan["certificate"]["certified"], ran.code) == (True, 0)


def test_a_rise_days_after_the_plan_changes_nothing_for_either(tmp_path: Path) -> None:
    write_load(tmp_path, [4300.0] * 96 + [4790.0] * 24)
    prices = {"start": f"{DAY}T00:00-04:00", "values": [0.03] * 12 + [0.4] * 12 + [0.03] * 96}
    site = write_site(tmp_path, {**LOADS, "ups.0.protected_load_kw": 4300, "prices": prices})
    plan = planned(site)

    assert plan["certificate"]["certified"]
    assert certified(site, plan).code == 0


def test_a_time_that_the_series_do_not_cover_is_not_certified(tmp_path: Path) -> None:
    write_load(tmp_path, [4300.0] * 24)
    site = write_site(tmp_path, LOADS)
    plan = json.loads(json.dumps(planned(site)).replace("2026-07", "2027-07"))
    del plan["certificate"]

    ran = certified(site, plan)

    assert ran.code == 1
    assert ran.document["violations"] == []
    assert ran.document["not_checked"][0].startswith("pod-1: load.csv is known from 2026-07-15T00:00:00-04:00")


def test_a_plan_of_loads_that_are_forecast_is_judged_by_the_same_forecast(tmp_path: Path) -> None:
    write_load(tmp_path, [4300.0 + 10 * (hour % 24) for hour in range(96)], "2026-07-11T00:00-04:00")
    prices = {"start": "2026-07-11T00:00-04:00", "values": ([0.03] * 12 + [0.2] * 12) * 5}
    site = write_site(tmp_path, {**LOADS, "prices": prices})
    plan = planned(site)

    honest, said = certified(site, plan), plan["certificate"]["assumes"]
    del plan["certificate"]
    plan["intervals"][5]["ups"][0]["load_kw"] -= 50
    forged = certified(site, plan)

    assert "forecast" in plan
    assert honest.code == 0, honest.document
    for assumes in (said, honest.document["assumes"]):
        (note,) = (each for each in assumes if "forecast" in each)
        assert note.startswith("loads from 2026-07-15T00:00:00-04:00 on are forecast: the limits of the meter")
    assert any("states a load of" in each for each in forged.document["violations"])
