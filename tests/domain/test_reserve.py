"""The reserve against independent hand calculations (`docs/reserve.md` lists them as W1 to W6)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.domain import Battery, Binding, ReservePolicy, UpsSystem, recharge_h, reserve_requirement

RATE_TABLE = {1: 1.0, 2: 0.98, 4: 0.94, 6: 0.88, 8: 0.80}


def pod(**changes: object) -> UpsSystem:
    """Five units of 200 kWh, one may fail, 4.8 MW for 300 s, and no derate that is not asked for."""
    battery = {
        "nominal_kwh": 200,
        "state_of_health": 0.92,
        "cutoff_fraction": 0.05,
        "charge_limit_kw": 240,
        "discharge_limit_kw": 1300,
        "charge_efficiency": 0.95,
        "discharge_efficiency": 1.0,
    }
    ups: dict[str, object] = {
        "id": "pod-1",
        "units": 5,
        "tolerated_failures": 1,
        "unit_output_limit_kw": 1200,
        "unit_input_limit_kw": 1500,
        "inverter_efficiency": 0.95,
        "protected_load_kw": 4800,
        "reserve": ReservePolicy(ride_through_s=300),
    }
    battery |= {name: value for name, value in changes.items() if name in Battery.__dataclass_fields__}
    ups |= {name: value for name, value in changes.items() if name not in Battery.__dataclass_fields__}
    return UpsSystem(battery=Battery(**battery), **ups)  # type: ignore[arg-type]


def test_w1_need_and_nameplate_for_a_4_8_mw_pod() -> None:
    need_kwh = reserve_requirement(pod()).need_kwh

    assert pytest.approx(400.000) == 4800 * 300 / 3600
    assert need_kwh == pytest.approx(421.053, abs=5e-4)
    assert need_kwh / 0.8 / 0.9 * 1.1 == pytest.approx(643.275, abs=5e-4)


def test_w2_one_of_five_units_may_fail() -> None:
    required = reserve_requirement(pod())

    assert required.feasible
    assert required.binding is Binding.RIDE_THROUGH
    assert required.reserve_fraction == pytest.approx(0.622082, abs=5e-7)
    assert required.tradable_kwh == pytest.approx(347.684, abs=5e-4)
    assert required.tradable_ac_kwh == pytest.approx(330.300, abs=5e-4)


def test_w2_without_failures_needs_less() -> None:
    assert reserve_requirement(pod(tolerated_failures=0)).reserve_fraction == pytest.approx(0.507666, abs=5e-7)


@pytest.mark.parametrize(
    ("health", "fraction", "tradable_kwh"),
    [(1.0, 0.5763, 423.68), (0.8, 0.7079, 233.68), (0.7, 0.8019, 138.68), (0.6, 0.9272, 43.68)],
)
def test_w2_by_state_of_health(health: float, fraction: float, tradable_kwh: float) -> None:
    required = reserve_requirement(pod(state_of_health=health))

    assert required.reserve_fraction == pytest.approx(fraction, abs=5e-5)
    assert required.tradable_kwh == pytest.approx(tradable_kwh, abs=6e-3)


def test_w2_nothing_is_left_below_a_health_of_0_554017() -> None:
    assert reserve_requirement(pod(state_of_health=0.554017 + 1e-6)).feasible
    assert not reserve_requirement(pod(state_of_health=0.554017 - 1e-6)).feasible


def test_w2b_each_side_of_2n_carries_everything_alone() -> None:
    sides = [pod(id=side, units=4, tolerated_failures=0) for side in ("a", "b")]

    assert [reserve_requirement(side).reserve_fraction for side in sides] == pytest.approx([0.622082] * 2, abs=5e-7)


def test_w3_the_discharge_rate_limits_what_is_usable() -> None:
    required = reserve_requirement(pod(usable_fraction_by_c_rate=RATE_TABLE))

    assert required.c_rate == pytest.approx(6.865, abs=5e-4)
    assert required.usable_fraction == pytest.approx(0.845400, abs=5e-7)
    assert required.reserve_fraction == pytest.approx(0.726700, abs=5e-7)


def test_w4_peukert_current_of_a_five_minute_discharge() -> None:
    rated_ah, rated_h, exponent, hours = 100.0, 20.0, 1.2, 5 / 60

    current_a = rated_ah / rated_h * (rated_h / hours) ** (1 / exponent)

    assert current_a == pytest.approx(481.370, abs=5e-4)
    assert current_a * hours == pytest.approx(40.114, abs=5e-4)


@pytest.mark.parametrize(("seconds", "energy_kwh"), [(240, 1.000), (90, 0.375)])
def test_w5_an_open_rack_shelf_of_15_kw(seconds: float, energy_kwh: float) -> None:
    shelf = pod(
        units=6,
        unit_output_limit_kw=3,
        unit_input_limit_kw=4,
        nominal_kwh=0.25,
        discharge_limit_kw=3,
        inverter_efficiency=1.0,
        protected_load_kw=15,
        reserve=ReservePolicy(ride_through_s=seconds),
    )

    assert reserve_requirement(shelf).need_kwh == pytest.approx(energy_kwh, abs=5e-4)


@pytest.mark.parametrize(("power_kw", "hours"), [(1200, 0.36934), (200, 2.21607)])
def test_w6_recharge_after_one_ride_through(power_kw: float, hours: float) -> None:
    assert recharge_h(421.0526316, power_kw, 0.95) == pytest.approx(hours, abs=5e-6)
    assert reserve_requirement(pod(rectifier_efficiency=1.0), meter_headroom_kw=power_kw).recharge_h == pytest.approx(
        hours, abs=5e-6
    )


def test_infeasible_batteries_say_what_is_missing() -> None:
    required = reserve_requirement(pod(nominal_kwh=110, state_of_health=0.9))

    assert not required.feasible
    assert required.binding is Binding.CAPACITY
    assert required.reserve_fraction == pytest.approx(1.1133, abs=5e-5)
    assert required.tradable_kwh == 0
    assert required.deficit_kwh == pytest.approx((1.113264 - 1) * 495, abs=1e-2)
    assert required.deficit_s == pytest.approx(300 - required.ride_through_s)


@pytest.mark.parametrize(
    ("changes", "binding"),
    [
        ({"unit_output_limit_kw": 1199}, Binding.INVERTER_POWER),
        ({"discharge_limit_kw": 1263}, Binding.BATTERY_POWER),
        ({"usable_fraction_by_c_rate": {1: 1.0, 6: 0.9}}, Binding.DISCHARGE_RATE),
    ],
)
def test_power_that_survivors_cannot_hold_makes_any_reserve_infeasible(
    changes: dict[str, object], binding: Binding
) -> None:
    required = reserve_requirement(pod(**changes))

    assert not required.feasible
    assert required.binding is binding
    assert required.ride_through_s == 0
    assert required.deficit_s == 300


def test_a_charger_without_power_never_recharges() -> None:
    assert math.isinf(reserve_requirement(pod(), meter_headroom_kw=0).recharge_h)


def test_loss_inside_the_makers_table_is_counted_once() -> None:
    counted = pod(discharge_efficiency=0.9)
    included = pod(discharge_efficiency=0.9, usable_fraction_includes_loss=True)

    assert reserve_requirement(included).reserve_fraction == pytest.approx(0.622082, abs=5e-7)
    assert reserve_requirement(counted).reserve_fraction > reserve_requirement(included).reserve_fraction


@given(
    load_kw=st.floats(100, 4800),
    seconds=st.floats(10, 280),
    health=st.floats(0.6, 1.0),
    failures=st.integers(0, 3),
    doubt=st.floats(0, 0.1),
)
def test_more_load_time_failures_or_doubt_never_lowers_the_reserve(
    load_kw: float, seconds: float, health: float, failures: int, doubt: float
) -> None:
    def fraction(*, load: float, time: float, failed: int, error: float) -> float:
        policy = ReservePolicy(ride_through_s=time, soc_error_fraction=error)
        ups = pod(
            state_of_health=health, tolerated_failures=failed, reserve=policy, usable_fraction_by_c_rate=RATE_TABLE
        )
        return reserve_requirement(ups, protected_load_kw=load).reserve_fraction

    base = {"load": load_kw, "time": seconds, "failed": failures, "error": doubt}
    more = [{"load": load_kw * 1.1}, {"time": seconds * 1.1}, {"failed": failures + 1}, {"error": doubt + 0.01}]

    assert all(fraction(**(base | change)) >= fraction(**base) for change in more)  # type: ignore[arg-type]


def test_what_reaches_the_load_follows_the_inverters_curve() -> None:
    curved = reserve_requirement(pod(inverter_efficiency_by_load_fraction={0.25: 0.9, 1.0: 0.9}))

    assert curved.tradable_ac_kwh == pytest.approx(curved.tradable_kwh * 0.9)
