"""What makers' sheets say of batteries and inverters beyond a constant: taper, power near empty, curves, lead-acid."""

import numpy as np
import pytest
from certificates import judged
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import NOW, problem, ups_system

from ridethrough.domain import Battery, Binding, UnableToAccept, reserve_requirement
from ridethrough.domain.equipment.battery import Peukert
from ridethrough.domain.plan import PlanStatus
from ridethrough.optimizer import plan_dispatch

TAPER = {0.8: 1.0, 0.9: 0.7, 1.0: 0.1}


@settings(max_examples=25, deadline=None)
@given(
    stored=st.floats(0.75, 1.0),
    price=st.lists(st.floats(0.01, 0.5), min_size=4, max_size=16),
    minutes=st.sampled_from([15, 60]),
)
def test_charging_tapers_as_the_battery_fills(stored: float, price: list[float], minutes: int) -> None:
    ups = ups_system(charge_taper_by_fraction=TAPER, ride_through_s=200)
    made = problem(ups, price=price, interval_minutes=minutes, stored_kwh={"pod-1": stored * ups.capacity_kwh})

    plan = plan_dispatch(made, issued_at=NOW)

    assert plan.status is PlanStatus.OPTIMAL
    assert plan.certificate.certified
    trajectory = plan.ups[0]
    left = np.interp(np.array(trajectory.stored_kwh[1:]) / ups.capacity_kwh, list(TAPER), list(TAPER.values()))
    assert np.all(np.array(trajectory.charge_kw) <= ups.charge_limit_kw * left + 1e-6)


def test_recovery_tapers_too() -> None:
    ups = ups_system(charge_taper_by_fraction={0.5: 1.0, 1.0: 0.05})

    plan = plan_dispatch(problem(ups, price=[0.1] * 12, stored_kwh={"pod-1": 300.0}), issued_at=NOW)

    assert plan.status is PlanStatus.RECOVERY
    assert not plan.certificate.violations
    assert plan.ups[0].charge_kw[0] < ups.charge_limit_kw


def test_the_certificate_refuses_charge_above_the_taper() -> None:
    made = problem(ups_system(), price=[0.5, 0.05, 0.5, 0.05], stored_kwh={"pod-1": 800.0})
    plan = plan_dispatch(made, issued_at=NOW)
    tapered = problem(ups_system(charge_taper_by_fraction={0.8: 1.0, 1.0: 0.01}), price=[0.1] * 4)

    certificate = judged(tapered, plan)

    assert plan.certificate.certified
    assert any("taper" in violation for violation in certificate.violations)


def test_power_must_hold_where_the_battery_is_nearly_empty() -> None:
    strong = reserve_requirement(ups_system(power_by_fraction={0.05: 0.98, 0.3: 1.0}))
    weak = reserve_requirement(ups_system(power_by_fraction={0.05: 0.6, 0.3: 1.0}))

    assert strong.feasible
    assert weak.binding is Binding.BATTERY_POWER


def test_the_replay_loses_a_load_that_the_battery_cannot_power_to_the_end() -> None:
    made = problem(ups_system(), price=[0.1] * 4)
    plan = plan_dispatch(made, issued_at=NOW)
    fading = problem(ups_system(power_by_fraction={0.05: 0.6, 0.3: 1.0}), price=[0.1] * 4)

    assert judged(fading, plan).worst.ride_through_s == 0


def test_an_inverter_curve_stands_in_for_one_efficiency() -> None:
    flat = ups_system(inverter_efficiency_by_load_fraction={0.25: 0.95, 1.0: 0.95})
    curved = ups_system(inverter_efficiency_by_load_fraction={0.25: 0.90, 0.5: 0.95, 1.0: 0.93})

    assert reserve_requirement(flat).reserve_kwh == pytest.approx(reserve_requirement(ups_system()).reserve_kwh)
    assert curved.dc_load_kw(3000.0) == pytest.approx(3000 / 0.95)
    assert curved.dc_load_kw(4800.0, units=4) == pytest.approx(4800 / 0.93)
    assert reserve_requirement(curved).need_kwh == pytest.approx(4800 / 0.93 * 300 / 3600)
    assert plan_dispatch(problem(curved, price=[0.05, 0.5, 0.05, 0.05]), issued_at=NOW).certificate.certified


def test_lead_acid_follows_peukert_in_reserve_and_replay() -> None:
    lead = ups_system(nominal_kwh=900.0, state_of_health=1.0, peukert=Peukert(rated_h=10, exponent=1.15))

    required = reserve_requirement(lead)
    plan = plan_dispatch(problem(lead, price=[0.05, 0.5, 0.05, 0.05]), issued_at=NOW)

    assert required.usable_fraction == pytest.approx((required.c_rate * 10) ** -0.15)
    assert plan.certificate.certified
    assert plan.certificate.ride_through_s["pod-1"][0] == pytest.approx(required.ride_through_s)


