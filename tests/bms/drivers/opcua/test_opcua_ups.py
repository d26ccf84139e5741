"""The OPC UA driver, on a server of asyncua in another process."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from driver_conformance import Bench, beside, use
from peer_certificates import make_certificate
from peer_opcua import NODES, OTHER_FIRST, OURS, PASSWORD, USER, VALUES, OpcUaUps, opcua_ups
from peer_relays import tcp_relay
from telling_conformance import TellingConformance, relayed

from ridethrough.bms.drivers.driver import UnableToApply, UnableToDrive, UnableToReach, UnableToRead, system_clock
from ridethrough.bms.drivers.opcua.ups import OpcUaDriver, from_settings
from ridethrough.bms.drivers.readings import DeviceSetpoint
from ridethrough.domain import UpsMode
from ridethrough.domain.validation import UnableToAccept

pytestmark = pytest.mark.long


def driver_of(port: int, **changes: object) -> OpcUaDriver:
    settings = {
        "url": f"opc.tcp://127.0.0.1:{port}/ups",
        "security": "none",
        "points": NODES,
        "scale": {"load_kw": 0.001},
        "full_kwh": 500.0,
        "timeout_s": 2.0,
    }
    return from_settings({**settings, **changes})


@pytest.fixture(scope="module")
def one_server() -> Iterator[OpcUaUps]:
    with opcua_ups() as ups:
        yield ups


@pytest.fixture
def server(one_server: OpcUaUps) -> OpcUaUps:
    for node in VALUES:
        one_server.tell(node)
    return one_server


def run(server: OpcUaUps, test: Callable[[OpcUaDriver], Awaitable[None]], **changes: object) -> None:
    use(lambda: driver_of(server.port, **{"timeout_s": 20.0, **changes}), test)


class TestOpcUa(TellingConformance):
    server: OpcUaUps

    @pytest.fixture(autouse=True)
    def _server(self, server: OpcUaUps) -> None:
        self.server = server

    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        server = self.server
        async with tcp_relay(server.port) as relay:
            yield relayed(
                driver_of(relay.port),
                relay,
                kill=beside(server.kill),
                revive=beside(server.start),
                lose=beside(server.tell, "battery.charge", status="BadSensorFailure"),
            )


def test_the_time_of_a_reading_is_that_of_its_oldest_source(server: OpcUaUps) -> None:
    server.tell("output.power", age_s=40.0)

    async def test(driver: OpcUaDriver) -> None:
        reading = await driver.read()
        assert timedelta(seconds=40) <= system_clock() - reading.measured_at < timedelta(seconds=70)

    run(server, test)


def test_a_server_that_stamps_changes_only_is_read_by_the_time_of_the_question(server: OpcUaUps) -> None:
    server.tell("output.power", age_s=4000.0)

    async def test(driver: OpcUaDriver) -> None:
        reading = await driver.read()
        assert system_clock() - reading.measured_at < timedelta(seconds=60)

    run(server, test, stamps="none")


@pytest.mark.parametrize("status", ["BadSensorFailure", "BadNoCommunication", "UncertainLastUsableValue"])
def test_a_value_that_is_bad_or_uncertain_is_not_known(server: OpcUaUps, status: str) -> None:
    for node in VALUES:
        server.tell(node, status=status)

    async def test(driver: OpcUaDriver) -> None:
        reading = await driver.read()
        assert reading.ups is not None
        assert (reading.ups.stored_kwh, reading.ups.load_kw, reading.ups.mode) == (None, None, None)
        assert reading.battery_operable is reading.inverter_on is reading.overloaded is None
        assert {point.problem for point in await driver.points()} == {f"the server calls it {status}"}

    run(server, test)


def test_modes_and_flags_are_read_and_what_has_no_meaning_is_not_known(server: OpcUaUps) -> None:
    server.tell("mode", value=2)
    server.tell("overloaded", value=True)
    server.tell("battery.charge", value=140.0)

    async def test(driver: OpcUaDriver) -> None:
        reading = await driver.read()
        assert reading.ups is not None
        assert reading.ups.mode is UpsMode.STORED_ENERGY
        assert reading.overloaded is True
        assert reading.ups.stored_kwh is None
        server.tell("mode", value=77)
        assert (await driver.read()).ups.mode is None  # type: ignore[union-attr]
        assert "the settings do not say what mode 77 is" in {point.problem for point in await driver.points()}

    run(server, test)


def test_a_node_that_is_not_there_is_named_and_a_generator_that_is_not_denied_counts(server: OpcUaUps) -> None:
    async def test(driver: OpcUaDriver) -> None:
        points = {point.name: point.problem for point in await driver.points()}
        assert points == {"load_kw": "", "on_generator": "the server calls it BadNodeIdUnknown"}
        reading = await driver.read()
        assert reading.ups is not None
        assert reading.ups.on_generator
        with pytest.raises(UnableToApply):
            await driver.apply(DeviceSetpoint(charge_kw=1.0, discharge_kw=0.0, valid_for_s=60.0))

    run(server, test, points={"load_kw": NODES["load_kw"], "on_generator": "ns=2;s=nowhere"}, full_kwh=1.0)


@contextlib.asynccontextmanager
async def _closing(driver: OpcUaDriver) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await driver.close()


def test_a_server_that_numbers_namespaces_otherwise_after_a_start_tells_no_other_value(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Number 2 then holds nodes of the same names with other values."""
    named = {name: node.replace("ns=2", f"nsu={OURS}") for name, node in NODES.items()}

    async def told(driver: OpcUaDriver) -> tuple[object, object, set[str]]:
        with contextlib.suppress(UnableToReach):
            await driver.read()
        ups = (await driver.read()).ups
        assert ups is not None
        return ups.stored_kwh, ups.load_kw, {point.problem for point in await driver.points()}

    async def inside(server: OpcUaUps) -> None:
        by_number, by_uri = (driver_of(server.port, points=points, timeout_s=20.0) for points in (NODES, named))
        async with _closing(by_number), _closing(by_uri):
            assert await told(by_number) == await told(by_uri) == (400.0, 400.0, {""})
            await asyncio.to_thread(server.kill)
            monkeypatch.setenv(OTHER_FIRST, "1")
            await asyncio.to_thread(server.start)
            assert await told(by_uri) == (400.0, 400.0, {""})
            why = f"namespace 2 was {OURS} and is urn:other now: write nsu={OURS};"
            assert await told(by_number) == (None, None, {why})

    with opcua_ups() as server:
        asyncio.run(inside(server))


