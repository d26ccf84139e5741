"""The reserve that is recomputed from the latest reading goes before any plan."""

import math
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from live import NOW, POLICY, now, plan, reading, situation, telemetry, two_systems
from sites import site, ups_system

from ridethrough.domain import ConditionKind, ReserveCondition, UpsMode, reserve_requirement
from ridethrough.operation.ceilings.policy import HourPolicy
from ridethrough.operation.live.setpoints import setpoints_now

H = timedelta(hours=1)
FLOOR_KWH = reserve_requirement(ups_system()).reserve_kwh


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
