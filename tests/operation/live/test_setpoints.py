"""What batteries do now: they follow the plan, hold where anything is missing, and never touch the live reserve."""

import math
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live import INTERVALS, NOW, plan, reading, situation, telemetry, two_systems
from sites import START, site, ups_system

from ridethrough.domain import ConditionKind, ReserveCondition, UpsMode, reserve_requirement
from ridethrough.domain.plan import PlanStatus
from ridethrough.operation.ceilings.policy import HourPolicy
from ridethrough.operation.live.setpoints import setpoints_now
from ridethrough.operation.live.situation import Setpoints, Situation

H = timedelta(hours=1)
FLOOR_KWH = reserve_requirement(ups_system()).reserve_kwh


def now(**more: Any) -> Setpoints:  # noqa: ANN401
    return setpoints_now(situation(**more))


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
            "before": telemetry(reading(stored_kwh=700.0), measured_at=NOW - timedelta(seconds=90)),
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


def test_the_reserve_recomputed_now_goes_before_the_plan() -> None:
    """The plan orders 300 kW and states a floor of 0; what is left above the live floor allows less."""
    left_kwh = 10.0
    found = now(telemetry=telemetry(reading(stored_kwh=FLOOR_KWH + left_kwh), measured_at=NOW))
    assert found.mode == "plan"
    assert found.ups["pod-1"].reserve_kwh == pytest.approx(FLOOR_KWH)
    assert found.ups["pod-1"].discharge_kw == pytest.approx(left_kwh * 0.98 / 0.25)


@given(
    stored_kwh=st.floats(0, 966),
    minutes=st.sampled_from([1, 5, 15]),
    asked_after_s=st.lists(st.floats(0, 900), min_size=1, max_size=6).map(sorted),
)
def test_setpoints_by_one_old_reading_together_keep_the_reserve(
    stored_kwh: float, minutes: int, asked_after_s: list[float]
) -> None:
    """Telemetry stopped while batteries gave all they might: who asks again gets no second share of the same energy."""
    premises = replace(site(), interval_minutes=minutes)
    read_at = NOW - timedelta(minutes=1)
    read = telemetry(reading(stored_kwh=stored_kwh), measured_at=read_at)
    ends_s = [*asked_after_s[1:], 900.0]
    given_kwh = 0.0
    for after_s, until_s in zip(asked_after_s, ends_s, strict=True):
        at = read_at + timedelta(seconds=after_s)
        asked = situation(premises, now=at, telemetry=read, plan=plan(premises, discharge_kw=1e6))
        found = setpoints_now(asked)
        lasts_s = min(until_s - after_s, (found.valid_until - at).total_seconds())
        given_kwh += found.ups["pod-1"].discharge_kw / 0.98 * lasts_s / 3600
    assert stored_kwh - given_kwh >= FLOOR_KWH - 1e-6 or given_kwh == 0.0


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


def test_a_reserve_of_the_plan_above_the_live_one_is_kept_too() -> None:
    found = now(plan=plan(site(), reserve_kwh=900.0))
    assert (found.ups["pod-1"].discharge_kw, found.ups["pod-1"].reserve_kwh) == (0.0, 900.0)


def test_a_system_below_its_reserve_charges_at_the_safe_maximum_and_the_other_trades() -> None:
    premises = two_systems()
    read = telemetry({"pod-1": reading(), "pod-2": reading(stored_kwh=100.0)}, grid_kw=10_231.0)
    found = setpoints_now(situation(premises, telemetry=read))
    short = found.ups["pod-2"]
    rectifier_kw = 5 * 1500 * 0.97 - 4300 / 0.95
    assert short.charge_kw == pytest.approx(min(5 * 240.0, rectifier_kw))
    assert short.discharge_kw == 0.0
    assert short.why == (
        f"{FLOOR_KWH - 100:,.1f} kWh short of its reserve: charges at the safe maximum, and does not trade"
    )
    assert found.ups["pod-1"].discharge_kw == pytest.approx(300.0)


def test_the_reserve_is_restored_while_an_operator_holds_the_site() -> None:
    found = now(telemetry=telemetry(reading(stored_kwh=100.0)), held_because="held by Ada")
    assert found.mode == "hold"
    assert found.ups["pod-1"].charge_kw > 0


