"""What every driver must do, whatever it speaks; a driver's tests subclass `DriverConformance` and give it a device.

Use::

    class TestMyDriver(DriverConformance):
        @contextlib.asynccontextmanager
        async def bench(self):
            async with a_server() as server:
                yield Bench(driver=MyDriver(...), truth=server, ...)

A driver that only tells (`dispatches=False`) is asked for its readings alone. All waits are by events of the
device, never by measured time, except that a call on a dead device must end within `timeout_s` and some slack.
"""

import asyncio
import math
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ParamSpec, TypeVar

import pytest

from ridethrough.bms.drivers.driver import (
    Driver,
    UnableToAcknowledge,
    UnableToApply,
    UnableToDrive,
    UnableToReach,
)
from ridethrough.bms.drivers.readings import DeviceSetpoint

GENEROUS_S = 30.0
"""A call that takes longer than this hangs, on however loaded a machine."""

AnyDriver = TypeVar("AnyDriver", bound=Driver)
Parameters = ParamSpec("Parameters")


def use(made: Callable[[], AnyDriver], test: Callable[[AnyDriver], Awaitable[None]]) -> None:
    """Make a driver, do something with it, and close it."""

    async def inside() -> None:
        driver = made()
        try:
            await test(driver)
        finally:
            await driver.close()

    asyncio.run(inside())


def beside(
    do: Callable[Parameters, object], *args: Parameters.args, **named: Parameters.kwargs
) -> Callable[[], Awaitable[None]]:
    """What a bench can do to its device, from a call that may take its time: it is made beside the tasks of a test."""

    async def later() -> None:
        await asyncio.to_thread(do, *args, **named)

    return later


async def _nothing() -> None:
    """Do nothing."""


@dataclass(kw_only=True)
class Bench:
    """A driver, the device behind it, and what can be done to the device.

    `discharging_kw` tells what the device truly is ordered to discharge (charge is negative), None where it follows
    no setpoint: asked of the server itself, not through the driver. What a bench cannot do is None, and its test is
    left out: `kill` ends the server, `revive` starts it again at the same address, `stall` lets it take questions and
    not answer them, `answer_late` lets it answer the next question after the driver gave up (with the old question's
    number), `lie` makes it read back another setpoint than it was given, `refuse` makes it refuse writes, `lose` makes
    it report stored energy (or, for a meter, power) as lost, and `expire` lets so many seconds pass at the device.
    """

    driver: Driver
    stored_kwh: float | None = None
    load_kw: float | None = None
    grid_kw: float | None = None
    now: datetime | None = None
    discharging_kw: Callable[[], Awaitable[float | None]] | None = None
    kill: Callable[[], Awaitable[None]] | None = None
    revive: Callable[[], Awaitable[None]] | None = None
    stall: Callable[[], Awaitable[None]] | None = None
    resume: Callable[[], Awaitable[None]] = _nothing
    answer_late: Callable[[], Awaitable[None]] | None = None
    lie: Callable[[], Awaitable[None]] | None = None
    refuse: Callable[[], Awaitable[None]] | None = None
    lose: Callable[[], Awaitable[None]] | None = None
    expire: Callable[[float], Awaitable[None]] | None = None


