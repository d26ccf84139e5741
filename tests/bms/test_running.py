"""What a start loads does not delay a cycle, and what a device says by itself brings the next one forward."""

import asyncio
import gc
from dataclasses import replace

import pytest
from control_benches import ControlBench, control_bench

from ridethrough.bms import running
from ridethrough.bms.drivers.simulated import SimulatedUpsDriver
from ridethrough.bms.running import leave_start_uncollected
from ridethrough.bms.shadow import ShadowUps


def test_what_a_start_loaded_is_not_looked_through_again() -> None:
    loaded = [[str(number)] for number in range(1000)]
    try:
        leave_start_uncollected()
        assert gc.get_freeze_count() > len(loaded)
        assert not any(each is loaded for each in gc.get_objects())
    finally:
        gc.unfreeze()


class Hinting(SimulatedUpsDriver):
    """A UPS system that says by itself that something changed."""

    changed: asyncio.Event


def hinted(cycle_s: float, *, shadow: bool = False) -> tuple[ControlBench, asyncio.Event]:
    bench = control_bench(cycle_s=cycle_s, setpoint_s=3 * cycle_s, reading_max_age_s=5 * cycle_s)
    driver = Hinting(bench.ups, timeout_s=0.05)
    driver.changed = asyncio.Event()
    ups = bench.site.ups[0]
    drivers = {ups.id: ShadowUps(driver, ups) if shadow else driver}
    bench.controller = replace(bench.controller, drivers=drivers)
    return bench, driver.changed


@pytest.mark.parametrize("shadow", [False, True])
def test_a_device_that_says_that_something_changed_is_read_sooner(
    monkeypatch: pytest.MonkeyPatch, *, shadow: bool
) -> None:
    monkeypatch.setattr(running, "_NOT_SOONER", 1.0)
    bench, changed = hinted(300.0, shadow=shadow)

    async def inside() -> None:
        going = asyncio.ensure_future(running.run(bench.controller, asyncio.Event(), cycles=2, failed=_fail))
        await asyncio.sleep(0.05)
        assert not going.done()
        changed.set()
        await asyncio.wait_for(going, 120.0)

    asyncio.run(inside())


def test_a_device_that_always_says_so_makes_no_cycle_shorter_than_half() -> None:
    bench, changed = hinted(0.4)
    changed.set()

    async def inside() -> float:
        begun = asyncio.get_running_loop().time()
        await running.run(bench.controller, asyncio.Event(), cycles=4, failed=_fail)
        return asyncio.get_running_loop().time() - begun

    assert asyncio.run(inside()) >= 3 * 0.2


def _fail(error: Exception) -> None:
    raise error