def test_recharge_on_a_generator_keeps_to_its_own_limit() -> None:
    premises = site(ups_system(charge_limit_on_generator_kw=12.0))
    read = telemetry(reading(stored_kwh=100.0, on_generator=True))
    assert setpoints_now(situation(premises, telemetry=read)).ups["pod-1"].charge_kw == pytest.approx(60.0)


def test_a_load_above_the_protected_load_raises_the_floor_at_once() -> None:
    load_kw = 5500.0
    premises = site(ups_system(unit_output_limit_kw=2000.0, unit_input_limit_kw=2400.0, discharge_limit_kw=2600.0))
    read = telemetry(reading(load_kw=load_kw), grid_kw=6868.0)
    found = setpoints_now(situation(premises, telemetry=read)).ups["pod-1"]
    asked = reserve_requirement(premises.ups[0], protected_load_kw=load_kw).reserve_kwh
    assert asked > reserve_requirement(premises.ups[0]).reserve_kwh
    assert found.reserve_kwh == pytest.approx(asked)
    assert found.why == "the reserve is raised: 5,500 kW is above the protected load of 4,800"


def test_a_unit_in_bypass_raises_the_floor_of_the_others() -> None:
    modes = (UpsMode.BYPASS, *(UpsMode.NORMAL,) * 4)
    found = now(telemetry=telemetry(reading(stored_kwh=730.0, unit_modes=modes)))
    four = reserve_requirement(replace(ups_system(), unit_modes=modes)).reserve_kwh
    assert found.mode == "plan"
    assert found.ups["pod-1"].reserve_kwh == pytest.approx(min(four, 4 * 184.0))


def test_unequal_units_count_by_the_emptiest() -> None:
    """One unit holds 140 kWh of 184, and the others are full: all five count as 140."""
    found = now(telemetry=telemetry(reading(stored_kwh=None, unit_stored_kwh=(140.0, *(184.0,) * 4))))
    assert found.ups["pod-1"].stored_kwh == pytest.approx(5 * 140.0)


@pytest.mark.parametrize(
    ("units", "reason"),
    [
        ((184.0,) * 4, "stored energy of 4 units, and it has 5"),
        ((184.0, None, 184.0, 184.0, 184.0), "the stored energy of 1 of its units is missing"),
        ((184.0, 411.0, 184.0, 184.0, 184.0), "the stored energy of a unit cannot be: 184, 411, 184, 184, 184 kWh"),
    ],
)
def test_units_that_cannot_be_are_not_traded(units: tuple[float | None, ...], reason: str) -> None:
    assert reason in now(telemetry=telemetry(reading(stored_kwh=None, unit_stored_kwh=units))).why


def test_in_the_hold_off_before_a_storm_batteries_give_only_what_keeps_the_import_limit() -> None:
    storm = ReserveCondition(start=NOW + H, end=NOW + 2 * H, kind=ConditionKind.STORM)
    calm, tight = (
        replace(site(import_limit_kw=limit_kw), conditions=(storm,)) for limit_kw in (6500.0, 5466.304937601736)
    )

    assert now(premises=calm, plan=plan(calm)).ups["pod-1"].discharge_kw == 0
    assert now(premises=tight, plan=plan(tight)).ups["pod-1"].discharge_kw == pytest.approx(97, abs=1)


def test_nothing_is_discharged_in_a_storm_and_batteries_fill() -> None:
    storm = ReserveCondition(start=NOW, end=NOW + H, kind=ConditionKind.STORM)
    premises = replace(site(), conditions=(storm,))
    found = setpoints_now(situation(premises)).ups["pod-1"]
    assert found.reserve_kwh == pytest.approx(920.0)
    assert found.discharge_kw == 0.0
    assert found.charge_kw == pytest.approx((920 - 900) / 0.97 / 0.25)


def test_a_longer_ride_through_is_asked_for_now_whatever_the_plan_says() -> None:
    longer = ReserveCondition(
        start=NOW - H, end=NOW + H, kind=ConditionKind.GENERATOR_UNAVAILABLE, ride_through_s=400.0
    )
    premises = replace(site(), conditions=(longer,))
    found = setpoints_now(situation(premises)).ups["pod-1"]
    assert found.reserve_kwh == pytest.approx(reserve_requirement(ups_system(400.0)).reserve_kwh)


