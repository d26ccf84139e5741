"""The NUT driver, on Debian's upsd and its dummy UPS."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from driver_conformance import Bench, beside, use
from peer_nut import NutServer, nut_server
from peer_programs import accepts, soon
from peer_relays import tcp_relay
from telling_conformance import TellingConformance, relayed

from ridethrough.bms.drivers.driver import UnableToApply, UnableToReach, UnableToRead
from ridethrough.bms.drivers.nut import NutDriver, from_settings
from ridethrough.bms.drivers.readings import DeviceReading, DeviceSetpoint
from ridethrough.domain import UpsMode
from ridethrough.domain.validation import UnableToAccept

pytestmark = pytest.mark.long

TOLD = {
    "ups.status": "OL CHRG",
    "ups.load": "40",
    "ups.realpower.nominal": "1000000",
    "battery.charge": "80",
    "battery.runtime": "1260",
}


async def until(driver: NutDriver, true: Callable[[DeviceReading], bool]) -> DeviceReading:
    """Read again until the reading is as it should be: dummy-ups polls its values every second or two."""
    for _ in range(300):
        with contextlib.suppress(UnableToReach):
            if true(reading := await driver.read()):
                return reading
        await asyncio.sleep(0.1)
    pytest.fail("the UPS never told it")


async def read_until_it_fails(driver: NutDriver) -> None:
    for _ in range(300):
        await driver.read()
        await asyncio.sleep(0.1)


def driver_of(port: int, **changes: object) -> NutDriver:
    return from_settings(
        {"host": "127.0.0.1", "port": port, "ups": "ups-a", "full_kwh": 500.0, "timeout_s": 2.0, **changes}
    )


@pytest.fixture(scope="module")
def one_server() -> Iterator[NutServer]:
    with nut_server(TOLD) as server:
        yield server


@pytest.fixture
def server(one_server: NutServer) -> NutServer:
    """A server as at its start, whatever the test before did to it."""
    one_server.tell(TOLD)
    one_server.upsd.start_again()
    one_server.driver.start_again()
    return one_server


def run(server: NutServer, test: Callable[[NutDriver], Awaitable[None]]) -> None:
    async def when_told(driver: NutDriver) -> None:
        await until(driver, as_told)
        await test(driver)

    use(lambda: driver_of(server.port), when_told)


def as_told(reading: DeviceReading) -> bool:
    ups = reading.ups
    return ups is not None and ups.load_kw == 400.0 and ups.stored_kwh == 400.0 and ups.mode is UpsMode.NORMAL


class TestNut(TellingConformance):
    server: NutServer

    @pytest.fixture(autouse=True)
    def _server(self, server: NutServer) -> None:
        self.server = server

    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        server = self.server
        async with tcp_relay(server.port) as relay:
            driver = driver_of(relay.port, timeout_s=2.0)
            await until(driver, as_told)

            async def revive() -> None:
                server.upsd.start()
                await soon(lambda: accepts(server.port), "upsd's return")

            async def lose() -> None:
                server.tell({**TOLD, "battery.charge": "lost"})
                await until(driver, lambda reading: reading.ups is not None and reading.ups.stored_kwh is None)

            yield relayed(
                driver,
                relay,
                kill=beside(server.upsd.kill),
                revive=revive,
                lose=lose,
            )


def test_an_outage_an_overload_and_a_battery_to_replace_are_told(server: NutServer) -> None:
    async def test(driver: NutDriver) -> None:
        server.tell({**TOLD, "ups.status": "ALARM OB DISCHRG RB OVER", "ups.alarm": "hot"})
        reading = await until(driver, lambda reading: reading.overloaded is True)
        assert reading.ups is not None
        assert reading.ups.mode is UpsMode.STORED_ENERGY
        assert reading.battery_operable is False
        assert reading.ups.fault == "replace batteries, hot"
        server.tell({**TOLD, "ups.status": "OL BYPASS"})
        reading = await until(driver, lambda reading: reading.ups is not None and reading.ups.mode is UpsMode.BYPASS)
        assert reading.inverter_on is False

    run(server, test)


def test_a_ups_whose_driver_died_is_not_reached_although_the_server_answers(server: NutServer) -> None:
    async def test(driver: NutDriver) -> None:
        server.driver.kill()
        with pytest.raises(UnableToReach, match="lost its UPS"):
            await read_until_it_fails(driver)

    run(server, test)


def test_a_ups_that_is_not_there_and_a_wrong_setpoint_are_errors(server: NutServer) -> None:
    async def test(driver: NutDriver) -> None:
        unknown = driver_of(server.port, ups="ups-b")
        with pytest.raises(UnableToRead, match="UNKNOWN-UPS"):
            await unknown.read()
        await unknown.close()
        with pytest.raises(UnableToApply):
            await driver.apply(DeviceSetpoint(charge_kw=1.0, discharge_kw=0.0, valid_for_s=60.0))

    run(server, test)


def test_a_server_that_speaks_nonsense_is_an_error_and_not_a_reading() -> None:
    async def inside() -> None:
        for nonsense in (
            b"\xff\xfe\n",
            b"BEGIN LIST VAR ups-b\n",
            b"BEGIN LIST VAR ups-a\nVAR\nVAR x\nEND LIST VAR ups-a\n",
        ):

            async def answer(
                reader: asyncio.StreamReader, writer: asyncio.StreamWriter, said: bytes = nonsense
            ) -> None:
                await reader.readline()
                writer.write(said)
                writer.close()
                await writer.wait_closed()

            async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
                driver = driver_of(server.sockets[0].getsockname()[1])
                with pytest.raises((UnableToRead, UnableToReach)):
                    await driver.read()
                await driver.close()

    asyncio.run(inside())


def test_every_fault_of_settings_is_named_once() -> None:
    with pytest.raises(UnableToAccept) as refused:
        from_settings({"ups": "a b", "port": 0, "timeout_s": "long", "password": "x", "full_kwh": -1, "hots": "y"})
    assert {fault.field for fault in refused.value.faults} == {
        "host", "ups", "port", "timeout_s", "password", "full_kwh", "hots",
    }  # fmt: skip
    assert "'x'" not in str(refused.value)
