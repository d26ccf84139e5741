"""The DNP3 driver, on an outstation of another maker and on one of its own library."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from driver_conformance import Bench, beside, use
from peer_dnp3 import ANALOG, MASTER, OTHER_KINDS, OUTSTATION, Dnp3Ups, dnp3_ups
from peer_relays import tcp_relay
from telling_conformance import TellingConformance, relayed

from ridethrough.bms.drivers.dnp3.ups import Dnp3Driver, from_settings
from ridethrough.bms.drivers.driver import UnableToReach
from ridethrough.domain import UpsMode
from ridethrough.domain.validation import UnableToAccept

pytestmark = pytest.mark.long


def driver_of(port: int, **changes: object) -> Dnp3Driver:
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "master": MASTER,
        "outstation": OUTSTATION,
        "points": ANALOG,
        "scale": {"load_kw": 0.001},
        "full_kwh": 500.0,
        "timeout_s": 2.0,
    }
    return from_settings({**settings, **changes})


@pytest.fixture(scope="module")
def one_outstation() -> Iterator[Dnp3Ups]:
    with dnp3_ups("other") as ups:
        yield ups


@pytest.fixture
def outstation(one_outstation: Dnp3Ups) -> Dnp3Ups:
    one_outstation.reset()
    return one_outstation


def run(ups: Dnp3Ups, test: Callable[[Dnp3Driver], Awaitable[None]], **changes: object) -> None:
    use(lambda: driver_of(ups.port, **{"timeout_s": 20.0, **changes}), test)


class TestDnp3(TellingConformance):
    outstation: Dnp3Ups

    @pytest.fixture(autouse=True)
    def _outstation(self, outstation: Dnp3Ups) -> None:
        self.outstation = outstation

    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        ups = self.outstation
        async with tcp_relay(ups.port) as relay:
            yield relayed(
                driver_of(relay.port),
                relay,
                kill=beside(ups.kill),
                revive=beside(ups.start),
                lose=beside(ups.tell, ANALOG["stored_percent"], 80.0, 0x05),
            )


@pytest.mark.parametrize(
    ("flag", "word"),
    [
        (0x00, "offline"),
        (0x03, "not told since a restart"),
        (0x05, "lost"),
        (0x09, "forced"),
        (0x11, "forced"),
        (0x21, "out of range or unsteady"),
        (0x41, "without a reference"),
        (0x06, "not told since a restart, lost"),
    ],
)
def test_a_point_with_any_flag_but_online_is_not_known(outstation: Dnp3Ups, flag: int, word: str) -> None:
    for place, value in (("analog-input,3", 80.0), ("analog-input,4", 4e5), ("analog-input,9", 1)):
        outstation.tell(place, value, flag)

    async def test(driver: Dnp3Driver) -> None:
        reading = await driver.read()
        assert reading.ups is not None
        assert (reading.ups.stored_kwh, reading.ups.load_kw, reading.ups.mode) == (None, None, None)
        assert {point.problem for point in await driver.points()} == {f"the outstation calls it {word}"}

    run(outstation, test)


def test_a_point_that_is_not_there_is_named_and_its_neighbours_are_read(outstation: Dnp3Ups) -> None:
    async def test(driver: Dnp3Driver) -> None:
        problems = {point.name: point.problem for point in await driver.points()}
        assert problems == {"load_kw": "", "grid_kw": "the outstation does not tell it"}
        assert (await driver.read()).grid_kw is None

    run(outstation, test, points={"load_kw": "analog-input,4", "grid_kw": "analog-input,5"})


def test_an_outstation_that_is_another_one_is_not_believed(outstation: Dnp3Ups) -> None:
    async def test(driver: Dnp3Driver) -> None:
        with pytest.raises(UnableToReach):
            await driver.read()

    run(outstation, test, outstation=OUTSTATION + 1, timeout_s=1.0)


def test_every_kind_of_point_is_read() -> None:
    with dnp3_ups("own") as ups:
        told = {"load_kw": 400_000, "stored_kwh": 330, "mode": 2}
        told |= {"battery_operable": 1, "inverter_on": 0, "overloaded": 1}
        for name, value in told.items():
            ups.tell(OTHER_KINDS[name], value)

        async def test(driver: Dnp3Driver) -> None:
            assert [point.problem for point in await driver.points() if point.problem] == []
            reading = await driver.read()
            assert reading.ups is not None
            assert (reading.ups.load_kw, reading.ups.stored_kwh) == (400.0, 330.0)
            assert reading.ups.mode is UpsMode.STORED_ENERGY
            assert (reading.battery_operable, reading.inverter_on, reading.overloaded) == (True, False, True)
            ups.tell(OTHER_KINDS["battery_operable"], 1, 0x05)
            assert (await driver.read()).battery_operable is None

        run(ups, test, points=OTHER_KINDS)


def test_every_fault_of_settings_is_named_once() -> None:
    with pytest.raises(UnableToAccept) as refused:
        from_settings({"host": "h", "master": -1, "outstation": 70_000, "points": {"load_kw": "30,4"}, "hots": 1})
    assert sorted(fault.field for fault in refused.value.faults) == ["hots", "master", "outstation", "points.load_kw"]