def test_blind_charging_keeps_the_import_limit_at_the_protected_load() -> None:
    """The protected load and what the plan expects besides leave 391 kW at the meter."""
    found = now(telemetry=None).ups["pod-1"]
    left_kw = 6500 - 900 - 4800 / 0.95 / 0.97
    assert found.charge_kw == pytest.approx(left_kw * 0.97)
    assert found.discharge_kw == 0.0


def test_nothing_charges_blind_where_the_rest_of_the_meter_is_not_known() -> None:
    assert now(telemetry=None, plan=None).ups["pod-1"].charge_kw == 0.0


POLICY = HourPolicy(
    start=START + 2 * H,
    ceiling_kw=5400.0,
    gives=False,
    takes=False,
    kept_kwh=0.0,
    capacity_kwh=300.0,
    charge_kw=500.0,
    discharge_kw=800.0,
    stored_per_drawn=0.94,
    stored_per_relieved=0.98,
)


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


@given(
    stored_kwh=st.floats(0, 966),
    load_kw=st.floats(0, 9000),
    discharge_kw=st.floats(0, 1e6),
    grid_kw=st.floats(-9000, 9700),
    mode=st.sampled_from(UpsMode),
    hours=st.sampled_from([(), (POLICY,), (replace(POLICY, gives=True),), (replace(POLICY, takes=True),)]),
    held=st.sampled_from(["", "held by Ada"]),
)
def test_no_plan_ever_takes_energy_below_the_live_reserve(  # noqa: PLR0917
    stored_kwh: float,
    load_kw: float,
    discharge_kw: float,
    grid_kw: float,
    mode: UpsMode,
    hours: tuple[HourPolicy, ...],
    held: str,
) -> None:
    premises = site()
    given_plan = plan(premises, discharge_kw=discharge_kw, hours=hours)
    read = telemetry(reading(stored_kwh=stored_kwh, load_kw=load_kw, mode=mode), grid_kw=grid_kw)
    found = setpoints_now(situation(premises, plan=given_plan, telemetry=read, held_because=held)).ups["pod-1"]
    ups = ups_system()
    believed_kwh = min(stored_kwh, ups.max_stored_kwh)
    floor_kwh = min(ups.max_stored_kwh, reserve_requirement(ups, protected_load_kw=max(4800.0, load_kw)).reserve_kwh)
    after_kwh = believed_kwh - found.discharge_kw / 0.98 * 0.25
    assert found.discharge_kw == 0.0 or after_kwh >= floor_kwh - 1e-6
    assert found.discharge_kw <= load_kw / 0.95 + 1e-9, "no back-feed"
    assert found.charge_kw <= max(0.0, min(1200.0, 7275 - load_kw / 0.95)) + 1e-9
    assert math.isfinite(found.charge_kw)
    assert found.charge_kw == 0.0 or found.discharge_kw == 0.0
    assert not (held and found.discharge_kw)


@pytest.mark.parametrize("mode", [UpsMode.NORMAL, UpsMode.STORED_ENERGY])
@pytest.mark.parametrize("grid_kw", [6600.0, 9700.0])
def test_batteries_that_hold_give_nothing_also_where_the_meter_is_above_its_limit(
    grid_kw: float, mode: UpsMode
) -> None:
    read = telemetry(reading(stored_kwh=966, load_kw=6000, mode=mode), grid_kw=grid_kw)
    free = situation(site(), plan=plan(site(), discharge_kw=0.0), telemetry=read)
    assert (setpoints_now(free).ups["pod-1"].discharge_kw > 0) == (mode is UpsMode.NORMAL)
    held = replace(free, held_because="held by Ada")
    found = setpoints_now(held)
    assert found.mode == "hold"
    assert found.ups["pod-1"].discharge_kw == 0.0


def test_a_site_without_a_full_first_day_of_plan_still_has_an_interval() -> None:
    """Setpoints in the last interval of a plan are those of its last interval."""
    at = START + INTERVALS * timedelta(minutes=15) - timedelta(seconds=1)
    found = setpoints_now(
        Situation(site=site(), site_version=3, now=at, telemetry=telemetry(measured_at=at), plan=plan(site()))
    )
    assert found.mode == "plan"
    assert found.valid_until == at + timedelta(seconds=1)
