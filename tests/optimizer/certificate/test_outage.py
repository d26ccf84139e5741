"""Outages replayed on units that differ, against a plain unit-by-unit loop."""

from itertools import combinations

import numpy as np
import pytest
from certificates import judged
from hypothesis import given, settings
from hypothesis import strategies as st
from sites import NOW, problem, site, ups_system

from ridethrough.domain import ReservePolicy, SiteState, UnableToAccept, UpsMode, UpsSystem, reserve_requirement
from ridethrough.domain.plan import PlanStatus
from ridethrough.domain.ride_through.shutdown import CleanShutdown
from ridethrough.optimizer import plan_dispatch
from ridethrough.optimizer.certificate.outage import ride_through_s

TABLE = {1: 1.0, 2: 0.98, 4: 0.94, 6: 0.88, 9: 0.80}


def carried_s(ups: UpsSystem, unit_stored_kwh: list[float], load_kw: float, failed: tuple[int, ...]) -> int:
    """Whole seconds that a loop over units and seconds carries a load; empty units leave their share to others."""
    capacities = ups.unit_capacities_kwh
    left = {
        unit: unit_stored_kwh[unit] - ups.battery.cutoff_fraction * capacity
        for unit, capacity in enumerate(capacities)
        if unit not in failed
    }
    for second in range(4000):
        while left:
            share_dc_kw = load_kw / len(left) / ups.inverter_efficiency
            need = {
                unit: share_dc_kw
                / ups.battery.usable_fraction(share_dc_kw / capacities[unit])
                / ups.battery.discharge_efficiency
                / 3600
                for unit in left
            }
            too_much = load_kw / len(left) > ups.unit_output_limit_kw or share_dc_kw > ups.battery.discharge_limit_kw
            lasting = {
                unit: kwh
                for unit, kwh in left.items()
                if not too_much
                and share_dc_kw / capacities[unit] <= ups.battery.max_c_rate
                and kwh >= need[unit] * (1 - 1e-6)
            }
            if len(lasting) == len(left):
                break
            left = lasting
        if not left:
            return second
        left = {unit: kwh - need[unit] for unit, kwh in left.items()}
    return 4000


@settings(max_examples=40, deadline=None)
@given(
    health=st.lists(st.floats(0.6, 1.0), min_size=3, max_size=5),
    failures=st.integers(0, 1),
    load_kw=st.floats(600, 4000),
    traded=st.floats(0.0, 1.0),
)
def test_units_that_differ_and_share_all_trades_carry_at_least_what_is_certified(
    health: list[float], failures: int, load_kw: float, traded: float
) -> None:
    """Every unit starts full and gives the same energy to a trade; then any tolerated subset fails."""
    ups = ups_system(
        units=len(health),
        tolerated_failures=failures,
        unit_state_of_health=tuple(health),
        usable_fraction_by_c_rate=TABLE,
        protected_load_kw=load_kw,
    )
    required = reserve_requirement(ups)
    given_kwh = traded * required.tradable_kwh / ups.units

    certified = ride_through_s(ups, np.array([ups.max_stored_kwh - given_kwh * ups.units]), np.array([load_kw])).min()

    left = [capacity - given_kwh for capacity in ups.unit_capacities_kwh]
    cases = [case for size in range(failures + 1) for case in combinations(range(len(health)), size)]
    assert min(carried_s(ups, left, load_kw, case) for case in cases) >= min(np.floor(certified), 4000) - 1
    if required.feasible:
        assert certified >= required.required_s - 1e-6


def test_alike_units_given_one_by_one_are_alike_units() -> None:
    stored, load = np.array([700.0, 920.0]), np.array([4800.0, 4800.0])
    listed = ups_system(unit_state_of_health=(0.92,) * 5)

    assert ride_through_s(listed, stored, load) == pytest.approx(ride_through_s(ups_system(), stored, load))


def test_a_weak_unit_lowers_what_may_be_traded_and_the_plan_is_still_certified() -> None:
    price = [0.05] * 2 + [0.9] * 2 + [0.05] * 8
    alike = plan_dispatch(problem(price=price), issued_at=NOW)
    aged = ups_system(unit_state_of_health=(0.92, 0.92, 0.75, 0.92, 0.92))
    weak = plan_dispatch(problem(aged, price=price), issued_at=NOW)

    assert weak.certificate.certified
    assert weak.certificate.worst.ride_through_s >= 300
    assert max(weak.ups[0].discharge_kw) > 0
    assert weak.savings < alike.savings


def test_a_unit_in_bypass_is_left_out_and_redundancy_is_used_up() -> None:
    modes = (UpsMode.NORMAL,) * 4 + (UpsMode.BYPASS,)
    ups = ups_system(unit_modes=modes)

    plan = plan_dispatch(problem(ups, price=[0.05, 0.5, 0.05, 0.05]), issued_at=NOW)

    assert (ups.units_in_service, ups.failures_left, ups.surviving_units) == (4, 0, 4)
    assert ups.capacity_kwh == pytest.approx(4 * 184)
    assert plan.certificate.certified
    assert plan.certificate.outages_replayed == 5
    assert any("1 of 5 units out of service" in warning for warning in plan.warnings)


