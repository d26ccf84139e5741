"""Reserve policies and conditions as a site file and a state file hold them."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from documents import DAY, run, write_site

STARTS = {
    "attempts": [
        {"ready_s": 23, "success_probability": 0.985},
        {"ready_s": 53, "success_probability": 0.9},
        {"ready_s": 83, "success_probability": 0.8},
    ],
    "common_cause_probability": 0.0013,
    "target_probability": 0.0028,
}
SEQUENCE = {
    "detection_s": 3, "run_up_s": 8, "synchronization_s": 4, "transfer_s": 1, "walk_in_s": 10, "margin_s": 20,
}  # fmt: skip
SHUTDOWN = {"notice_s": 30, "checkpoint_s": 60, "power_off_s": 120}
STORM = {"from": f"{DAY}T15:30", "to": f"{DAY}T18:00", "kind": "storm"}


def reserve_of(folder: Path, policy: dict[str, Any]) -> dict[str, Any]:
    ran = run("reserve", write_site(folder, {"ups.0.reserve": policy}), "--format", "json")
    assert ran.code == 0, ran.err
    (ups,) = ran.document["ups"]
    return ups  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("policy", "name", "required_s"),
    [
        ({"ride_through_s": 300}, "ride_through", 300),
        ({"generator_sequence": SEQUENCE}, "generator_sequence", 121),
        ({"generator_starts": STARTS}, "generator_starts", 53),
        ({"clean_shutdown": SHUTDOWN}, "clean_shutdown", 210),
        ({"generator_sequence": SEQUENCE, "generator_starts": STARTS, "combine": "larger"},
         "generator_sequence: the larger of generator_sequence, generator_starts", 121),
        ({"ride_through_s": 120, "outages_before_recharge": 2}, "ride_through, 2 times before a recharge", 240),
    ],
)  # fmt: skip
def test_the_reserve_names_its_policy(tmp_path: Path, policy: dict[str, Any], name: str, required_s: float) -> None:
    ups = reserve_of(tmp_path, policy)
    assert (ups["policy"], ups["required_s"]) == (name, required_s)
    once_s = sum(ups["build_up_s"].values())
    assert once_s * policy.get("outages_before_recharge", 1) == pytest.approx(required_s)


def test_the_table_shows_the_build_up_and_what_is_risked(tmp_path: Path) -> None:
    built_up = run("reserve", write_site(tmp_path, {"ups.0.reserve": {"generator_sequence": SEQUENCE}})).out
    assert "pod-1: generator_sequence: detection 3 s, cranks (3 x 15 s) 45 s, rests (2 x 15 s) 30 s" in built_up
    likely = {"generator_starts": STARTS | {"outages_per_year": 3}}
    text = run("reserve", write_site(tmp_path, {"ups.0.reserve": likely})).out
    assert "pod-1: generators too late in 0.0028 of outages, 0.00839 losses a year" in text
    without = run("reserve", write_site(tmp_path, {"ups.0.reserve": {"generator_starts": STARTS}})).out
    assert "0.0028 of outages\n" in without
    (row,) = csv.DictReader(io.StringIO(run("reserve", tmp_path / "site.yaml", "--format", "csv").out))
    assert row["policy"] == "generator_starts"


def test_a_recharge_that_takes_too_long_is_no_safe_plan(tmp_path: Path) -> None:
    site = write_site(tmp_path, {"ups.0.reserve": {"ride_through_s": 300, "recharge_limit_h": 0.1}})
    ran = run("reserve", site)
    assert ran.code == 3
    assert "ALARM: recharging takes 1.16 h, too long; no trading" in ran.out
    assert ran.err == "error: pod-1: the reserve is infeasible (recharge)\n"
    assert run("plan", site, "--date", DAY).code == 3


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ups.0.reserve": {}}, "ups.pod-1.reserve is [], must be exactly one of ride_through_s, generator_sequence"),
        ({"ups.0.reserve": {"ride_through_s": 5, "oops": 1}}, "reserve.oops is 1, must be left out"),
        ({"ups.0.reserve": {"ride_through_s": 5, "combine": "biggest"}}, "combine is 'biggest', must be 'larger' or"),
        ({"ups.0.reserve": {"ride_through_s": 5, "combine": "larger"}}, "reserve.combine is 'larger', must be left"),
        ({"ups.0.reserve": {"ride_through_s": 5, "generator_starts": STARTS}}, "or two of them with combine"),
        ({"ups.0.reserve": {"generator_sequence": {}}}, "generator_sequence.margin_s is None, must be given"),
        ({"ups.0.reserve": {"generator_starts": STARTS | {"target_probability": 0.001}}}, "at least 0.00159961"),
        ({"ups.0.reserve": {"clean_shutdown": SHUTDOWN | {"notice_s": -1}}}, "clean_shutdown.notice_s is -1.0"),
        ({"ups.0.reserve": {"ride_through_s": 5, "outages_before_recharge": 1.5}}, "must be a whole number"),
        ({"conditions": [STORM | {"kind": "rain"}]}, "conditions.0.kind is 'rain', must be 'generator_unavailable', "),
        ({"conditions": [STORM | {"to": "x"}]}, "conditions.0.to is 'x', must be an ISO 8601 time"),
        ({"conditions": [STORM | {"to": f"{DAY}T01:00"}]}, "conditions.0.to is '2026-07-15 01:00:00', must be after"),
        ({"conditions": [STORM | {"from": "0001-01-01T00:00"}]}, "conditions.0.from is '0001-01-01 00:00:00', must"),
        ({"conditions": [STORM | {"ups": "pod-9"}]}, "conditions.0.ups is 'pod-9', must be one of the site's systems"),
        ({"conditions": [STORM | {"start": "x"}]}, "conditions.0.start is 'x', must be left out"),
        ({"conditions": [STORM | {"ride_through_s": 9}]}, "conditions.0.ride_through_s is 9.0, must be left out"),
        ({"conditions": [{"from": f"{DAY}T01:00", "kind": "storm"}]}, "conditions.0.to is None, must be given"),
        ({"conditions": {"storm": 1}}, "conditions is 'a mapping of storm', must be a list"),
    ],
)  # fmt: skip
def test_bad_policies_and_conditions_are_refused(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    ran = run("reserve", write_site(tmp_path, changes))
    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_a_storm_in_the_site_file_keeps_the_batteries_full(tmp_path: Path) -> None:
    plan = run("plan", write_site(tmp_path, {"conditions": [STORM]}), "--date", DAY, "--format", "json").document
    assert plan["status"] == "optimal"
    assert [hour["ups"][0]["discharge_kw"] for hour in plan["intervals"][15:18]] == [0, 0, 0]
    assert [hour["ups"][0]["reserve_kwh"] for hour in plan["intervals"][14:18]] == pytest.approx([920] * 4, abs=1e-3)
    assert max(hour["ups"][0]["discharge_kw"] for hour in plan["intervals"][18:]) > 0


def test_a_storm_in_the_state_file_comes_at_once(tmp_path: Path) -> None:
    state = tmp_path / "state.json"
    storm = STORM | {"from": f"{DAY}T00:00-04:00", "to": f"{DAY}T06:00-04:00", "ups": "pod-1"}
    state.write_text(json.dumps({"ups": {"pod-1": {"stored_kwh": 600}}, "conditions": [storm]}))
    ran = run("plan", write_site(tmp_path), "--date", DAY, "--state", state, "--format", "json")
    assert ran.code == 0
    assert "storm: 920.0 kWh cannot be stored by 2026-07-15T00:00:00-04:00" in ran.err
    assert ran.document["intervals"][0]["ups"][0]["stored_kwh"] == pytest.approx(920)
    state.write_text(json.dumps({"conditions": [storm | {"ups": "pod-9"}]}))
    refused = run("plan", tmp_path / "site.yaml", "--date", DAY, "--state", state)
    assert refused.code == 2
    assert "state.json: conditions.0.ups is 'pod-9'" in refused.err
