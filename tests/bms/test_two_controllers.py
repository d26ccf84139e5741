"""Two controllers of the same equipment, of which neither knows of the other: one commands, and the other says so."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import live
import pytest
from control_benches import ControlBench, control_bench, controller_of

from ridethrough.bms.controller import Controller
from ridethrough.bms.cycle import Cycle
from ridethrough.bms.drivers.readings import DeviceSetpoint
from ridethrough.bms.ordering import LocalOrdering

UPS_ID = "pod-1"


def second(bench: ControlBench, *, discharge_kw: float, quiet_s: float = 0.0) -> Controller:
    """Another controller of the same equipment, with a plan of its own."""
    plan = live.plan(bench.site, discharge_kw=discharge_kw)
    ordering = LocalOrdering(site=bench.site, plan=lambda _: plan, held=lambda: "")
    controller = controller_of(bench.site, bench.simulated, bench.equipment, ordering)
    return replace(controller, quiet_s=quiet_s)


def both(bench: ControlBench, other: Controller, cycles: int) -> list[tuple[Cycle, Cycle]]:
    """Cycles of both in turn, half a cycle apart; every setpoint in force is one that one of them gave."""

    async def run() -> list[tuple[Cycle, Cycle]]:
        done = []
        for _ in range(cycles):
            first = await bench.controller.cycle()
            bench.simulated.advance(bench.equipment.cycle_s / 2)
            done.append((first, await other.cycle()))
            bench.simulated.advance(bench.equipment.cycle_s / 2)
        return done

    return asyncio.run(run())


def commands(cycle: Cycle) -> bool:
    return cycle.ups[UPS_ID].told is not None


def test_one_that_starts_beside_another_waits_and_leaves_it_alone() -> None:
    bench = control_bench()
    bench.cycle(3)
    for first, late in both(bench, second(bench, discharge_kw=500.0), 60):
        assert commands(first)
        assert not commands(late)
        assert "did not give" in late.ups[UPS_ID].fault
        assert "another machine" in late.ups[UPS_ID].fault
        assert bench.ups.state.discharge_kw == pytest.approx(300.0)


def test_one_that_starts_beside_another_with_the_same_power_sees_its_time_renewed() -> None:
    bench = control_bench(setpoint_s=6.0)
    bench.cycle(3)
    other = second(bench, discharge_kw=300.0)
    assert not any(commands(late) for _, late in both(bench, other, 20))


def test_the_second_takes_over_when_the_first_is_gone_for_a_while() -> None:
    bench = control_bench(requalify_s=10.0)
    bench.cycle(3)
    other = second(bench, discharge_kw=500.0)
    both(bench, other, 5)
    asyncio.run(bench.controller.release())

    async def alone() -> list[bool]:
        given = []
        for _ in range(40):
            given.append(commands(await other.cycle()))
            bench.simulated.advance(1.0)
        return given

    given = asyncio.run(alone())
    assert given[:9] == [False] * 9
    assert given[-1]
    assert bench.ups.state.discharge_kw == pytest.approx(500.0)


def test_of_two_that_start_at_the_same_moment_one_is_left_after_a_few_cycles() -> None:
    bench = control_bench(requalify_s=10.0)
    other = second(bench, discharge_kw=500.0, quiet_s=17.0)

    async def same_moment() -> tuple[Cycle, Cycle]:
        return await asyncio.gather(bench.controller.cycle(), other.cycle())

    asyncio.run(same_moment())
    bench.simulated.advance(1.0)
    cycles = both(bench, other, 60)
    assert all([commands(each) for each in pair].count(True) == 1 for pair in cycles[3:])
    assert len({commands(first) for first, _ in cycles[3:]}) == 1, "it is the same one all the time"
    assert any("did not give" in each.ups[UPS_ID].fault for each in cycles[-1])


def test_a_setpoint_of_a_person_stops_ours_and_the_device_is_released() -> None:
    bench = control_bench()
    bench.cycle(3)
    bench.ups.order(DeviceSetpoint(charge_kw=0.0, discharge_kw=900.0, valid_for_s=3600.0))
    cycle = bench.cycle()
    assert "look for another controller" in cycle.ups[UPS_ID].fault
    assert "reports a fault" in " ".join(cycle.ups[UPS_ID].refused) or cycle.ups[UPS_ID].told is None
    assert bench.ups.state.ordered is None
    bench.cycle(9)
    assert bench.ups.state.ordered is None
    bench.cycle(30)
    assert bench.ups.state.discharge_kw == pytest.approx(300.0)


def test_the_end_of_a_controller_that_waits_leaves_the_other_one_s_setpoint() -> None:
    bench = control_bench()
    bench.cycle(3)
    other = second(bench, discharge_kw=500.0)
    both(bench, other, 3)
    assert asyncio.run(other.release()) == {}
    assert bench.ups.state.discharge_kw == pytest.approx(300.0)


def test_a_controller_that_is_started_again_at_once_goes_on_with_its_own_setpoint_in_force() -> None:
    bench = control_bench(requalify_s=10.0)
    bench.cycle(3)
    now_s = bench.simulated.clock().timestamp()
    known = bench.controller._systems[UPS_ID].commanding.given  # noqa: SLF001 - as the record on disk would say
    again = replace(bench.controller, given={UPS_ID: known})
    assert commands(asyncio.run(again.cycle()))
    assert bench.ups.state.discharge_kw == pytest.approx(300.0)
    forgot = replace(bench.controller, given={})
    bench.simulated.advance(1.0)
    assert not commands(asyncio.run(forgot.cycle()))
    assert bench.simulated.clock().timestamp() - now_s < timedelta(minutes=1).total_seconds()
