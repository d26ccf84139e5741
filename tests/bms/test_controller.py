"""The control loop on simulated equipment: it follows the plan, and stops a discharge when anything is wrong."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import live
import pytest
from control_benches import BEGIN, control_bench
from sites import ups_system

from ridethrough.bms.drivers.driver import UnableToApply, UnableToReach
from ridethrough.bms.drivers.readings import Capabilities
from ridethrough.bms.simulated.faults import NO_FAULTS
from ridethrough.domain.site_equipment import Device
from ridethrough.operation.live.situation import SetpointMode


def discharging(bench: Any) -> float:  # noqa: ANN401
    return float(bench.ups.state.discharge_kw)


def test_it_follows_the_plan() -> None:
    bench = control_bench()
    cycle = bench.cycle()
    assert cycle.mode is SetpointMode.PLAN
    assert cycle.ups["pod-1"].refused == ()
    assert discharging(bench) == pytest.approx(300.0)
    stored_kwh = bench.ups.state.stored_kwh
    bench.cycle(10)
    assert bench.ups.state.stored_kwh < stored_kwh - 300 * 10 / 3600


@pytest.mark.parametrize(
    "faults",
    [
        {"dead": True},
        {"stale": True},
        {"lost": True},
        {"jump_kwh": 400.0},
        {"wrong_read_back_kw": 80.0},
        {"refuses": True},
        {"clock_skew_s": 30.0},
        {"clock_skew_s": -30.0},
    ],
    ids=str,
)
def test_a_fault_stops_the_discharge_within_two_cycles_and_it_goes_on_when_all_is_well(faults: Any) -> None:  # noqa: ANN401
    bench = control_bench(plan=lambda site: live.plan(site, discharge_kw=300.0), setpoint_s=2.0)
    bench.store(160.0)
    bench.cycle(3)
    assert discharging(bench) == pytest.approx(300.0)
    bench.ups.faults = replace(NO_FAULTS, **faults)
    bench.cycle(2)
    assert discharging(bench) == 0
    bench.cycle(20)
    assert discharging(bench) == 0
    bench.ups.faults = NO_FAULTS
    bench.cycle(5)
    assert discharging(bench) == 0, "a system that was not in order proves itself first"
    bench.cycle(40)
    assert discharging(bench) == pytest.approx(300.0)


def test_a_failed_unit_stops_the_discharge_in_the_cycle_that_reads_it() -> None:
    bench = control_bench()
    bench.cycle(3)
    bench.ups.fail_units(1)
    cycle = bench.cycle()
    assert discharging(bench) == 0
    assert any("a unit is out" in each for each in cycle.ups["pod-1"].refused)


def test_an_operator_holds_and_releases() -> None:
    bench = control_bench()
    bench.cycle(2)
    bench.held = "held by Ada: work on the busbar"
    assert "busbar" in bench.cycle().why
    assert discharging(bench) == 0
    bench.held = ""
    bench.cycle()
    assert discharging(bench) == pytest.approx(300.0)


def test_an_outage_locks_until_a_plan_that_knows_of_it() -> None:
    bench = control_bench()
    bench.cycle(2)
    bench.simulated.outage()
    bench.cycle(100)
    bench.simulated.restore()
    bench.cycle(60)
    assert bench.cycle().mode is SetpointMode.HOLD
    assert bench.simulated.unserved_kwh == 0
    bench.plan = replace(bench.plan, made_at=bench.simulated.now)  # type: ignore[type-var]
    bench.cycle(2)
    assert bench.cycle().mode is SetpointMode.PLAN


def test_a_plan_that_expires_stops_the_discharge_before_its_end() -> None:
    bench = control_bench()
    assert not isinstance(bench.plan, str)
    bench.plan = replace(bench.plan, expires_at=bench.simulated.now + timedelta(seconds=5.5))
    for _ in range(10):
        bench.cycle()
        ordered = bench.ups.state.ordered
        gives = ordered is not None and ordered.discharge_kw > 0
        assert not gives or ordered.until <= bench.plan.expires_at
    assert discharging(bench) == 0


def test_a_system_that_does_not_take_part_is_read_and_never_discharged() -> None:
    bench = control_bench()
    device = replace(bench.equipment.ups["pod-1"], take_part=False)
    bench.controller.equipment = replace(bench.equipment, ups={"pod-1": device})
    bench.controller.__post_init__()
    cycle = bench.cycle()
    assert "does not let" in cycle.ups["pod-1"].refused[0]
    assert discharging(bench) == 0


def test_orders_that_come_late_are_judged_by_the_time_at_which_they_are_written() -> None:
    bench = control_bench()

    class Late:
        async def orders(self, *question: Any) -> Any:  # noqa: ANN401
            ordered = await bench.ordering.orders(*question)
            bench.simulated.advance(8.0)
            return ordered

    bench.controller.ordering = Late()
    cycle = bench.cycle()
    assert discharging(bench) == 0
    assert "the reading is 8.0 s old, and may be 5.0 s old" in cycle.ups["pod-1"].refused


def test_a_rise_follows_the_ramp_and_a_fall_is_at_once() -> None:
    bench = control_bench(ramp_kw_per_s=100.0)
    told = [bench.cycle().ups["pod-1"].told for _ in range(4)]
    assert [each.discharge_kw for each in told if each] == pytest.approx([100.0, 200.0, 300.0, 300.0])
    bench.held = "held"
    bench.cycle()
    assert discharging(bench) == 0


def test_it_waits_before_it_turns_round() -> None:
    bench = control_bench(reversal_s=5.0)
    bench.cycle(2)
    bench.plan = live.plan(bench.site, discharge_kw=0.0, charge_kw=200.0)
    told = [bench.cycle().ups["pod-1"].told for _ in range(7)]
    charges = [each.charge_kw > 0 for each in told if each]
    assert charges == [False] * 4 + [True] * 3


def test_a_dead_meter_holds_the_site_and_is_named() -> None:
    bench = control_bench()
    bench.cycle(2)
    bench.simulated.meter_faults = replace(NO_FAULTS, dead=True)
    cycle = bench.cycle()
    assert discharging(bench) == 0
    assert "meter: there is no answer" in cycle.why


def test_release_leaves_every_device_in_normal_operation_and_names_those_that_do_not_answer() -> None:
    bench = control_bench()
    bench.cycle(2)
    bench.simulated.ups["pod-1"].faults = replace(NO_FAULTS, dead=True)
    assert "pod-1" in asyncio_run(bench.controller.release())
    bench.simulated.ups["pod-1"].faults = NO_FAULTS
    assert asyncio_run(bench.controller.release()) == {}
    assert bench.ups.state.ordered is None
    asyncio_run(bench.controller.close())


def asyncio_run(awaitable: Any) -> Any:  # noqa: ANN401
    import asyncio  # noqa: PLC0415

    return asyncio.run(awaitable)


def test_the_devices_of_a_bench_are_named() -> None:
    assert control_bench().equipment.meter == Device(driver="simulated")


def test_a_battery_that_gives_in_two_intervals_does_not_rest_between_them() -> None:
    bench = control_bench(now=BEGIN + timedelta(minutes=14, seconds=50))
    told = [bench.cycle().ups["pod-1"].told for _ in range(20)]
    assert bench.simulated.now > BEGIN + timedelta(minutes=15)
    assert [each.discharge_kw for each in told if each] == pytest.approx([300.0] * 20)


def test_a_device_that_dies_between_reading_and_writing_costs_only_its_own_system() -> None:
    bench = control_bench(ups_system(id="pod-1"), ups_system(id="pod-2"), import_limit_kw=13000.0)
    driver = bench.controller.drivers["pod-1"]

    async def unreachable(_: Any) -> Any:  # noqa: ANN401
        raise UnableToReach("gone")

    driver.apply = unreachable  # type: ignore[method-assign]
    cycle = bench.cycle()
    assert cycle.ups["pod-1"].fault == "gone"
    assert cycle.ups["pod-1"].told is None
    assert cycle.ups["pod-2"].told is not None
    assert bench.simulated.ups["pod-2"].state.discharge_kw == pytest.approx(300.0)


@pytest.mark.parametrize("call", ["read", "apply", "release"])
def test_a_driver_that_fails_by_an_error_of_its_own_costs_only_its_own_system(call: str) -> None:
    bench = control_bench(ups_system(id="pod-1"), ups_system(id="pod-2"), import_limit_kw=13000.0)
    bench.cycle()

    async def fails(*_: Any) -> Any:  # noqa: ANN401
        raise OverflowError("date value out of range")

    setattr(bench.controller.drivers["pod-1"], call, fails)
    cycle = bench.cycle()
    other = bench.simulated.ups["pod-2"].state
    assert other.discharge_kw == pytest.approx(300.0)
    kept = asyncio_run(bench.controller.release())
    why = kept.get("pod-1", "") if call == "release" else cycle.ups["pod-1"].fault
    assert why == "its driver failed: OverflowError: date value out of range"
    assert bench.simulated.ups["pod-2"].state.ordered is None


def test_a_meter_whose_driver_fails_by_an_error_of_its_own_holds_the_site() -> None:
    bench = control_bench()

    async def fails() -> Any:  # noqa: ANN401
        raise OverflowError("date value out of range")

    bench.controller.meter.read = fails  # type: ignore[method-assign]
    assert "meter: its driver failed: OverflowError" in bench.cycle().why
    assert discharging(bench) == 0


def test_a_device_that_refuses_and_cannot_be_released_says_both() -> None:
    bench = control_bench()
    driver = bench.controller.drivers["pod-1"]

    async def refuses(*_: Any) -> Any:  # noqa: ANN401
        raise UnableToApply("no")

    driver.apply = driver.release = refuses  # type: ignore[method-assign]
    assert bench.cycle().ups["pod-1"].fault == "no; and it could not be released: no"


def test_a_system_that_only_tells_is_told_nothing() -> None:
    bench = control_bench()
    bench.controller.drivers["pod-1"].capabilities = Capabilities(dispatches=False, expires=False)  # type: ignore[misc]
    cycle = bench.cycle()
    assert cycle.ups["pod-1"].told is None
    assert "does not let" in cycle.ups["pod-1"].refused[0]
    assert bench.ups.state.ordered is None


@pytest.mark.parametrize("wish", [{"discharge_kw": 300.0}, {"charge_kw": 300.0}], ids=["discharge", "charge"])
def test_a_device_that_does_not_end_setpoints_by_itself_is_given_none(wish: dict[str, float]) -> None:
    bench = control_bench(plan=lambda site: live.plan(site, **{"discharge_kw": 0.0, **wish}))
    bench.store(160.0)
    bench.controller.drivers["pod-1"].capabilities = Capabilities(dispatches=True, expires=False)  # type: ignore[misc]
    for _ in range(20):
        cycle = bench.cycle()
        assert bench.ups.state.ordered is None
    asked = cycle.ups["pod-1"].asked
    assert asked.discharge_kw + asked.charge_kw == pytest.approx(300.0)
    assert cycle.ups["pod-1"].told is None
    assert "does not end setpoints" in cycle.ups["pod-1"].refused[0]
    assert asyncio.run(bench.controller.release()) == {}


def test_a_clock_of_the_controller_that_jumps_back_stops_the_discharge() -> None:
    bench = control_bench()
    bench.cycle(2)
    assert discharging(bench) == pytest.approx(300.0)
    bench.clock_ahead = -timedelta(minutes=5)
    assert "was set back by 300 s" in bench.cycle().why
    assert discharging(bench) == 0


def set_clocks(bench: Any, by: timedelta) -> None:  # noqa: ANN401
    """Set the clock of the controller's machine and those of all devices."""
    bench.clock_ahead = by
    bench.ups.faults = replace(NO_FAULTS, clock_skew_s=by.total_seconds())
    meter, told = bench.controller.meter, bench.controller.meter.read

    async def read() -> Any:  # noqa: ANN401
        reading = await told()
        return replace(reading, measured_at=reading.measured_at + by)

    meter.read = read