def test_more_units_out_than_tolerated_is_an_alarm_and_no_trading() -> None:
    modes = (UpsMode.NORMAL, UpsMode.BYPASS, UpsMode.BYPASS)
    strong = ups_system(units=3, unit_modes=modes, protected_load_kw=450.0)

    plan = plan_dispatch(problem(strong, price=[0.05, 0.9, 0.05, 0.05], load_kw=450.0), issued_at=NOW)

    assert plan.status is PlanStatus.RECOVERY
    assert not any(plan.ups[0].discharge_kw)
    assert any("redundancy is lost, no trading" in warning for warning in plan.warnings)


def test_two_units_out_of_an_n_plus_one_system_cannot_carry_the_load() -> None:
    modes = (UpsMode.NORMAL,) * 3 + (UpsMode.BYPASS,) * 2

    plan = plan_dispatch(problem(ups_system(unit_modes=modes), price=[0.05, 0.5]), issued_at=NOW)

    assert not plan.certificate.certified
    assert "infeasible" in " ".join(plan.warnings)


def test_units_at_different_charge_count_as_charged_like_the_emptiest() -> None:
    ups = ups_system()
    state = SiteState(unit_stored_kwh={"pod-1": (184.0, 184.0, 150.0, 184.0, 184.0)})
    aged = ups_system(unit_state_of_health=(0.92, 0.92, 0.75, 0.92, 0.92))
    worn = SiteState(unit_stored_kwh={"pod-1": (184.0, 184.0, 150.0, 184.0, 140.0)})

    assert state.stored_in(site(ups), "pod-1") == pytest.approx(150 * 5)
    assert worn.stored_in(site(aged), "pod-1") == pytest.approx((140 - 0.05 * 184 + 0.05 * 150) * 5)
    with pytest.raises(UnableToAccept, match="give unit_stored_kwh"):
        SiteState(stored_kwh={"pod-1": 700.0}).check_against(site(aged))
    with pytest.raises(UnableToAccept) as refused:
        SiteState(unit_stored_kwh={"pod-1": (1.0, 500.0), "pod-9": (1.0,)}).check_against(site(ups))
    assert [fault.field for fault in refused.value.faults] == [
        "ups.pod-1.unit_stored_kwh",
        "ups.pod-1.unit_stored_kwh.1",
        "ups.pod-9",
    ]
    with pytest.raises(UnableToAccept):
        SiteState(stored_kwh={"pod-1": 1.0}, unit_stored_kwh={"pod-1": (-1.0,)})


def test_standing_by_loses_energy_during_an_outage_too() -> None:
    leaky = ups_system(standby_loss_per_h=0.02)
    stored = np.array([reserve_requirement(leaky).reserve_kwh])

    assert reserve_requirement(leaky).reserve_kwh > reserve_requirement(ups_system()).reserve_kwh
    assert ride_through_s(leaky, stored, np.array([4800.0])).min() == pytest.approx(300, abs=1e-6)


def test_recharging_on_generators_takes_longer_where_the_charger_is_held_back() -> None:
    held_back = reserve_requirement(ups_system(charge_limit_on_generator_kw=12.0))

    assert held_back.recharge_on_generator_h == pytest.approx(held_back.recharge_h * 240 / 12)
    assert reserve_requirement(ups_system()).recharge_on_generator_h == reserve_requirement(ups_system()).recharge_h


def test_a_plan_of_no_system_proves_nothing() -> None:
    made = problem(price=[0.1, 0.1])

    certificate = judged(made, plan_dispatch(made, issued_at=NOW), ups=())

    assert not certificate.certified
    assert certificate.violations == ("the plan has no setpoints of any UPS system",)


def test_falling_duties_are_replayed_step_by_step() -> None:
    shutdown = CleanShutdown(notice_s=30, checkpoint_s=60, power_off_s=60)
    ups = ups_system(reserve=ReservePolicy(clean_shutdown=shutdown))
    required = reserve_requirement(ups)

    alike = ride_through_s(ups, np.array([required.reserve_kwh]), np.array([4800.0])).min()
    listed = ups_system(reserve=ups.reserve, unit_state_of_health=(0.92,) * 5)
    different = ride_through_s(listed, np.array([required.reserve_kwh * 1.0001]), np.array([4800.0])).min()

    assert required.required_s == 150
    assert required.reserve_kwh < reserve_requirement(ups_system(ride_through_s=150)).reserve_kwh
    assert alike == pytest.approx(150, abs=1e-6)
    assert different >= 150


@pytest.mark.parametrize(
    ("modes", "reason"),
    [
        ((UpsMode.NORMAL,) * 4 + (UpsMode.STORED_ENERGY,), "there is an outage"),
        ((UpsMode.NORMAL,) * 3 + (UpsMode.BYPASS,) * 2, "redundancy is lost"),
    ],
)
def test_units_on_stored_energy_or_lost_redundancy_lock_trading(modes: tuple[UpsMode, ...], reason: str) -> None:
    """Neither a plan nor a foreign plan's certificate lets such a system trade."""
    price = [0.05, 0.9, 0.05, 0.05]
    calm = problem(ups_system(protected_load_kw=1500.0), price=price, load_kw=1400.0)
    locked = problem(ups_system(protected_load_kw=1500.0, unit_modes=modes), price=price, load_kw=1400.0)
    trading = plan_dispatch(calm, issued_at=NOW)

    plan = plan_dispatch(locked, issued_at=NOW)
    certificate = judged(locked, trading)

    assert plan.status is PlanStatus.RECOVERY
    assert not any(plan.ups[0].discharge_kw)
    assert any(reason in warning for warning in plan.warnings)
    assert max(trading.ups[0].discharge_kw) > 0
    assert any(reason in violation for violation in certificate.violations)
