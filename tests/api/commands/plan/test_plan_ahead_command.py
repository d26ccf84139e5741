"""Plans of the time to come, from the past alone."""

import csv
import json
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from documents import REMOVED, run, write_site

NOW = "2026-07-15T10:07:00-04:00"
POD = Path(__file__).parents[4] / "examples" / "ai-pod"


def rows_of(name: str) -> list[dict[str, str]]:
    with (POD / name).open() as file:
        return list(csv.DictReader(file))


def pod(folder: Path, *, poisoned_from: str | None = None, until: str | None = None) -> Path:
    """The example pod, its loads noise from a moment on, or cut there."""
    noise = np.random.default_rng(4)
    for name in ("load.csv", "cooling.csv"):
        rows = rows_of(name)
        lines = ["start,load_kw"]
        for row in rows:
            if until is not None and datetime.fromisoformat(row["start"]) >= datetime.fromisoformat(until):
                break
            late = poisoned_from is not None and row["start"] >= poisoned_from
            lines.append(f"{row['start']},{noise.uniform(0, 900) if late else row['load_kw']}")
        (folder / name).write_text("\n".join(lines) + "\n")
    path = folder / "site.yaml"
    path.write_text((POD / "site.yaml").read_text())
    return path


def planned(site: Path, *options: object) -> dict[str, Any]:
    ran = run("plan", site, *options, "--format", "json")
    assert (ran.code, ran.err) == (0, "")
    return dict(ran.document)