def test_a_clock_that_jumps_forward_stops_the_discharge_and_ends_no_wait() -> None:
    bench = control_bench(plan=lambda site: live.plan(site, discharge_kw=300.0), requalify_s=10.0)
    bench.cycle(2)
    set_clocks(bench, timedelta(minutes=10))
    assert "was set forward by 600 s" in bench.cycle().why
    bench.cycle(9)
    assert discharging(bench) == 0, "600 s seem to have passed, and only 9 did"
    bench.cycle(3)
    assert discharging(bench) == pytest.approx(300.0)


def test_a_plan_made_before_the_clock_was_set_back_does_not_know_of_the_outage_after() -> None:
    bench = control_bench(plan=lambda site: live.plan(site, made_at=BEGIN - timedelta(minutes=5)))
    bench.cycle(2)
    set_clocks(bench, -timedelta(minutes=30))
    bench.cycle(30)
    assert discharging(bench) == pytest.approx(300.0)
    bench.simulated.outage()
    bench.cycle(100)
    bench.simulated.restore()
    bench.cycle(60)
    assert "a new plan is needed" in bench.cycle().why
    assert discharging(bench) == 0
    assert not isinstance(bench.plan, str)
    bench.plan = replace(bench.plan, made_at=bench.simulated.now - timedelta(minutes=30))
    bench.cycle(20)
    assert discharging(bench) == pytest.approx(300.0)