def test_no_task_of_the_library_outlives_a_close_or_a_failure(server: OpcUaUps) -> None:
    async def inside() -> None:
        driver = driver_of(server.port, timeout_s=20.0)
        await driver.read()
        assert len(asyncio.all_tasks()) > 1
        await driver.close()
        assert len(asyncio.all_tasks()) == 1
        async with tcp_relay(server.port) as relay:
            driver = driver_of(relay.port, timeout_s=1.0)
            await driver.read()
            others = len(asyncio.all_tasks())
            await relay.stall()
            with pytest.raises(UnableToReach):
                await driver.read()
            assert len(asyncio.all_tasks()) < others
        await asyncio.sleep(0)
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(inside())


def secured(made: dict[str, tuple[Path, Path]], *, trusts: str, presents: str) -> dict[str, object]:
    return {
        "security": "Basic256Sha256",
        "certificate_file": str(made[presents][0]),
        "key_file": str(made[presents][1]),
        "server_certificate_file": str(made[trusts][0]),
        "username": USER,
        "password_variable": "OPCUA_PASSWORD",
    }


def test_only_who_trust_each_other_and_know_the_password_talk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = {
        name: make_certificate(tmp_path, name, application=f"urn:ridethrough:{name}", key_bits=2048)
        for name in ("device", "controller", "stranger")
    }
    with opcua_ups(*made["device"], made["controller"][0]) as server:

        def loads(password: str, timeout_s: float = 20.0, **files: str) -> float | None:
            told: list[float | None] = []

            async def test(driver: OpcUaDriver) -> None:
                reading = (await driver.read()).ups
                assert reading is not None
                told.append(reading.load_kw)

            monkeypatch.setenv("OPCUA_PASSWORD", password)
            run(server, test, timeout_s=timeout_s, **secured(made, **files))
            return told[0]

        assert loads(PASSWORD, trusts="device", presents="controller") == 400.0
        with pytest.raises(UnableToRead, match="refuses: Bad"):
            loads("wrong", trusts="device", presents="controller")
        with pytest.raises(UnableToDrive):
            loads(PASSWORD, trusts="device", presents="stranger")
        with pytest.raises(UnableToReach):
            loads(PASSWORD, 3.0, trusts="stranger", presents="controller")  # the server does not answer at all
        with pytest.raises(UnableToDrive):
            run(server, lambda driver: driver.points(), security="none")  # type: ignore[arg-type, return-value]


def test_every_fault_of_settings_is_named_once() -> None:
    with pytest.raises(UnableToAccept) as refused:
        from_settings({
            "url": "http://h", "security": "none", "key_file": "k", "username": "u",
            "points": {"load_kw": "UPS", "x": "i=1"}, "scale": {"mode": 2, "load_kw": 0},
            "modes": {"one": "normal", 2: "asleep"}, "stamps": "ours", "hots": 1,
        })  # fmt: skip
    assert sorted(fault.field for fault in refused.value.faults) == [
        "hots", "key_file", "modes.2", "modes.one", "points.load_kw", "points.x", "scale.load_kw", "scale.mode",
        "stamps", "url", "username",
    ]  # fmt: skip
    with pytest.raises(UnableToAccept) as refused:
        from_settings({"url": "opc.tcp://h:4840", "security": "Basic256Sha256", "points": {"load_kw": "i=1"}})
    assert {fault.field for fault in refused.value.faults} == {
        "certificate_file", "key_file", "server_certificate_file",
    }  # fmt: skip
