"""What an answer must not pass over: lost measurements, loads above the contract, locks, exports without a price."""

import json
from pathlib import Path

import pytest
from documents import DAY, run, write_site

DAY_ALONE = ("--date", DAY, "--look-ahead-h", "0", "--format", "json")


@pytest.mark.parametrize("measured", [{"stored_kwh": None}, {"unit_stored_kwh": None}])
def test_a_measurement_that_is_null_is_lost_and_not_full(tmp_path: Path, measured: dict[str, None]) -> None:
    state = tmp_path / "state.json"
    state.write_text(json.dumps({"ups": {"pod-1": measured}}))

    ran = run("plan", write_site(tmp_path), *DAY_ALONE, "--state", state)

    assert ran.code == 2
    assert f"state.json: ups.pod-1.{next(iter(measured))} is None, must be a measurement" in ran.err


def test_a_load_above_the_contract_is_said_and_carried(tmp_path: Path) -> None:
    ran = run("plan", write_site(tmp_path, {"ups.0.protected_load_kw": 4000}), *DAY_ALONE)

    assert ran.code == 0
    assert any("above the protected load of 4000 kW" in warning for warning in ran.document["warnings"])


def test_certify_takes_the_sites_own_load_and_not_a_plans_word(tmp_path: Path) -> None:
    """A plan that claims a small load keeps little stored; the site's series know better."""
    small = {"ups.0.protected_load_kw": 500, "ups.0.load.constant_kw": 450}
    plan = tmp_path / "plan.json"
    assert run("plan", write_site(tmp_path, small), *DAY_ALONE, "--out", plan).code == 0

    assert run("certify", write_site(tmp_path, small), plan).code == 0
    assert run("certify", write_site(tmp_path, {"ups.0.protected_load_kw": 500}), plan).code == 1


def test_certify_refuses_discharge_while_a_storm_locks_the_batteries(tmp_path: Path) -> None:
    plan = tmp_path / "plan.json"
    assert run("plan", write_site(tmp_path), *DAY_ALONE, "--out", plan).code == 0
    storm = {"conditions": [{"from": f"{DAY}T14:00-04:00", "to": f"{DAY}T21:00-04:00", "kind": "storm"}]}

    ran = run("certify", write_site(tmp_path, storm), plan, "--format", "json")

    assert ran.code == 1
    assert any("discharges while storm holds" in violation for violation in ran.document["violations"])


def test_export_without_a_price_is_said_to_earn_nothing(tmp_path: Path) -> None:
    ran = run("plan", write_site(tmp_path, {"interconnection.export_limit_kw": 100}), *DAY_ALONE)

    assert "exported energy earns nothing: the tariff has no price for it" in ran.document["inputs"]["assumed"]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ups.0.reserve.ride_through_s": 1e12}, "must be at most 604,800 s, a week"),
        ({"prices.values": [1e308] * 24}, "prices.values.0 is 1e+308, must be from -1e+15 to 1e+15"),
        ({"prices.values": [1e9] * 24}, "within 1e+06 a kWh"),
    ],
)
def test_figures_beyond_any_site_are_refused(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    ran = run("plan", write_site(tmp_path, changes), *DAY_ALONE)

    assert ran.code == 2
    assert said in ran.err
