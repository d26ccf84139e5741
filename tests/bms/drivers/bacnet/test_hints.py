"""Notifications of changed values bring the next question forward, on a device of rusty-bacnet."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from peer_bacnet import LOAD, OBJECTS, OVERLOADED, BacnetUps, bacnet_ups
from peer_programs import soon
from peer_relays import Relay, udp_relay

from ridethrough.bms.drivers.bacnet.points import BacnetPoints
from ridethrough.bms.drivers.bacnet.ups import BacnetDriver, from_settings
from ridethrough.bms.drivers.driver import TellsChanges
from ridethrough.domain.validation import UnableToAccept

pytestmark = pytest.mark.long


def with_driver(
    test: Callable[[BacnetUps, BacnetDriver, Relay], Awaitable[None]],
    *,
    cov_s: int = 600,
    objects: dict[str, str] = OBJECTS,
) -> None:
    async def inside() -> None:
        async with bacnet_ups() as ups, udp_relay(ups.port) as relay:
            points = BacnetPoints(objects=objects)
            driver = BacnetDriver(host="127.0.0.1", port=relay.port, points=points, cov_s=cov_s, timeout_s=20.0)
            try:
                await test(ups, driver, relay)
            finally:
                await driver.close()

    asyncio.run(inside())


async def quiet(driver: BacnetDriver) -> None:
    """Read until the notifications of the beginning have come: each subscription is answered by one."""
    await driver.read()
    await soon(driver.changed.is_set, "the first notification")
    while driver.changed.is_set():
        await driver.read()
        await asyncio.sleep(0.3)


async def overload(ups: BacnetUps, *, on: bool) -> None:
    await ups.tell("BINARY_INPUT", OVERLOADED, int(on))


async def subscribed(ups: BacnetUps) -> int:
    """How many subscriptions the device itself lists."""
    return len(await ups.value("DEVICE", 1234, "ACTIVE_COV_SUBSCRIPTIONS"))


def test_a_change_is_a_hint_and_its_value_comes_from_the_next_question() -> None:
    async def test(ups: BacnetUps, driver: BacnetDriver, _: Relay) -> None:
        assert isinstance(driver, TellsChanges)
        await quiet(driver)
        await ups.tell("ANALOG_INPUT", LOAD, 1300.0)
        assert not driver.hints.refused
        await overload(ups, on=True)
        await soon(driver.changed.is_set, "the hint")
        assert (await driver.read()).overloaded is True
        assert not driver.changed.is_set()

    with_driver(test)


def test_a_subscription_that_lapsed_is_made_again_by_the_next_reading() -> None:
    async def test(ups: BacnetUps, driver: BacnetDriver, _: Relay) -> None:
        await driver.read()
        assert await subscribed(ups)
        for _ in range(100):
            if not await subscribed(ups):
                break
            await asyncio.sleep(0.2)
        assert not await subscribed(ups)
        await driver.read()
        assert await subscribed(ups) == 4

    with_driver(test, cov_s=4)


def test_a_device_that_was_away_is_subscribed_to_again() -> None:
    async def test(ups: BacnetUps, driver: BacnetDriver, _: Relay) -> None:
        await quiet(driver)
        await ups.stop()
        await driver.close()
        await ups.start()
        await quiet(driver)
        await overload(ups, on=True)
        await soon(driver.changed.is_set, "the hint after the device was away")

    with_driver(test)


def test_a_device_that_refuses_to_tell_changes_is_read_all_the_same() -> None:
    async def test(_: BacnetUps, driver: BacnetDriver, __: Relay) -> None:
        reading = await driver.read()
        assert reading.ups is not None
        assert reading.ups.load_kw == 1200.0
        assert "refused to tell changes of binary-input,99" in driver.hints.refused["binary-input,99"]
        assert not driver.changed.is_set()

    with_driver(test, objects={"load_kw": OBJECTS["load_kw"], "fault": "binary-input,99"})


def test_without_the_setting_nothing_is_subscribed_to_and_no_lifetime_is_for_ever() -> None:
    async def test(ups: BacnetUps, driver: BacnetDriver, _: Relay) -> None:
        await driver.read()
        await overload(ups, on=True)
        await asyncio.sleep(0.3)
        assert not driver.changed.is_set()

    with_driver(test, cov_s=0)
    for wrong in (0, 9, 1e9, "long"):
        with pytest.raises(UnableToAccept, match="cov_s"):
            from_settings({"host": "h", "points": OBJECTS, "cov_s": wrong})
