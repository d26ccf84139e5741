"""What batteries do now: they follow the plan, hold where anything is missing, and never touch the live reserve."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from live import INTERVALS, NOW, POLICY, now, plan, reading, situation, telemetry, two_systems
from sites import START, site, ups_system

from ridethrough.domain import UpsMode, reserve_requirement
from ridethrough.domain.plan import PlanStatus
from ridethrough.operation.live.setpoints import setpoints_now
from ridethrough.operation.live.situation import Situation

H = timedelta(hours=1)
FLOOR_KWH = reserve_requirement(ups_system()).reserve_kwh


def test_the_plan_is_followed_where_all_is_well() -> None:
    found = now()
    assert found.mode == "plan"
    assert found.ups["pod-1"].discharge_kw == pytest.approx(300.0)
    assert found.ups["pod-1"].charge_kw == 0.0
    assert found.plan_id == "plan-7"
    assert found.meter_ceiling_kw == 6500.0
    assert found.valid_until == NOW + timedelta(minutes=14), "the end of the interval"


def test_setpoints_end_with_the_reading_where_that_is_sooner() -> None:
    read_at = NOW - timedelta(seconds=890)
    assert now(telemetry=telemetry(measured_at=read_at)).valid_until == read_at + timedelta(seconds=900)


HOLDS: dict[str, tuple[dict[str, Any], str]] = {
    "no telemetry": ({"telemetry": None}, "no telemetry has been received"),
    "stale": (
        {"telemetry": telemetry(measured_at=NOW - timedelta(seconds=901))},
        "the telemetry is 901 s old (telemetry_max_age_s is 900)",
    ),
    "of the future": (
        {"telemetry": telemetry(measured_at=NOW + timedelta(seconds=60))},
        "the telemetry is measured 60 s after now: a clock is wrong",
    ),
    "no meter": ({"telemetry": telemetry(grid_kw=None)}, "the power of the meter (grid_kw) is missing"),
    "meter too high": ({"telemetry": telemetry(grid_kw=9751.0)}, "the power of the meter cannot be: 9,751 kW"),
    "meter too low": ({"telemetry": telemetry(grid_kw=-9751.0)}, "the power of the meter cannot be: -9,751 kW"),
    "system missing": ({"telemetry": telemetry({})}, "pod-1: its telemetry is missing"),
    "stored energy lost": ({"telemetry": telemetry(reading(stored_kwh=None))}, "pod-1: its stored energy is missing"),
    "load lost": ({"telemetry": telemetry(reading(load_kw=None))}, "pod-1: its load is missing"),
    "mode lost": ({"telemetry": telemetry(reading(mode=None))}, "pod-1: its mode is missing"),
    "too much stored": (
        {"telemetry": telemetry(reading(stored_kwh=1051.0))},
        "pod-1: its stored energy cannot be: 1,051.0 kWh",
    ),
    "less than nothing stored": (
        {"telemetry": telemetry(reading(stored_kwh=-1.0))},
        "pod-1: its stored energy cannot be: -1.0 kWh",
    ),
    "load beyond every rating": (
        {"telemetry": telemetry(reading(load_kw=9001.0))},
        "pod-1: its load cannot be: 9,001 kW (0 to 9,000)",
    ),
    "overload": ({"telemetry": telemetry(reading(load_kw=6100.0))}, "pod-1: it is overloaded: 6,100 kW of 6,000"),
    "stored energy jumped": (
        {
            "telemetry": telemetry(reading(stored_kwh=900.0)),
            "before": (telemetry(reading(stored_kwh=700.0), measured_at=NOW - timedelta(seconds=90)),),
        },
        "pod-1: its stored energy cannot rise by 200.0 kWh in 60 s",
    ),
    "bypass": ({"telemetry": telemetry(reading(mode=UpsMode.BYPASS))}, "pod-1: it is in bypass"),
    "fault": ({"telemetry": telemetry(reading(fault="fan 3"))}, "pod-1: it reports a fault (fan 3)"),
    "outage": (
        {"telemetry": telemetry(reading(mode=UpsMode.STORED_ENERGY))},
        "pod-1 carries its load from stored energy: there is an outage",
    ),
    "generator": ({"telemetry": telemetry(reading(on_generator=True))}, "pod-1 is fed by a generator"),
    "redundancy lost": (
        {"telemetry": telemetry(reading(unit_modes=(UpsMode.BYPASS,) * 2 + (UpsMode.NORMAL,) * 3))},
        "pod-1: 2 of 5 units are out and 1 may be: redundancy is lost",
    ),
    "no plan": ({"plan": None, "no_plan_because": "no plan has been made"}, "no plan has been made"),
    "plan cancelled": ({"plan": None, "no_plan_because": "plan 7 was cancelled"}, "plan 7 was cancelled"),
    "plan not certified": (
        {"plan": None, "no_plan_because": "plan 7 is not certified"},
        "plan 7 is not certified",
    ),
    "plan expired": ({"plan": plan(site(), expires_at=NOW)}, f"the plan expired at {NOW.isoformat()}"),
    "plan not begun": (
        {"now": START - timedelta(minutes=1), "telemetry": telemetry(measured_at=START - timedelta(minutes=2))},
        f"the plan begins at {START.isoformat()}",
    ),
    "plan that holds": (
        {"plan": plan(site(), status=PlanStatus.HOLD, warnings=("prices are frozen",))},
        "the plan itself says hold: prices are frozen",
    ),
    "plan that recovers": (
        {"plan": plan(site(), status=PlanStatus.RECOVERY, warnings=("80 kWh short",))},
        "the plan itself says recovery: 80 kWh short",
    ),
    "site changed": ({"site_version": 4}, "it has version 4, and the plan was made from version 3"),
    "operator": ({"held_because": "held by Ada: battery works"}, "held by Ada: battery works"),
    "after an outage": ({"last_outage_at": START + H}, "a new plan is needed"),
    "plan of other systems": ({"plan": plan(two_systems())}, "the plan is for other systems than the site has: pod-2"),
}


@pytest.mark.parametrize("name", HOLDS)
def test_the_site_holds_and_says_why(name: str) -> None:
    changes, reason = HOLDS[name]
    found = now(**changes)
    assert found.mode == "hold"
    assert reason in found.why
    assert all(each.discharge_kw == 0.0 for each in found.ups.values())
    assert found.valid_until > situation(**changes).now
    assert found.meter_ceiling_kw == 6500.0


def test_every_reason_is_said() -> None:
    found = now(telemetry=None, plan=None, held_because="held by Ada")
    assert found.why == "no telemetry has been received; held by Ada; no plan has been made"


def test_clocks_may_differ_by_a_few_seconds() -> None:
    assert now(telemetry=telemetry(measured_at=NOW + timedelta(seconds=5))).mode == "plan"


def test_only_the_system_without_telemetry_is_left_out() -> None:
    premises = two_systems()
    read = telemetry({"pod-1": reading(), "pod-2": reading(stored_kwh=None)}, grid_kw=10_231.0)
    found = setpoints_now(situation(premises, telemetry=read))
    assert found.mode == "plan"
    assert found.ups["pod-1"].discharge_kw == pytest.approx(300.0)
    assert (found.ups["pod-2"].charge_kw, found.ups["pod-2"].discharge_kw) == (0.0, 0.0)
    assert found.ups["pod-2"].stored_kwh is None, "never taken as full"
    assert found.ups["pod-2"].why == "not traded: pod-2: its stored energy is missing"
    assert "pod-2: its stored energy is missing" in found.why


def test_an_outage_of_one_system_holds_every_system() -> None:
    read = telemetry({"pod-1": reading(), "pod-2": reading(mode=UpsMode.STORED_ENERGY)}, grid_kw=10_231.0)
    found = setpoints_now(situation(two_systems(), telemetry=read))
    assert [each.discharge_kw for each in found.ups.values()] == [0.0, 0.0]


def test_setpoints_do_not_outlast_the_reading_that_they_follow() -> None:
    """At the last moment at which a reading may be followed, its setpoints end."""
    found = now(telemetry=telemetry(measured_at=NOW - timedelta(seconds=900)))
    assert found.mode == "hold" or found.valid_until == NOW


def test_a_load_that_the_plan_did_not_expect_leaves_no_room_to_charge() -> None:
    """The powers of batteries are not sent, and the meter shows 900 kW more than was planned: it is at its limit."""
    expected = plan(site(), discharge_kw=0.0, charge_kw=80.0)
    room = now(plan=expected, telemetry=telemetry(grid_kw=5432.0)).ups["pod-1"]
    none = now(plan=expected, telemetry=telemetry(grid_kw=6500.0)).ups["pod-1"]
    assert room.charge_kw == pytest.approx(80.0)
    assert none.charge_kw == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("powers", [{"charge_kw": 1e9, "discharge_kw": 0.0}, {"charge_kw": -50.0, "discharge_kw": 0.0}])
def test_powers_that_cannot_be_are_not_taken_out_of_the_meter(powers: dict[str, float]) -> None:
    """Else the meter without batteries would seem empty, and they would charge beyond the import limit."""
    read = telemetry(reading(stored_kwh=0.0, **powers), grid_kw=6400.0)
    found = now(telemetry=read)
    assert found.mode == "hold"
    assert "pod-1: its charge_kw cannot be" in found.why
    assert found.ups["pod-1"].charge_kw <= 100.0 * 0.97 + 1e-6


def test_blind_charging_keeps_the_import_limit_at_the_protected_load() -> None:
    """The protected load and what the plan expects besides leave 391 kW at the meter."""
    found = now(telemetry=None).ups["pod-1"]
    left_kw = 6500 - 900 - 4800 / 0.95 / 0.97
    assert found.charge_kw == pytest.approx(left_kw * 0.97)
    assert found.discharge_kw == 0.0


@pytest.mark.parametrize(
    ("last", "most_kw"),
    [
        ({"on_generator": True}, 60.0),
        ({"mode": UpsMode.BYPASS}, 0.0),
        ({"mode": UpsMode.STORED_ENERGY}, 0.0),
        ({"fault": "battery open"}, 0.0),
    ],
)
def test_blind_charging_keeps_to_what_the_last_reading_allowed(last: dict[str, Any], most_kw: float) -> None:
    """The reading is a day old: nothing of it is believed, but a generator that ran may run still."""
    premises = site(ups_system(charge_limit_on_generator_kw=12.0))
    found = now(premises=premises, telemetry=telemetry(reading(**last), measured_at=NOW - timedelta(days=1)))
    assert (found.mode, found.ups["pod-1"].discharge_kw) == ("hold", 0.0)
    assert found.ups["pod-1"].charge_kw == pytest.approx(most_kw)


def test_nothing_charges_blind_where_the_rest_of_the_meter_is_not_known() -> None:
    assert now(telemetry=None, plan=None).ups["pod-1"].charge_kw == 0.0


def test_the_meter_is_held_under_the_ceiling_of_the_response_at_the_load_that_is_met() -> None:
    load_kw = 4500.0
    found = now(plan=plan(site(), hours=(POLICY,)), telemetry=telemetry(reading(load_kw=load_kw)))
    at_rest_kw = 900 + load_kw / 0.95 / 0.97
    relieved_kw = found.ups["pod-1"].discharge_kw / 0.97
    assert at_rest_kw - relieved_kw == pytest.approx(5400.0)
    assert found.meter_ceiling_kw == 5400.0


def test_the_power_of_batteries_is_taken_out_of_the_meter() -> None:
    """The meter shows the ceiling because batteries hold it there: they go on, and do not stop to start again."""
    load_kw, gives_kw = 4500.0, 373.0
    at_rest_kw = 900 + load_kw / 0.95 / 0.97
    read = reading(load_kw=load_kw, charge_kw=0.0, discharge_kw=gives_kw)
    seen = telemetry(read, grid_kw=at_rest_kw - gives_kw / 0.97)
    found = now(plan=plan(site(), hours=(POLICY,), unprotected_kw=0.0), telemetry=seen)
    assert at_rest_kw - found.ups["pod-1"].discharge_kw / 0.97 == pytest.approx(5400.0)


@pytest.mark.parametrize("minutes", [-61, -60, -59, 0, 1])
def test_a_policy_holds_for_its_hour_and_no_longer(minutes: int) -> None:
    """In an hour without a policy the plan's setpoints are followed, here rest under its target."""
    premises = site()
    given = replace(POLICY, start=NOW + timedelta(minutes=minutes), gives=True)
    found = now(plan=plan(premises, discharge_kw=0.0, hours=(given,)))
    holds = -60 < minutes <= 0
    assert (found.ups["pod-1"].discharge_kw > 0) is holds
    assert found.meter_ceiling_kw == (POLICY.ceiling_kw if holds else premises.interconnection.import_limit_kw)


def test_energy_is_given_evenly_over_what_is_left_of_the_hour() -> None:
    """At a quarter past, with what the policy would have left then, the power is that of the start of the hour."""
    gives = replace(POLICY, gives=True, ceiling_kw=6500.0)
    first = gives.response(240.0).given_kw
    after_kwh = 240.0 - first * 0.98 / 4
    assert gives.response(after_kwh, 0.75).given_kw == pytest.approx(first)
    at = START + 2 * H + timedelta(minutes=15)
    read = telemetry(reading(stored_kwh=FLOOR_KWH + after_kwh), measured_at=at)
    found = now(plan=plan(site(), hours=(gives,)), now=at, telemetry=read)
    assert found.ups["pod-1"].discharge_kw / 0.97 == pytest.approx(first)


def test_a_site_without_a_full_first_day_of_plan_still_has_an_interval() -> None:
    """Setpoints in the last interval of a plan are those of its last interval."""
    at = START + INTERVALS * timedelta(minutes=15) - timedelta(seconds=1)
    found = setpoints_now(
        Situation(site=site(), site_version=3, now=at, telemetry=telemetry(measured_at=at), plan=plan(site()))
    )
    assert found.mode == "plan"
    assert found.valid_until == at + timedelta(seconds=1)