class DriverConformance(ABC):
    """The suite: `bench()` gives a fresh device for each test."""

    @abstractmethod
    def bench(self) -> AbstractAsyncContextManager[Bench]:
        """A driver that is connected to a device in normal operation."""

    def run(self, test: Callable[[Bench], Awaitable[None]]) -> None:
        async def inside() -> None:
            async with self.bench() as bench:
                try:
                    await test(bench)
                finally:
                    await asyncio.wait_for(bench.driver.close(), GENEROUS_S)

        asyncio.run(inside())

    def test_a_reading_tells_what_is_true_with_its_time(self) -> None:
        async def test(bench: Bench) -> None:
            reading = await bench.driver.read()
            assert reading.measured_at.tzinfo is not None
            if bench.now is not None:
                assert abs((reading.measured_at - bench.now).total_seconds()) < GENEROUS_S
            if bench.stored_kwh is not None:
                assert reading.ups is not None
                told = reading.ups.stored_kwh if reading.ups.stored_kwh is not None else sum(_known(reading.ups))
                assert math.isclose(told, bench.stored_kwh, rel_tol=0.01)
            if bench.load_kw is not None:
                assert reading.ups is not None
                assert reading.ups.load_kw is not None
                assert math.isclose(reading.ups.load_kw, bench.load_kw, rel_tol=0.01)
            if bench.grid_kw is not None:
                assert reading.grid_kw is not None
                assert math.isclose(reading.grid_kw, bench.grid_kw, rel_tol=0.01)

        self.run(test)

    @pytest.mark.parametrize("power", [{"discharge_kw": 250.0}, {"charge_kw": 100.0}, {}])
    def test_a_setpoint_is_followed_and_read_back(self, power: dict[str, float]) -> None:
        async def test(bench: Bench) -> None:
            setpoint = _setpoint(**power)
            told = await _dispatching(bench).apply(setpoint)
            assert math.isclose(told.discharge_kw - told.charge_kw, setpoint.net_discharge_kw, abs_tol=1.0)
            assert await _truly(bench) == pytest.approx(setpoint.net_discharge_kw, abs=1.0)
            in_force = (await bench.driver.read()).in_force
            assert in_force is not None
            assert math.isclose(in_force.discharge_kw - in_force.charge_kw, setpoint.net_discharge_kw, abs_tol=1.0)

        self.run(test)

    def test_a_setpoint_takes_the_place_of_the_one_before(self) -> None:
        async def test(bench: Bench) -> None:
            driver = _dispatching(bench)
            await driver.apply(_setpoint(discharge_kw=250.0))
            await driver.apply(_setpoint(charge_kw=60.0))
            assert await _truly(bench) == pytest.approx(-60.0, abs=1.0)

        self.run(test)

    def test_release_returns_to_normal_operation_and_may_come_at_any_time(self) -> None:
        async def test(bench: Bench) -> None:
            driver = _dispatching(bench)
            await driver.release()
            await driver.apply(_setpoint(discharge_kw=250.0))
            await driver.release()
            await driver.release()
            assert not await _truly(bench)

        self.run(test)

    def test_a_setpoint_that_is_not_written_again_ends_by_itself(self) -> None:
        async def test(bench: Bench) -> None:
            driver = _dispatching(bench)
            if bench.expire is None or not driver.capabilities.expires:
                pytest.skip("this device does not end a setpoint by itself, or its clock cannot be moved")
            await driver.apply(_setpoint(discharge_kw=250.0, valid_for_s=5.0))
            await bench.expire(6.0)
            assert not await _truly(bench)

        self.run(test)

    def test_writing_a_setpoint_again_starts_its_time_again(self) -> None:
        async def test(bench: Bench) -> None:
            driver = _dispatching(bench)
            if bench.expire is None or not driver.capabilities.expires:
                pytest.skip("this device does not end a setpoint by itself, or its clock cannot be moved")
            for _ in range(3):
                await driver.apply(_setpoint(discharge_kw=250.0, valid_for_s=20.0))
                await bench.expire(12.0)
            assert await _truly(bench) == pytest.approx(250.0, abs=1.0)

        self.run(test)

    def test_a_device_that_reads_back_another_setpoint_is_not_believed(self) -> None:
        async def test(bench: Bench) -> None:
            driver = _dispatching(bench)
            await _able(bench.lie)()
            with pytest.raises(UnableToAcknowledge):
                await driver.apply(_setpoint(discharge_kw=250.0))

        self.run(test)

    def test_a_refused_setpoint_is_an_error(self) -> None:
        async def test(bench: Bench) -> None:
            driver = _dispatching(bench)
            await _able(bench.refuse)()
            with pytest.raises((UnableToApply, UnableToAcknowledge)):
                await driver.apply(_setpoint(discharge_kw=250.0))

        self.run(test)

    def test_a_value_that_is_lost_is_none_or_not_a_number_and_never_taken_from_before(self) -> None:
        async def test(bench: Bench) -> None:
            await bench.driver.read()
            await _able(bench.lose)()
            try:
                reading = await bench.driver.read()
            except UnableToDrive:
                return
            values = (
                [reading.grid_kw] if reading.ups is None else [reading.ups.stored_kwh, *reading.ups.unit_stored_kwh]
            )
            assert all(each is None or math.isnan(each) for each in values)

        self.run(test)

    def test_a_dead_device_is_an_error_soon_and_is_reached_again_when_it_is_back(self) -> None:
        async def test(bench: Bench) -> None:
            kill = _able(bench.kill)
            await bench.driver.read()
            await kill()
            await _fails_soon(bench.driver.read)
            await _fails_soon(bench.driver.points)
            if bench.driver.capabilities.dispatches:
                await _fails_soon(lambda: bench.driver.apply(_setpoint(discharge_kw=10.0)))
                await _fails_soon(bench.driver.release)
            if bench.revive is not None:
                await bench.revive()
                await _reads_again(bench)

        self.run(test)

    def test_a_device_that_stalls_is_an_error_soon_and_is_read_again(self) -> None:
        async def test(bench: Bench) -> None:
            stall = _able(bench.stall)
            await bench.driver.read()
            await stall()
            await _fails_soon(bench.driver.read)
            await bench.resume()
            await _reads_again(bench)

        self.run(test)

    def test_a_late_answer_to_an_earlier_question_is_not_believed(self) -> None:
        async def test(bench: Bench) -> None:
            late = _able(bench.answer_late)
            before = await bench.driver.read()
            await late()
            await _fails_soon(bench.driver.read)
            after = await _reads_again(bench)
            assert after.measured_at >= before.measured_at
            if bench.load_kw is not None:
                assert after.ups is not None
                assert after.ups.load_kw == pytest.approx(bench.load_kw, rel=0.01)

        self.run(test)

    def test_every_point_is_read_and_nothing_is_written(self) -> None:
        async def test(bench: Bench) -> None:
            before = None if bench.discharging_kw is None else await bench.discharging_kw()
            points = await bench.driver.points()
            assert points
            assert len({point.name for point in points}) == len(points)
            assert [point for point in points if point.problem] == []
            assert all(point.address for point in points)
            if bench.discharging_kw is not None:
                assert await bench.discharging_kw() == before

        self.run(test)

    def test_close_raises_nothing_and_may_be_called_twice(self) -> None:
        async def test(bench: Bench) -> None:
            await bench.driver.close()
            await bench.driver.close()

        self.run(test)


