import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from documents import DAY, run, write_site

Plan = dict[str, Any]


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path)


@pytest.fixture
def plan(site: Path) -> Plan:
    document: Plan = run("plan", site, "--date", DAY, "--format", "json").document
    return document


def certify(site: Path, plan: object, *options: str) -> Any:  # noqa: ANN401
    path = site.with_name("plan.json")
    path.write_text(plan if isinstance(plan, str) else json.dumps(plan))
    return run("certify", site, path, *options)


def lowest(plan: Plan) -> Plan:
    """The system's row where the least is stored."""
    row: Plan = min((row["ups"][0] for row in plan["intervals"]), key=lambda ups: ups["stored_kwh"])
    return row


def test_a_plan_of_our_own_is_certified(site: Path, plan: Plan) -> None:
    ran = certify(site, plan, "--format", "json")
    assert ran.code == 0
    found, stated = ran.document, plan["certificate"]
    assert found.pop("issued_at") >= stated.pop("issued_at")
    assert found == stated


def test_only_what_the_outages_need_has_to_be_in_a_plan(site: Path, plan: Plan) -> None:
    bare = {
        "horizon": {"interval_minutes": 60},
        "stored_at_start_kwh": plan["stored_at_start_kwh"],
        "intervals": [
            {
                "start": row["start"],
                "grid_kw": row["grid_kw"],
                "ups": [
                    {name: ups[name] for name in ("id", "load_kw", "charge_kw", "discharge_kw", "stored_kwh")}
                    for ups in row["ups"]
                ],
            }
            for row in plan["intervals"]
        ],
    }
    assert certify(site, bare).code == 0


def test_one_stored_value_1_kwh_below_the_reserve_is_caught(site: Path, plan: Plan) -> None:
    row = lowest(plan)
    row["stored_kwh"] = row["reserve_kwh"] - 1
    ran = certify(site, plan, "--format", "json")
    assert ran.code == 1
    assert not ran.document["certified"]
    assert ran.document["failures"] == 1
    assert ran.document["worst_ride_through_s"] < 300
    assert any("does not follow from charge and discharge" in line for line in ran.document["violations"])


def test_a_plan_that_truly_spends_1_kwh_of_the_reserve_is_caught(site: Path, plan: Plan) -> None:
    row = lowest(plan)
    index = next(n for n, each in enumerate(plan["intervals"]) if each["ups"][0] is row)
    for each in plan["intervals"][index:]:
        each["ups"][0]["stored_kwh"] -= row["stored_kwh"] - row["reserve_kwh"] + 1
        row["discharge_kw"] += 0
    row["discharge_kw"] += 0.98 * (row["reserve_kwh"] + 0 - row["stored_kwh"])
    ran = certify(site, plan, "--format", "json")
    assert ran.code == 1
    assert ran.document["failures"] >= 1


def _raise_discharge(plan: Plan) -> None:
    plan["intervals"][3]["ups"][0]["discharge_kw"] += 50


def _raise_stored(plan: Plan) -> None:
    lowest(plan)["stored_kwh"] += 50


def _store_more_than_fits(plan: Plan) -> None:
    plan["intervals"][0]["ups"][0]["stored_kwh"] = 5000


def _charge_too_fast(plan: Plan) -> None:
    plan["intervals"][0]["ups"][0]["charge_kw"] = 5000


def _charge_negatively(plan: Plan) -> None:
    plan["intervals"][0]["ups"][0]["charge_kw"] = -50


def _do_both_at_once(plan: Plan) -> None:
    plan["intervals"][0]["ups"][0] |= {"charge_kw": 50, "discharge_kw": 50}


def _draw_too_much_at_the_meter(plan: Plan) -> None:
    plan["intervals"][0]["grid_kw"] = 6501


def _start_with_less(plan: Plan) -> None:
    plan["stored_at_start_kwh"]["pod-1"] = 500


def _start_with_more_than_fits(plan: Plan) -> None:
    plan["stored_at_start_kwh"]["pod-1"] = 5000


def _carry_more_than_the_protected_load(plan: Plan) -> None:
    lowest(plan)["load_kw"] = 6000


