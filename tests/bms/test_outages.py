"""An outage at the worst moment: the load is carried, with the tolerated units failed, by the physics of equipment."""

from datetime import timedelta

import live
import pytest
from control_benches import BEGIN, RATES, control_bench
from sites import ups_system

from ridethrough.bms.simulated.physics import usable_fraction


@pytest.mark.parametrize("failed", [0, 1])
@pytest.mark.parametrize("moment_s", [3, 60, 893, 899])
def test_the_load_is_carried_when_an_outage_meets_a_discharge(moment_s: int, failed: int) -> None:
    """The plan discharges as much as it may; generators come at the last second of the ride-through."""
    bench = control_bench(
        ups_system(usable_fraction_by_c_rate=RATES),
        plan=lambda site: live.plan(site, discharge_kw=2500.0),
        load_kw=4799.0,
        generator_start_s=299.0,
        now=BEGIN + timedelta(seconds=max(0, moment_s - 60)),
    )
    bench.cycle(min(60, moment_s))
    assert bench.ups.state.ordered is not None
    assert bench.ups.state.stored_kwh < 5 * 184.0
    bench.ups.fail_units(failed)
    bench.simulated.outage()
    bench.cycle(310)
    assert bench.ups.state.generator
    assert bench.simulated.unserved_kwh == 0


def test_the_load_is_carried_from_the_very_floor() -> None:
    """Discharged until the guard stops it: what is left carries the protected load, with a unit failed, for 300 s."""
    bench = control_bench(
        ups_system(usable_fraction_by_c_rate=RATES),
        plan=lambda site: live.plan(site, discharge_kw=3000.0),
        load_kw=4799.0,
        generator_start_s=299.0,
        cycle_s=15.0,
        setpoint_s=45.0,
        reading_max_age_s=20.0,
    )
    bench.cycle(600)
    assert bench.ups.state.discharge_kw < 20, "it went on to its floor"
    bench.ups.fail_units(1)
    bench.simulated.outage()
    bench.cycle(22)
    assert bench.simulated.unserved_kwh == 0
    left = min(unit.stored_kwh for unit in bench.ups.state.units[1:])
    assert left < 0.25 * 184.0, "the floor is no wider than it must be"


def test_the_judge_finds_a_load_that_is_not_carried() -> None:
    bench = control_bench(ups_system(usable_fraction_by_c_rate=RATES), generator_start_s=299.0)
    bench.store(60.0)
    bench.ups.fail_units(1)
    bench.simulated.outage()
    bench.cycle(300)
    assert bench.simulated.unserved_kwh > 100


def test_a_battery_that_carries_the_load_falls_as_its_table_says() -> None:
    bench = control_bench(ups_system(usable_fraction_by_c_rate=RATES), generator_start_s=1000.0)
    before_kwh = bench.ups.state.stored_kwh
    bench.simulated.outage()
    bench.simulated.advance(120.0)
    rate = 4300 / 0.95 / 5 / 184
    low, high = 0.94, 0.88
    usable = low + (high - low) * (rate - 4) / 2
    expected_kwh = 4300 / 0.95 * 120 / 3600 / (usable * 0.98)
    assert usable_fraction(RATES, rate) == pytest.approx(usable)
    assert before_kwh - bench.ups.state.stored_kwh == pytest.approx(expected_kwh, rel=1e-9)
    assert bench.ups.state.since_outage_s == pytest.approx(timedelta(seconds=120).total_seconds())