@pytest.fixture(scope="module")
def plan(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return planned(pod(tmp_path_factory.mktemp("pod")), "--now", NOW)


def test_a_plan_goes_from_now_to_the_end_of_the_next_local_day(plan: dict[str, Any]) -> None:
    assert plan["horizon"]["start"] == "2026-07-15T10:15:00-04:00"
    assert plan["horizon"]["end"] == "2026-07-17T00:00:00-04:00"
    assert datetime.fromisoformat(plan["issued_at"]) == datetime.fromisoformat(NOW)
    assert plan["certificate"]["certified"]


def test_noise_after_now_changes_nothing(plan: dict[str, Any], tmp_path: Path) -> None:
    other = planned(pod(tmp_path, poisoned_from="2026-07-15T10:00:00-04:00"), "--now", NOW)
    for document in (plan, other):
        document.pop("timing_ms", None)
        document["inputs"].pop("sha256", None)
        for name in [name for name in document["certificate"] if name.endswith("sha256")]:
            document["certificate"].pop(name)
    assert other == plan


def test_the_month_to_date_is_that_of_the_meters_own_series(plan: dict[str, Any]) -> None:
    # by hand: quarter hours of the load through inverter and rectifier, and cooling beside it; on-peak is 10 to 22 h
    # on working days (Dominion GS-4, summer)
    on_peak, off_peak = 0.0, 0.0
    for load, cooling in zip(rows_of("load.csv"), rows_of("cooling.csv"), strict=True):
        start = datetime.fromisoformat(load["start"])
        if start >= datetime.fromisoformat("2026-07-15T10:00:00-04:00"):
            break
        kw = float(load["load_kw"]) / 0.95 / 0.97 + float(cooling["load_kw"])
        if start.weekday() < 5 and 10 <= start.hour < 22:
            on_peak = max(on_peak, kw)
        else:
            off_peak = max(off_peak, kw)
    assert plan["month_to_date"]["on-peak demand"] == pytest.approx(on_peak, abs=1e-3)
    assert plan["month_to_date"]["off-peak demand"] == pytest.approx(off_peak, abs=1e-3)
    assert plan["month_to_date"]["source"].startswith("load series from 2026-07-01T00:00:00-04:00 to 2026-07-15T10:00")


def test_the_answer_names_its_forecast_and_what_it_changes(plan: dict[str, Any]) -> None:
    history = plan["inputs"]["forecast"]["history"]
    assert history["end"] == "2026-07-15T10:00:00-04:00"
    low, middle, high = plan["forecast"]["net_load_kw"]
    assert len(low) == len(plan["intervals"])
    assert all(one <= two <= three for one, two, three in zip(low, middle, high, strict=True))
    change = plan["expected_change"]
    assert change["p10"] <= change["mean"] <= change["p90"]
    assert change["to_period_end"]["mean"] <= change["mean"] < 0
    assert {peak["charge"] for peak in plan["peaks_defended"]} == {"on-peak demand", "off-peak demand"}
    for peak in plan["peaks_defended"]:
        assert peak["ceiling_kw"] >= peak["peak_so_far_kw"]
        assert peak["cost_per_kw"] > 0
    lowest = min(peak["ceiling_kw"] for peak in plan["peaks_defended"])
    assert min(row["grid_target_kw"] for row in plan["intervals"]) == pytest.approx(lowest)


def test_actions_are_blocks_without_gaps(plan: dict[str, Any]) -> None:
    actions = plan["actions"]
    assert actions[0]["from"] == plan["horizon"]["start"]
    assert actions[-1]["to"] == plan["horizon"]["end"]
    assert all(one["to"] == after["from"] for one, after in pairwise(actions))
    assert all(action["does"] in {"charge", "discharge", "rest"} and action["why"] for action in actions)


def test_a_day_after_the_series_is_forecast_and_one_within_is_named_as_given(tmp_path: Path) -> None:
    site = pod(tmp_path)
    after = planned(site, "--date", "2026-08-01")
    within = planned(site, "--date", "2026-07-31")

    assert after["inputs"]["forecast"]["history"]["end"] == "2026-08-01T00:00:00-04:00"
    assert "forecast" not in within["inputs"]
    assert any("as if they were known" in line for line in within["inputs"]["assumed"])


def test_a_new_billing_period_inside_the_plan_starts_without_peaks(tmp_path: Path) -> None:
    plan = planned(pod(tmp_path), "--now", "2026-07-31T15:00:00-04:00")
    by_day: dict[str, set[float]] = {}
    for row in plan["intervals"]:
        if not 10 <= int(row["start"][11:13]) < 22:
            by_day.setdefault(row["start"][:10], set()).add(row["grid_target_kw"])

    assert len(by_day["2026-07-31"]) == 1
    assert by_day["2026-07-31"] != by_day["2026-08-01"]


def test_three_hours_of_history_are_planned_from_and_fewer_are_refused(tmp_path: Path) -> None:
    site = pod(tmp_path, until="2026-07-01T06:00:00-04:00")
    for now in ("2026-07-01T00:00:00-04:00", "2026-07-01T02:59:00-04:00"):
        refused = run("plan", site, "--now", now)
        assert refused.code == 2
        assert "at least 3 whole hours" in refused.err
    plan = planned(site, "--now", "2026-07-01T03:00:00-04:00")
    assert (plan["status"], plan["certificate"]["certified"]) == ("optimal", True)


def test_now_and_a_date_are_not_given_together_and_now_is_a_time(tmp_path: Path) -> None:
    site = pod(tmp_path)
    assert run("plan", site, "--now", NOW, "--date", "2026-07-15").code == 2
    refused = run("plan", site, "--now", "tomorrow")
    assert (refused.code, "--now is 'tomorrow'" in refused.err) == (2, True)


def test_prices_are_known_to_the_end_of_the_day_and_from_the_afternoon_of_the_next(tmp_path: Path) -> None:
    hours = 24 * 6
    start = datetime.fromisoformat("2026-07-10T00:00:00-04:00")
    loads = [4000.0 + 10 * (hour % 24) for hour in range(hours)]
    prices = [0.03 + 0.01 * (hour % 24) for hour in range(hours)]
    late = [value if hour < 24 * 5 else 9.0 for hour, value in enumerate(prices)]
    answers = []
    for name, values in (("as", prices), ("noise", late)):
        folder = tmp_path / name
        folder.mkdir()
        site = write_site(
            folder, {"ups.0.load": {"csv": "load.csv"}, "prices": {"csv": "prices.csv"}, "interval_minutes": 60}
        )
        for file, column, series in (("load.csv", "load_kw", loads), ("prices.csv", "price_per_kwh", values)):
            rows = [f"{(start + timedelta(hours=hour)).isoformat()},{value}" for hour, value in enumerate(series)]
            (folder / file).write_text("\n".join([f"start,{column}", *rows]) + "\n")
        answers.append(
            [
                json.dumps([row["price_per_kwh"] for row in planned(site, "--now", now)["intervals"]])
                for now in ("2026-07-14T13:00:00-04:00", "2026-07-14T14:00:00-04:00")
            ]
        )
    assert answers[0][0] == answers[1][0]
    assert answers[0][1] != answers[1][1]


@pytest.mark.parametrize(
    ("measured_at", "status", "why"),
    [
        ("2026-07-15T10:00:00-04:00", "optimal", ""),
        ("2026-07-15T09:00:00-04:00", "hold", "4,020 s old"),
        ("2026-07-15T10:30:00-04:00", "hold", "after now"),
        (None, "hold", "says no time"),
    ],
)
def test_an_outdated_state_is_not_traded_on(tmp_path: Path, measured_at: str | None, status: str, why: str) -> None:
    state: dict[str, Any] = {"ups": {"pod-1": {"stored_kwh": 800.0}}}
    if measured_at is not None:
        state["measured_at"] = measured_at
    path = tmp_path / "state.json"
    path.write_text(json.dumps(state))
    ran = run("plan", pod(tmp_path), "--now", NOW, "--state", path, "--format", "json")

    assert ran.document["status"] == status
    assert any(why in line for line in ran.document["warnings"])


def test_a_measured_peak_goes_before_that_of_the_series(tmp_path: Path) -> None:
    path = tmp_path / "state.json"
    measured = {"measured_at": NOW, "ups": {"pod-1": {"stored_kwh": 920.0}}, "peaks_kw": {"on-peak demand": 5900.0}}
    path.write_text(json.dumps(measured))
    plan = planned(pod(tmp_path), "--now", NOW, "--state", path)

    assert plan["month_to_date"]["on-peak demand"] == 5900.0
    assert plan["month_to_date"]["off-peak demand"] != 5900.0
    assert "on-peak demand from state.json" in plan["month_to_date"]["source"]


def test_the_table_of_two_local_days_names_both_and_the_day_of_each_block(tmp_path: Path) -> None:
    site = pod(tmp_path)
    two = run("plan", site, "--now", NOW).out
    assert "Wednesday 15 July and Thursday 16 July 2026" in two
    assert "Wed 10:15 - " in two
    assert " - Fri 00:00" in two
    one = run("plan", site, "--date", "2026-07-15").out
    assert "Wednesday 15 July 2026," in one
    assert "00:00 - " in one
    assert "Wed 00:00" not in one


def test_a_plan_from_a_forecast_lists_no_least_power_that_it_does_not_apply(
    plan: dict[str, Any], tmp_path: Path
) -> None:
    assert not [name for name in plan["inputs"]["defaulted"] if name.startswith("dispatch")]
    from_files = planned(pod(tmp_path), "--date", "2026-07-15")
    assert "dispatch" in from_files["inputs"]["defaulted"]
    site = pod(tmp_path)
    site.write_text(site.read_text() + "\ndispatch: {least_power_kw: 40}\n")
    asked = planned(site, "--now", NOW)
    assert any(
        "dispatch (at least 40 kW, for at least one interval) is not applied" in each
        for each in asked["inputs"]["assumed"]
    )


def hourly_site(folder: Path, loads: int, prices: int, **changes: object) -> Path:
    """A site with so many hours of loads and prices from 10 July on; its loads and prices have a daily course."""
    start = datetime.fromisoformat("2026-07-10T00:00:00-04:00")
    for name, column, hours, scale in (("load", "load_kw", loads, 10.0), ("prices", "price_per_kwh", prices, 0.01)):
        rows = [f"{(start + timedelta(hours=hour)).isoformat()},{scale * (3 + hour % 24)}" for hour in range(hours)]
        (folder / f"{name}.csv").write_text("\n".join([f"start,{column}", *rows]) + "\n")
    given = {"ups.0.load": {"csv": "load.csv"}, "prices": {"csv": "prices.csv"}, "interval_minutes": 60}
    return write_site(folder, {**given, **changes})


@pytest.mark.parametrize(("known_h", "held"), [(106, True), (120, True), (121, True), (130, True), (131, False)])
def test_a_plan_from_now_trades_on_no_price_of_now_that_is_not_known(
    tmp_path: Path, known_h: int, *, held: bool
) -> None:
    """A feed that ended: hour 130 is 10:00 of 15 July. Later prices, not published yet, are assumed and said."""
    ran = run("plan", hourly_site(tmp_path, 130, known_h), "--now", "2026-07-15T10:00:00-04:00", "--format", "json")
    assert (ran.code, ran.document["status"] == "hold") == (0, held)
    assert any("until the feed tells that of now" in line for line in ran.document["warnings"]) is held
    assert ("alarm: prices: none are known" in ran.err) is held


def test_less_than_a_day_of_prices_is_refused_and_said(tmp_path: Path) -> None:
    refused = run("plan", hourly_site(tmp_path, 8, 20), "--now", "2026-07-10T08:00:00-04:00")
    assert refused.code == 2
    assert "prices is '20 hours known', must be at least 24 hours" in refused.err


@pytest.mark.parametrize("minutes", [40, 45, 90, 120])
def test_a_step_that_does_not_divide_the_hour_is_refused_where_loads_are_forecast(tmp_path: Path, minutes: int) -> None:
    start = datetime.fromisoformat("2026-07-10T00:00:00-04:00")
    rows = [f"{(start + index * timedelta(minutes=minutes)).isoformat()},4000" for index in range(7 * 1440 // minutes)]
    (tmp_path / "load.csv").write_text("\n".join(["start,load_kw", *rows]) + "\n")
    changes = {"interval_minutes": minutes, "prices": REMOVED, "tariff": "dominion-gs-4"}
    site = write_site(tmp_path, {"ups.0.load": {"csv": "load.csv"}, **changes})
    words = f"site.yaml: interval_minutes is {minutes}, must be a number of minutes that divides the hour"
    days = ("--from", "2026-07-12", "--to", "2026-07-13", "--information", "day-ahead")
    for command in (("plan", site, "--now", "2026-07-15T10:00:00-04:00"), ("study", site, *days)):
        refused = run(*command)
        assert (refused.code, words in refused.err) == (2, True), refused.err


@pytest.mark.parametrize("later_kw", [0.0, 7500.0])
def test_a_warning_of_doubtful_loads_tells_nothing_of_later_ones(tmp_path: Path, later_kw: float) -> None:
    """Readings from now on were said to be forecast from, although no forecast used them."""
    site = pod(tmp_path)
    rows = [row for row in rows_of("cooling.csv") if row["start"] >= "2026-07-15T10:00:00-04:00"]
    text = (tmp_path / "cooling.csv").read_text()
    for index, row in enumerate(rows):
        kw = later_kw if index % 3 == 0 or later_kw == 0 else 0.0
        text = text.replace(f"{row['start']},{row['load_kw']}", f"{row['start']},{kw}")
    (tmp_path / "cooling.csv").write_text(text)
    assert not [line for line in planned(site, "--now", NOW)["warnings"] if "doubtful" in line]
