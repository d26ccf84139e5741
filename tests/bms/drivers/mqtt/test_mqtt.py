"""The MQTT driver and what is published, on Debian's mosquitto with a password."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime

import pytest
from driver_conformance import Bench, DriverConformance, beside, use
from peer_mqtt import PASSWORD, TOPIC, USER, Mosquitto, MqttUps, mosquitto
from peer_relays import tcp_relay

from ridethrough.bms.drivers.driver import UnableToReach, UnableToRead, system_clock
from ridethrough.bms.drivers.mqtt.link import Broker
from ridethrough.bms.drivers.mqtt.publishing import SENSORS, MqttPublisher
from ridethrough.bms.drivers.mqtt.ups import MqttDriver, _ups, from_settings
from ridethrough.bms.drivers.published_state import PublishedState
from ridethrough.domain import UpsMode
from ridethrough.domain.validation import UnableToAccept

pytestmark = pytest.mark.long


@pytest.fixture(autouse=True)
def _password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROKER_PASSWORD", PASSWORD)
    monkeypatch.setenv("WRONG_PASSWORD", "guessed")


@pytest.fixture(scope="module")
def one_broker() -> Iterator[Mosquitto]:
    with mosquitto() as broker:
        yield broker


@pytest.fixture
def broker(one_broker: Mosquitto) -> Mosquitto:
    """A broker that runs, whatever the test before did to it."""
    one_broker.process.start_again()
    one_broker.wait()
    return one_broker


@pytest.fixture
def ups(broker: Mosquitto) -> Iterator[MqttUps]:
    device = MqttUps(broker.port)
    yield device
    device.stop()


def driver_of(port: int, **changes: object) -> MqttDriver:
    settings = {"host": "127.0.0.1", "port": port, "username": USER, "password_variable": "BROKER_PASSWORD"}
    return from_settings({**settings, "topic": TOPIC, "expires": True, "timeout_s": 2.0, **changes})


def run(port: int, test: Callable[[MqttDriver], Awaitable[None]], **changes: object) -> None:
    use(lambda: driver_of(port, **changes), test)


class TestMqtt(DriverConformance):
    broker: Mosquitto
    ups: MqttUps

    @pytest.fixture(autouse=True)
    def _peers(self, broker: Mosquitto, ups: MqttUps) -> None:
        self.broker, self.ups = broker, ups

    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        broker, ups = self.broker, self.ups

        async def discharging_kw() -> float | None:
            told = ups.in_force()
            return None if told is None else told["discharge_kw"] - told["charge_kw"]

        def let(**changes: object):  # noqa: ANN202
            async def change() -> None:
                for name, value in changes.items():
                    setattr(ups, name, value)

            return change

        async def revive() -> None:
            broker.process.start()
            await asyncio.to_thread(broker.wait)

        async def expire(seconds: float) -> None:
            ups.passed_s += seconds

        async with tcp_relay(broker.port) as relay:
            yield Bench(
                driver=driver_of(relay.port),
                stored_kwh=400.0,
                load_kw=1200.0,
                now=system_clock(),
                discharging_kw=discharging_kw,
                kill=beside(broker.process.kill),
                revive=revive,
                stall=relay.stall,
                resume=relay.resume,
                answer_late=let(answers_late=True),
                lie=let(lies_kw=80.0),
                refuse=let(refuses=True),
                lose=let(stored_kwh=None),
                expire=expire,
            )


def test_a_device_that_left_is_not_read_from_what_the_broker_kept(ups: MqttUps, broker: Mosquitto) -> None:
    async def test(driver: MqttDriver) -> None:
        with pytest.raises(UnableToReach, match="no answer"):
            await driver.read()

    ups.silent = True
    ups.say("telemetry", ups.telemetry(), retain=True)
    assert json.loads(broker.told(f"{TOPIC}/telemetry"))["stored_kwh"] == 400.0
    run(broker.port, test, timeout_s=1.0)
    ups.say("telemetry", "", retain=True)


@pytest.mark.parametrize(
    ("said", "on"), [("true", True), ("1", True), ('"yes"', True), ("null", True), ("false", False)]
)
def test_a_generator_of_which_no_plain_no_is_said_counts_as_running(
    ups: MqttUps, broker: Mosquitto, said: str, *, on: bool
) -> None:
    async def test(driver: MqttDriver) -> None:
        await driver.read()
        ups.silent = True
        reading = asyncio.ensure_future(driver.read())
        while not reading.done():
            content = {**ups.telemetry(), "on_generator": json.loads(said)}
            await asyncio.to_thread(ups.say, "telemetry", json.dumps(content))
            await asyncio.sleep(0.05)
        told = (await reading).ups
        assert told is not None
        assert told.on_generator is on

    run(broker.port, test)


@pytest.mark.parametrize(
    "said",
    [
        "no json",
        "[1]",
        '{"stored_kwh": 1}',
        '{"measured_at": "2026-06-01T12:00"}',
        '{"measured_at": "2026-06-01T12:00+00:00", "in_force": 7}',
    ],
)
def test_a_message_that_cannot_be_read_is_an_error_and_not_a_reading(
    ups: MqttUps, broker: Mosquitto, said: str
) -> None:
    async def test(driver: MqttDriver) -> None:
        await driver.read()
        ups.silent = True
        reading = asyncio.ensure_future(driver.read())
        while not reading.done():
            await asyncio.to_thread(ups.say, "telemetry", said)
            await asyncio.sleep(0.05)
        with pytest.raises(UnableToRead):
            reading.result()

    run(broker.port, test, timeout_s=20.0)


def test_a_wrong_password_is_an_error(broker: Mosquitto) -> None:
    async def test(driver: MqttDriver) -> None:
        with pytest.raises(UnableToReach, match="cannot be reached"):
            await driver.read()

    run(broker.port, test, password_variable="WRONG_PASSWORD")  # noqa: S106 - the name of a variable


@pytest.mark.parametrize(
    ("said", "modes"),
    [
        (None, ()),
        ([], ()),
        (["normal", "normal"], (UpsMode.NORMAL, UpsMode.NORMAL)),
        (["normal", "bypass"], (UpsMode.NORMAL, UpsMode.BYPASS)),
        (["normal", None, "asleep", 1], (UpsMode.NORMAL, UpsMode.BYPASS, UpsMode.BYPASS, UpsMode.BYPASS)),
        ("normal", (UpsMode.NORMAL,)),
        (3, (UpsMode.BYPASS,)),
    ],
    ids=str,
)
def test_a_unit_that_is_not_plainly_in_a_mode_is_out_of_service(said: object, modes: tuple[UpsMode, ...]) -> None:
    assert _ups({"unit_modes": said}).unit_modes == modes
    assert _ups({}).unit_modes == ()


def test_others_learn_when_we_are_there_and_when_we_are_gone(ups: MqttUps, broker: Mosquitto) -> None:
    async def test(driver: MqttDriver) -> None:
        await driver.read()
        assert await asyncio.to_thread(broker.told, f"{TOPIC}/controller") == "online"
        await driver.close()
        assert await asyncio.to_thread(broker.told, f"{TOPIC}/controller") == "offline"

    assert ups.in_force() is None
    run(broker.port, test)


def test_the_last_will_says_that_we_died(ups: MqttUps, broker: Mosquitto) -> None:
    async def inside() -> None:
        async with tcp_relay(broker.port) as relay:
            driver = driver_of(relay.port)
            await driver.read()
        for _ in range(300):
            if await asyncio.to_thread(broker.told, f"{TOPIC}/controller") == "offline":
                break
            await asyncio.sleep(0.1)
        else:
            pytest.fail("the will was never told")
        await driver.close()

    assert ups.in_force() is None
    asyncio.run(inside())


def test_home_assistant_finds_every_sensor_and_its_state(broker: Mosquitto) -> None:
    state = PublishedState(
        charge_kw=0.0, discharge_kw=250.0, stored_kwh=400.0, reserve_kwh=300.0, mode="plan", why="",
        valid_until=datetime(2026, 6, 1, 12, tzinfo=UTC),
    )  # fmt: skip

    async def publish() -> None:
        publisher = MqttPublisher(
            Broker(host="127.0.0.1", port=broker.port, username=USER, password=PASSWORD),
            site_id="ashburn",
            timeout_s=20,
        )
        await publisher.publish({"pod-1": state})
        await publisher.publish({"pod-1": state})
        await publisher.close()

    asyncio.run(publish())
    for name in SENSORS:
        sensor = json.loads(broker.told(f"homeassistant/sensor/ridethrough_ashburn_pod-1/{name}/config"))
        told = json.loads(broker.told(sensor["state_topic"]))
        assert sensor["value_template"] == f"{{{{ value_json.{name} }}}}"
        assert name in told
    assert told["discharge_kw"] == 250.0
    assert told["valid_until"] == "2026-06-01T12:00:00+00:00"
    assert broker.told(sensor["availability_topic"]) == "offline"


def test_every_fault_of_settings_is_named() -> None:
    with pytest.raises(UnableToAccept) as refused:
        from_settings({"topic": "a/#", "tls": "yes", "expires": 1, "password_variable": "NOT_SET"})
    assert {fault.field for fault in refused.value.faults} == {"host", "topic", "tls", "expires", "password_variable"}
