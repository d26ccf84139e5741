"""`ridethrough reserve`: every form of the answer, and a reserve that cannot be held or restored."""

import csv
import io
import json
from pathlib import Path

import pytest
from documents import DAY, run, write_site


@pytest.fixture
def site(tmp_path: Path) -> Path:
    return write_site(tmp_path)


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