def test_a_clock_that_jumps_forward_gives_batteries_no_time_to_have_charged() -> None:
    bench = control_bench()
    bench.store(140.0)
    bench.cycle(3)
    set_clocks(bench, timedelta(hours=1))  # 1,200 kW could charge 200 kWh in an hour
    bench.ups.faults = replace(bench.ups.faults, jump_kwh=200.0)
    for _ in range(60):
        cycle = bench.cycle()
        assert discharging(bench) == 0
    assert "cannot rise by" in cycle.ups["pod-1"].why


def test_a_hold_that_ends_while_readings_are_stale_lets_nothing_through() -> None:
    bench = control_bench()
    bench.cycle(2)
    bench.held = "held by Ada: work on the busbar"
    bench.ups.faults = replace(NO_FAULTS, stale=True)
    assert "busbar" in bench.cycle(20).why
    bench.held = ""
    bench.cycle(20)
    assert discharging(bench) == 0
    bench.ups.faults = NO_FAULTS
    bench.cycle(20)
    assert discharging(bench) == pytest.approx(300.0)


def test_a_system_below_its_reserve_charges_without_waiting() -> None:
    bench = control_bench(ramp_kw_per_s=1.0, reversal_s=60.0)
    bench.cycle(2)
    bench.store(100.0)
    told = bench.cycle().ups["pod-1"].told
    assert told is not None
    assert told.charge_kw > 500


def test_a_clock_of_a_device_that_was_far_ahead_once_makes_no_later_reading_an_old_one() -> None:
    bench = control_bench()
    bench.cycle(3)
    bench.ups.faults = replace(NO_FAULTS, clock_skew_s=10 * 365 * 86_400.0)
    bench.cycle(3)
    assert discharging(bench) == 0
    bench.ups.faults = NO_FAULTS
    bench.cycle(20)
    assert discharging(bench) == pytest.approx(300.0)
