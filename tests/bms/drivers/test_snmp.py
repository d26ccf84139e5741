"""The SNMP driver, on snmpsim by SNMPv3 with authentication and privacy."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import pytest
from driver_conformance import Bench, beside
from peer_relays import udp_relay
from peer_snmp import AUTHENTICATION_KEY, CONTEXT, MIB, PRIVACY_KEY, USER, SnmpAgent, snmp_agent, ups_values
from telling_conformance import TellingConformance, relayed

from ridethrough.bms.drivers.driver import UnableToDrive, UnableToReach
from ridethrough.bms.drivers.readings import DeviceReading
from ridethrough.bms.drivers.snmp import SnmpDriver, from_settings
from ridethrough.domain import UpsMode
from ridethrough.domain.validation import UnableToAccept

pytestmark = pytest.mark.long

POWERS_W = (140_000, 130_000, 130_000)


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UPS_AUTHENTICATION", AUTHENTICATION_KEY)
    monkeypatch.setenv("UPS_PRIVACY", PRIVACY_KEY)
    monkeypatch.setenv("UPS_WRONG", "not-the-right-key")


def driver_of(port: int, **changes: object) -> SnmpDriver:
    settings = {
        "host": "127.0.0.1",
        "port": port,
        "user": USER,
        "authentication_key_variable": "UPS_AUTHENTICATION",
        "privacy_key_variable": "UPS_PRIVACY",
        "context": CONTEXT,
        "full_kwh": 500.0,
        "timeout_s": 2.0,
    }
    return from_settings({**settings, **changes})


@pytest.fixture(scope="module")
def one_agent() -> Iterator[SnmpAgent]:
    with snmp_agent(ups_values(powers_w=POWERS_W)) as agent:
        yield agent


@pytest.fixture
def agent(one_agent: SnmpAgent) -> SnmpAgent:
    """An agent that runs, whatever the test before did to it."""
    one_agent.process.start_again()
    one_agent.wait()
    return one_agent


def reading_of(values: dict[str, int | str]) -> DeviceReading:
    async def read() -> DeviceReading:
        driver = driver_of(agent.port, timeout_s=20.0)
        try:
            return await driver.read()
        finally:
            await driver.close()

    with snmp_agent(values) as agent:
        return asyncio.run(read())


class TestSnmp(TellingConformance):
    agent: SnmpAgent
    test_a_value_that_is_lost_is_none_or_not_a_number_and_never_taken_from_before = None  # type: ignore[assignment]
    """An agent's values are those it started with: what is not there or cannot be is asked of other agents below."""

    @pytest.fixture(autouse=True)
    def _agent(self, agent: SnmpAgent) -> None:
        self.agent = agent

    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        agent = self.agent
        async with udp_relay(agent.port) as relay:

            async def revive() -> None:
                agent.process.start()
                agent.wait()

            yield relayed(
                driver_of(relay.port),
                relay,
                kill=beside(agent.process.kill),
                revive=revive,
            )


def test_an_outage_with_alarms_is_told() -> None:
    reading = reading_of(ups_values(source=5, status=3, charge=None, powers_w=POWERS_W[:1], alarms=(2, 8, 13)))
    assert reading.ups is not None
    assert reading.ups.mode is UpsMode.STORED_ENERGY
    assert reading.ups.load_kw == 140.0
    assert reading.ups.stored_kwh is None
    assert reading.ups.fault == "charger failed"
    assert reading.overloaded is True
    assert reading.battery_operable is True
    assert reading.alarms == ("on battery", "output overload", "charger failed")


def test_an_agent_that_lost_its_ups_is_not_reached_although_it_answers() -> None:
    with pytest.raises(UnableToReach, match="lost its UPS"):
        reading_of(ups_values(powers_w=POWERS_W, alarms=(20,)))


@pytest.mark.parametrize(("values", "why"), [({}, "no mode"), ({f"{MIB}.2.4.0": 130}, "more than full")])
def test_what_cannot_be_or_is_not_there_is_not_known(values: dict[str, int | str], why: str) -> None:
    reading = reading_of({f"{MIB}.1.1.0": 1, **values})
    assert reading.ups is not None, why
    assert (reading.ups.mode, reading.ups.stored_kwh, reading.ups.load_kw) == (None, None, None), why
    assert (reading.battery_operable, reading.inverter_on, reading.overloaded) == (None, None, None), why


def test_a_wrong_key_is_an_error_and_not_a_reading(agent: SnmpAgent) -> None:
    async def read() -> None:
        driver = driver_of(agent.port, privacy_key_variable="UPS_WRONG")
        try:
            await driver.read()
        finally:
            await driver.close()

    with pytest.raises(UnableToDrive):
        asyncio.run(read())


def test_keys_stand_in_the_environment_and_are_never_shown() -> None:
    with pytest.raises(UnableToAccept) as refused:
        from_settings({"host": "x", "user": "u", "privacy_key": "hunter22", "authentication_key_variable": "NOT_SET"})
    fields = [fault.field for fault in refused.value.faults]
    assert {"privacy_key", "privacy_key_variable", "authentication_key_variable"} <= set(fields)
    assert "hunter22" not in str(refused.value)


def test_an_agent_with_nothing_better_is_asked_by_its_community(
    agent: SnmpAgent, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def read() -> DeviceReading:
        place = {"host": "127.0.0.1", "port": agent.port, "version": "2c", "timeout_s": 20.0}
        driver = from_settings({**place, "community_variable": "UPS_COMMUNITY", "full_kwh": 500.0})
        try:
            return await driver.read()
        finally:
            await driver.close()

    monkeypatch.setenv("UPS_COMMUNITY", CONTEXT)
    reading = asyncio.run(read())
    assert reading.ups is not None
    assert reading.ups.stored_kwh == 400.0
