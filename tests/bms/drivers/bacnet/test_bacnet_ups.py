"""The BACnet driver, on devices of rusty-bacnet."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from driver_conformance import Bench, DriverConformance
from peer_bacnet import ENABLE, LOCKED, OBJECTS, PLAIN, SETPOINT, STORED, VALID_FOR, BacnetUps, bacnet_ups
from peer_relays import udp_relay

from ridethrough.bms.drivers.bacnet.ups import BacnetDriver, from_settings
from ridethrough.bms.drivers.driver import UnableToAcknowledge, UnableToApply, system_clock
from ridethrough.bms.drivers.readings import DeviceSetpoint
from ridethrough.domain import UpsMode
from ridethrough.domain.validation import UnableToAccept

pytestmark = pytest.mark.long

DISCHARGE = DeviceSetpoint(charge_kw=0.0, discharge_kw=250.0, valid_for_s=60.0)


def driver_of(port: int, **changes: object) -> BacnetDriver:
    return from_settings({"host": "127.0.0.1", "port": port, "points": OBJECTS, "timeout_s": 2.0, **changes})


def with_ups(test: Callable[[BacnetUps], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with bacnet_ups() as ups:
            await test(ups)

    asyncio.run(inside())


class TestBacnet(DriverConformance):
    test_a_setpoint_that_is_not_written_again_ends_by_itself = None  # type: ignore[assignment]
    test_writing_a_setpoint_again_starts_its_time_again = None  # type: ignore[assignment]
    """What ends a setpoint is the program of a real device, which a server of objects does not have; below: its time
    is written again."""

    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        async with bacnet_ups() as ups, udp_relay(ups.port) as relay:

            async def discharging_kw() -> float | None:
                enabled = await ups.value("BINARY_VALUE", ENABLE)
                return await ups.value("ANALOG_VALUE", SETPOINT) if enabled else None

            async def lie() -> None:
                await ups.command("ANALOG_VALUE", SETPOINT, 80.0, priority=1)

            async def refuse() -> None:
                await ups.stop()
                await ups.start(refuses=True)

            async def lose() -> None:
                await ups.lose("ANALOG_INPUT", STORED)

            yield Bench(
                driver=driver_of(relay.port),
                stored_kwh=400.0,
                load_kw=1200.0,
                now=system_clock(),
                discharging_kw=discharging_kw,
                kill=ups.stop,
                revive=ups.start,
                stall=relay.stall,
                resume=relay.resume,
                answer_late=relay.hold,
                lie=lie,
                refuse=refuse,
                lose=lose,
            )


def test_a_setpoint_written_again_has_its_whole_time_again() -> None:
    async def test(ups: BacnetUps) -> None:
        driver = driver_of(ups.port)
        await driver.apply(DISCHARGE)
        await ups.command("ANALOG_VALUE", VALID_FOR, 7.0, priority=10)
        reading = await driver.read()
        assert reading.in_force is not None
        assert reading.in_force.left_s == 7.0
        assert (await driver.apply(DISCHARGE)).left_s == 60.0
        await driver.close()

    with_ups(test)


def test_a_generator_and_a_fault_that_are_named_and_not_known_are_no_good_word() -> None:
    async def test(ups: BacnetUps) -> None:
        plain = {name: each for name, each in OBJECTS.items() if name not in {"overloaded", "inverter_on"}}
        absent = {"on_generator": "binary-input,77", "fault": "binary-input,78"}
        known = {"on_generator": OBJECTS["overloaded"], "fault": OBJECTS["inverter_on"]}
        told = []
        for points in (absent, known, {}):
            driver = driver_of(ups.port, points={**plain, **points})
            reading = (await driver.read()).ups
            assert reading is not None
            told.append((reading.on_generator, reading.fault))
            await driver.close()
        assert told == [(True, "not known"), (False, ""), (False, "")]

    with_ups(test)


def test_a_unit_whose_mode_is_named_and_not_known_is_out_of_service() -> None:
    async def test(ups: BacnetUps) -> None:
        plain = {name: each for name, each in OBJECTS.items() if name != "mode"}
        told = []
        for units in (
            {},
            {"unit_mode_1": OBJECTS["mode"]},
            {"unit_mode_1": OBJECTS["mode"], "unit_mode_2": "analog-input,77"},
        ):
            driver = driver_of(ups.port, points={**plain, **units})
            reading = (await driver.read()).ups
            assert reading is not None
            told.append(reading.unit_modes)
            await driver.close()
        assert told == [(), (UpsMode.NORMAL,), (UpsMode.NORMAL, UpsMode.BYPASS)]

    with_ups(test)


def test_no_unit_may_be_left_out_between_others() -> None:
    with pytest.raises(UnableToAccept, match="without one left out"):
        driver_of(1, points={**OBJECTS, "unit_mode_2": "analog-input,77"})


def test_who_commands_before_us_is_named() -> None:
    async def test(ups: BacnetUps) -> None:
        driver = driver_of(ups.port)
        await ups.command("BINARY_VALUE", ENABLE, 0, priority=2)
        with pytest.raises(UnableToAcknowledge, match="binary-value,1 is commanded at priority 2, before our 10"):
            await driver.apply(DISCHARGE)
        await driver.close()

    with_ups(test)


def test_a_point_without_a_priority_array_is_given_back_by_an_explicit_zero() -> None:
    async def test(ups: BacnetUps) -> None:
        driver = driver_of(ups.port, points={"setpoint_kw": f"analog-value,{PLAIN}"}, discharge_is="negative")
        await driver.apply(DISCHARGE)
        assert await ups.value("ANALOG_VALUE", PLAIN) == -250.0
        points = await driver.points()
        assert points[0].needed == "no priority array: 0 is written to give it back"
        await driver.release()
        assert await ups.value("ANALOG_VALUE", PLAIN) == 0.0
        assert not driver.capabilities.expires
        await driver.close()

    with_ups(test)


def test_a_locked_point_refuses_and_a_missing_one_is_named() -> None:
    async def test(ups: BacnetUps) -> None:
        driver = driver_of(ups.port, points={"setpoint_kw": f"analog-value,{LOCKED}", "load_kw": "analog-input,99"})
        with pytest.raises(UnableToApply, match="write-access-denied"):
            await driver.apply(DISCHARGE)
        assert {point.name: point.problem for point in await driver.points()}[
            "load_kw"
        ] == "the device does not have it"
        reading = await driver.read()
        assert reading.ups is not None
        assert reading.ups.load_kw is None
        await driver.close()

    with_ups(test)


def test_modes_are_read_by_the_settings_states() -> None:
    async def test(ups: BacnetUps) -> None:
        driver = driver_of(ups.port, modes={1: "stored_energy"})
        reading = await driver.read()
        assert reading.ups is not None
        assert reading.ups.mode is UpsMode.STORED_ENERGY
        assert reading.overloaded is False
        await driver.close()

    with_ups(test)


def test_every_fault_of_settings_is_named() -> None:
    with pytest.raises(UnableToAccept) as refused:
        from_settings({
            "host": "h", "points": {"load_kw": "AV10", "colour": "x", "stored_percent": "analog-input,1"},
            "priority": 1, "modes": {"1": "asleep"}, "discharge_is": "up",
        })  # fmt: skip
    assert {fault.field for fault in refused.value.faults} == {
        "points.load_kw", "points.colour", "priority", "modes.1", "discharge_is", "full_kwh",
    }  # fmt: skip
