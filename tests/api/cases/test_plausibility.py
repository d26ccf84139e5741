"""Nothing is traded on prices that are not believed, and doubtful loads are said."""

import json
from pathlib import Path
from typing import Any

import pytest
from documents import DAY, run, write_site

USUAL = [0.03] * 7 + [0.06] * 8 + [0.19] * 5 + [0.06] * 4


def planned(tmp_path: Path, changes: dict[str, Any]) -> dict[str, Any]:
    done = run("plan", write_site(tmp_path, changes), "--date", DAY, "--look-ahead-h", 0, "--format", "json")
    assert done.code == 0, done.err
    document: dict[str, Any] = json.loads(done.out)
    return document


def prices(values: list[float], **more: float) -> dict[str, Any]:
    return {"prices": {"start": f"{DAY}T00:00-04:00", "values": values, **more}}


def traded_kwh(plan: dict[str, Any]) -> float:
    return sum(each["discharge_kw"] + each["charge_kw"] for row in plan["intervals"] for each in row["ups"])


def test_usual_prices_are_traded_on(tmp_path: Path) -> None:
    assert traded_kwh(planned(tmp_path, prices(USUAL))) > 0


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (
            [*USUAL[:12], 1e6, *USUAL[13:]],
            "prices, 2026-07-15 12:00 to 13:00: 1,000,000 USD per kWh is outside -1 to 10",
        ),
        ([*USUAL[:3], -1e6, *USUAL[4:]], "prices, 2026-07-15 03:00 to 04:00: -1,000,000 USD per kWh is outside -1 to"),
        ([0.0] * 25 + USUAL, "0 USD per kWh stands still for 25 h"),
        ([0.05] * 20 + [0.043] * 30, "0.043 USD per kWh stands still for 30 h"),
        ([price * 1000 for price in USUAL], "they look like prices per MWh (column price_per_mwh)"),
    ],
    ids=["high", "low", "dead", "frozen", "per MWh"],
)
def test_every_battery_holds_on_prices_that_are_not_believed(tmp_path: Path, values: list[float], said: str) -> None:
    plan = planned(tmp_path, prices(values))
    assert plan["status"] == "hold"
    assert traded_kwh(plan) == 0
    assert plan["savings"] == 0
    assert plan["certificate"]["certified"]
    assert any(said in warning for warning in plan["warnings"])
    assert any("every battery holds" in warning for warning in plan["warnings"])


def test_a_site_may_believe_what_its_market_does(tmp_path: Path) -> None:
    wild = prices([*USUAL[:12], 12.0, *USUAL[13:]], highest_plausible_per_kwh=15)
    assert planned(tmp_path, wild)["status"] == "optimal"
    flat = prices([0.05] * 20 + [0.043] * 30, unchanged_at_most_h=48)
    assert planned(tmp_path, flat)["status"] == "optimal"
    done = run("plan", write_site(tmp_path, prices(USUAL, highest_plausible_per_kwh=-2)), "--date", DAY)
    assert "prices.highest_plausible_per_kwh is -2.0, must be above lowest_per_kwh -1.0" in done.err


def test_doubts_about_other_days_do_not_hold_this_one(tmp_path: Path) -> None:
    assert planned(tmp_path, prices([*USUAL, *USUAL[:12], 1e6, *USUAL[13:]]))["status"] == "optimal"


@pytest.mark.parametrize("command", ["study", "reserve"])
def test_no_saving_is_worked_out_from_prices_that_cannot_be(tmp_path: Path, command: str) -> None:
    site = write_site(tmp_path, prices([*USUAL[:12], 1e6, *USUAL[13:], *USUAL]))
    asked = {
        "study": ("study", site, "--from", DAY, "--to", DAY, "--information", "perfect"),
        "reserve": ("reserve", site, "--price", "--date", DAY),
    }
    done = run(*asked[command])
    assert done.code == 2
    assert "1,000,000 USD per kWh is outside -1 to 10" in done.err


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([4000.0] * 9 + [0.0] * 3 + [4000.0] * 12, "ups.pod-1.load, 2026-07-15 09:00 to 12:00: reads 0 kW"),
        ([2000.0] * 9 + [4700.0] + [2000.0] * 14, "09:00 to 10:00: 4,700 kW is 2.4 times the readings beside it"),
    ],
    ids=["zeros", "spike"],
)
def test_doubtful_loads_are_said(tmp_path: Path, values: list[float], said: str) -> None:
    load = {"ups.0.load": {"start": f"{DAY}T00:00-04:00", "values": values}}
    assert any(said in warning for warning in planned(tmp_path, load)["warnings"])


def test_a_steady_load_is_not_doubted(tmp_path: Path) -> None:
    load = {"ups.0.load": {"start": f"{DAY}T00:00-04:00", "values": [4000.0 + 20 * hour for hour in range(24)]}}
    assert not [each for each in planned(tmp_path, load)["warnings"] if "ups.pod-1.load" in each]


def test_doubtful_loads_of_the_past_are_said_where_tomorrow_is_forecast_from_them(tmp_path: Path) -> None:
    hours = [4000.0 + hour % 24 for hour in range(240)]
    past = [*hours[:200], 0.0, 0.0, 0.0, *hours[203:]]
    start = "2026-07-05T00:00-04:00"
    changes = {"ups.0.load": {"start": start, "values": past}, "prices": {"start": start, "values": USUAL * 11}}
    done = run("plan", write_site(tmp_path, changes), "--date", DAY, "--format", "json")
    warnings = json.loads(done.out)["warnings"]
    said = "forecast from a doubtful reading: ups.pod-1.load, 2026-07-13 08:00 to 11:00: reads 0 kW"
    assert any(each.startswith(said) for each in warnings), warnings