@pytest.mark.parametrize(
    "tamper",
    [
        _raise_discharge,
        _raise_stored,
        _store_more_than_fits,
        _charge_too_fast,
        _charge_negatively,
        _do_both_at_once,
        _draw_too_much_at_the_meter,
        _start_with_less,
        _start_with_more_than_fits,
        _carry_more_than_the_protected_load,
    ],
    ids=lambda tamper: tamper.__name__.strip("_").replace("_", " "),
)
def test_a_plan_that_was_tampered_with_is_not_certified(site: Path, plan: Plan, tamper: Callable[[Plan], None]) -> None:
    tamper(plan)
    ran = certify(site, plan)
    assert ran.code == 1
    assert "NOT PROVEN" in ran.out or "NOT CERTIFIED" in ran.out
    assert "kept:" not in ran.out


def test_a_ride_through_that_falls_short_by_less_than_a_second_is_not_shown_as_enough(site: Path, plan: Plan) -> None:
    row = lowest(plan)
    row["stored_kwh"] = row["reserve_kwh"] - 0.2
    assert "at worst 299 s, where 300 s are required" in certify(site, plan).out


def test_a_plan_made_for_healthier_batteries_is_not_certified(tmp_path: Path, plan: Plan) -> None:
    aged = write_site(tmp_path, {"ups.0.battery.state_of_health": 0.8})
    assert certify(aged, plan).code == 1


def test_a_refusal_in_csv_is_one_flat_row(site: Path, plan: Plan) -> None:
    _raise_discharge(plan)
    ran = certify(site, plan, "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(ran.out))
    assert ran.code == 1
    assert row["certified"] == "False"
    assert row["worst_outage_ups"] == "pod-1"
    assert "does not follow" in row["violations"]


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("intervals.3.ups.0.stored_kwh", float("nan"), "NaN is not a number"),
        ("intervals.3.ups.0.stored_kwh", None, "intervals.3.ups.pod-1.stored_kwh is None, must be a number"),
        ("intervals.3.ups.0.stored_kwh", "800", "intervals.3.ups.pod-1.stored_kwh is '800', must be a number"),
        ("intervals.3.ups.0.stored_kwh", True, "intervals.3.ups.pod-1.stored_kwh is True, must be a number"),
        ("intervals.3.ups.0.id", "pod-9", "intervals.3.ups is 'pod-9', must be each of the site's systems once: pod-1"),
        ("intervals.3.ups", [], "intervals.3.ups is '', must be each of the site's systems once: pod-1"),
        ("intervals.3.start", f"{DAY}T03:30-04:00", "intervals.3.start is '2026-07-15T03:30:00-04:00', must be"),
        ("intervals.3.start", f"{DAY}T03:00", "intervals.3.start is '2026-07-15 03:00:00', must be a time"),
        ("intervals.0.start", "9999-12-31T23:00-04:00", "must be a time with a UTC offset, in the years 1970 to 2200"),
        ("intervals", [], "intervals is 'an empty list', must be at least one interval"),
        ("intervals", None, "intervals is None, must be a list"),
        ("stored_at_start_kwh", {}, "stored_at_start_kwh.pod-1 is None, must be given"),
        ("site_id", "elsewhere", "site_id is 'elsewhere', must be pod, the site it is certified for"),
        ("horizon.interval_minutes", 0, "horizon.interval_minutes is 0, must be from 1 to 1440"),
        ("horizon.interval_minutes", 10**15, "horizon.interval_minutes is 1000000000000000, must be from 1 to 1440"),
        ("horizon.interval_minutes", 15, "intervals.1.start is"),
        ("horizon.end", f"{DAY}T12:00-04:00", "horizon.end is '2026-07-15 12:00:00-04:00', must be 2026-07-16T00:00"),
    ],
)
def test_a_plan_that_cannot_be_replayed_is_refused(
    site: Path, plan: Plan, path: str, value: object, message: str
) -> None:
    *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place: Any = plan
    for step in parents:
        place = place[step]
    place[last] = value
    ran = certify(site, plan)
    assert (ran.code, ran.out) == (2, "")
    assert "plan.json" in ran.err
    assert message in ran.err


@pytest.mark.parametrize("index", [0, 12, -1])
def test_a_plan_with_a_missing_interval_is_refused(site: Path, plan: Plan, index: int) -> None:
    del plan["intervals"][index]
    ran = certify(site, plan)
    assert ran.code == 2
    assert "must be 2026-07-" in ran.err


def test_a_plan_that_says_an_interval_twice_is_refused(site: Path, plan: Plan) -> None:
    plan["intervals"].insert(5, plan["intervals"][5])
    assert certify(site, plan).code == 2


@pytest.mark.parametrize("text", ["", "[]", "{}", "null", '{"intervals": 1e999}'])
def test_what_is_no_plan_is_refused(site: Path, text: str) -> None:
    ran = certify(site, text)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith("error: plan.json")