def test_w4_peukert_from_the_battery_itself() -> None:
    """481.370 A from a 100 Ah battery rated over 20 hours draws 40.114 Ah in five minutes."""
    assert Peukert(rated_h=20, exponent=1.2).usable_fraction(481.370 / 100) * 100 == pytest.approx(40.114, abs=5e-4)
    assert Peukert(rated_h=20, exponent=1.2).usable_fraction(0.0) == 1.0


@pytest.mark.parametrize(
    "tables",
    [
        {"charge_taper_by_fraction": {0.8: 0.5, 1.0: 0.9}},
        {"charge_taper_by_fraction": {0.5: 1.0, 0.8: 0.3, 1.0: 0.2}},
        {"charge_taper_by_fraction": {1.5: 0.5}},
        {"power_by_fraction": {0.1: 1.0, 0.5: 0.8}},
        {"peukert": Peukert(rated_h=20, exponent=1.2), "usable_fraction_by_c_rate": {1: 1.0}},
        {"charge_limit_on_generator_kw": -1.0},
    ],
)
def test_tables_that_no_battery_has_are_refused(tables: dict[str, object]) -> None:
    with pytest.raises(UnableToAccept):
        Battery(nominal_kwh=200, charge_limit_kw=240, discharge_limit_kw=1300, **tables)  # type: ignore[arg-type]


def test_peukert_is_refused_outside_what_batteries_do() -> None:
    with pytest.raises(UnableToAccept) as refused:
        Peukert(rated_h=0, exponent=3)

    assert [fault.field for fault in refused.value.faults] == ["rated_h", "exponent"]


def test_a_plan_discharges_no_faster_than_a_nearly_empty_battery_can() -> None:
    fading = ups_system(power_by_fraction={0.05: 0.98, 0.62: 0.985, 1.0: 1.0}, discharge_limit_kw=1290.0)
    price = [0.05] * 4 + [0.9] + [0.05] * 8

    plan = plan_dispatch(problem(fading, price=price, load_kw=4700.0), issued_at=NOW)

    assert plan.certificate.certified
    fast = plan_dispatch(problem(ups_system(), price=price, load_kw=4700.0), issued_at=NOW)
    tampered = judged(problem(ups_system(power_by_fraction={0.05: 0.1, 1.0: 0.1}), price=price), fast)
    assert any("as the battery empties" in violation for violation in tampered.violations)


def test_a_taper_begins_with_the_whole_limit_and_ends_at_full() -> None:
    for table in ({0.8: 0.5, 1.0: 0.1}, {0.8: 1.0, 0.9: 0.5}, {1.0: 1.0}):
        with pytest.raises(UnableToAccept, match="first value is the whole limit"):
            ups_system(charge_taper_by_fraction=table)


def test_cold_takes_energy_and_power_as_the_makers_tables_say() -> None:
    cold = {"temperature_c": 5.0, "usable_fraction_by_temperature_c": {0.0: 0.8, 10.0: 0.9, 25.0: 1.0}}
    chilled = ups_system(nominal_kwh=260.0, **cold)
    given = ups_system(nominal_kwh=260.0, temperature_factor=0.85)
    weak = ups_system(temperature_c=5.0, power_fraction_by_temperature_c={0.0: 0.9, 25.0: 1.0})

    assert reserve_requirement(chilled).reserve_kwh == pytest.approx(reserve_requirement(given).reserve_kwh)
    assert plan_dispatch(problem(chilled, price=[0.05, 0.5, 0.05, 0.05]), issued_at=NOW).certificate.certified
    assert reserve_requirement(weak).binding is Binding.BATTERY_POWER
    assert weak.discharge_limit_kw == pytest.approx(5 * 1300 * 0.92)
    plan = plan_dispatch(problem(price=[0.1] * 2), issued_at=NOW)
    in_the_cold = problem(weak, price=[0.1] * 2)
    assert judged(in_the_cold, plan).worst.ride_through_s == 0


@pytest.mark.parametrize(
    "tables",
    [
        {"usable_fraction_by_temperature_c": {0.0: 0.8, 25.0: 1.0}},
        {"usable_fraction_by_temperature_c": {0.0: 0.8, 25.0: 1.0}, "temperature_c": -5.0},
        {"power_fraction_by_temperature_c": {0.0: 0.0, 25.0: 1.0}, "temperature_c": 5.0},
        {"usable_fraction_by_temperature_c": {0.0: 0.8}, "temperature_c": 0.0, "temperature_factor": 0.9},
    ],
)
def test_a_temperature_outside_the_makers_tables_is_refused(tables: dict[str, object]) -> None:
    with pytest.raises(UnableToAccept):
        Battery(nominal_kwh=200, charge_limit_kw=240, discharge_limit_kw=1300, **tables)  # type: ignore[arg-type]