def _setpoint(**changes: Any) -> DeviceSetpoint:  # noqa: ANN401
    return DeviceSetpoint(**{"charge_kw": 0.0, "discharge_kw": 0.0, "valid_for_s": 60.0, **changes})


def _known(ups: Any) -> list[float]:  # noqa: ANN401
    return [each for each in ups.unit_stored_kwh if each is not None]


def _dispatching(bench: Bench) -> Driver:
    if not bench.driver.capabilities.dispatches:
        pytest.skip("this driver only tells: it applies no setpoint")
    return bench.driver


def _able(act: Callable[[], Awaitable[None]] | None) -> Callable[[], Awaitable[None]]:
    if act is None:
        pytest.skip("this device cannot be made to do so")
    return act


async def _truly(bench: Bench) -> float | None:
    assert bench.discharging_kw is not None, "a bench of a driver that dispatches tells what the device truly does"
    return await bench.discharging_kw()


async def _fails_soon(act: Callable[[], Awaitable[object]]) -> None:
    async def asked() -> None:
        await act()

    with pytest.raises(UnableToDrive) as error:
        await asyncio.wait_for(asked(), GENEROUS_S)
    assert isinstance(error.value, UnableToReach), f"a device that does not answer is not reached: {error.value!r}"


async def _reads_again(bench: Bench) -> Any:  # noqa: ANN401
    """The next reading that comes; one more call may fail while the connection is made again."""
    for _ in range(50):
        try:
            return await asyncio.wait_for(bench.driver.read(), GENEROUS_S)
        except UnableToDrive:
            await asyncio.sleep(0.1)
    return await bench.driver.read()
