"""The Redfish driver, on the static service of sushy-tools and on one with sessions."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from driver_conformance import Bench, beside, use
from peer_certificates import make_certificate
from peer_programs import soon
from peer_redfish import (
    BATTERY,
    LOAD,
    PASSWORD,
    POINTS,
    SHELF,
    USER,
    RedfishUps,
    redfish_ups,
    redfish_with_sessions,
)
from peer_relays import tcp_relay
from telling_conformance import TellingConformance, relayed

from ridethrough.bms.drivers.driver import UnableToReach, UnableToRead, system_clock
from ridethrough.bms.drivers.named_points import NamedPoints
from ridethrough.bms.drivers.redfish.link import RedfishService
from ridethrough.bms.drivers.redfish.properties import property_of
from ridethrough.bms.drivers.redfish.ups import RedfishDriver, from_settings
from ridethrough.domain import UpsMode
from ridethrough.domain.validation import UnableToAccept

pytestmark = pytest.mark.long


def driver_of(url: str, **changes: object) -> RedfishDriver:
    return from_settings({"url": url, "points": POINTS, "timeout_s": 2.0, **changes})


@pytest.fixture(scope="module")
def one_service() -> Iterator[RedfishUps]:
    with redfish_ups() as ups:
        yield ups


@pytest.fixture
def service(one_service: RedfishUps) -> RedfishUps:
    one_service.reset()
    return one_service


def run(driver: RedfishDriver, test: Callable[[RedfishDriver], Awaitable[None]]) -> None:
    use(lambda: driver, test)


class TestRedfish(TellingConformance):
    service: RedfishUps

    @pytest.fixture(autouse=True)
    def _service(self, service: RedfishUps) -> None:
        self.service = service

    @contextlib.asynccontextmanager
    async def bench(self) -> AsyncIterator[Bench]:
        service = self.service
        async with tcp_relay(service.port) as relay:

            async def revive() -> None:
                service.process.start()
                await asyncio.to_thread(service.wait)

            async def answer_late() -> None:
                asked = relay.seen
                relay.stalls = True

                async def until_asked_again() -> None:
                    await soon(lambda: relay.seen > asked + 1, "another question")
                    await relay.resume()

                waiting.append(asyncio.ensure_future(until_asked_again()))

            waiting: list[asyncio.Future[None]] = []
            yield relayed(
                driver_of(f"http://127.0.0.1:{relay.port}"),
                relay,
                kill=beside(service.process.kill),
                revive=revive,
                answer_late=answer_late,
                lose=beside(service.tell, f"{BATTERY}/Metrics", StoredEnergyWattHours={"Reading": None}),
            )
            for each in waiting:
                each.cancel()


def test_an_outage_a_fault_and_an_overload_are_told_with_the_time_of_the_sensor(service: RedfishUps) -> None:
    measured_at = datetime.now(UTC) - timedelta(seconds=7)
    service.tell(BATTERY, ChargeState="Discharging", Status={"State": "Enabled", "Health": "Warning"})
    service.tell(SHELF, Status={"State": "StandbyOffline", "Health": "Critical"})
    service.tell(
        LOAD,
        Reading=1_450_000,
        ReadingUnits="W",
        ReadingTime=measured_at.isoformat(),
        Status={"State": "Enabled", "Health": "Critical"},
    )

    async def test(driver: RedfishDriver) -> None:
        reading = await driver.read()
        assert reading.measured_at == measured_at
        assert reading.ups is not None
        assert reading.ups.mode is UpsMode.STORED_ENERGY
        assert reading.ups.load_kw == 1450.0
        assert reading.ups.fault == "Health is Critical"
        assert (reading.battery_operable, reading.inverter_on, reading.overloaded) == (False, False, True)

    run(driver_of(service.url), test)


def test_of_a_resource_that_is_absent_or_not_enabled_nothing_is_known(service: RedfishUps) -> None:
    service.tell(LOAD, Reading=400.0, ReadingUnits="kW", Status={"State": "UnavailableOffline"})
    service.remove(f"{BATTERY}/Metrics")
    service.remove(SHELF)

    async def test(driver: RedfishDriver) -> None:
        reading = await driver.read()
        assert reading.ups is not None
        assert (reading.ups.load_kw, reading.ups.stored_kwh, reading.overloaded) == (None, None, None)
        assert reading.ups.fault == "not known"
        problems = {point.name: point.problem for point in await driver.points() if point.problem}
        gone = "the service does not have the resource"
        assert problems == {
            "load_kw": "the service says that it is UnavailableOffline",
            "overloaded": "the service does not tell it",
            "stored_kwh": gone,
            "fault": gone,
            "inverter_on": gone,
        }

    run(driver_of(service.url), test)


@pytest.mark.parametrize(
    ("resource", "place", "point", "value"),
    [
        ({"Reading": 3, "ReadingUnits": "A"}, "#/Reading", "load_kw", None),
        ({"PowerWatts": {"Reading": 2500}}, "#/PowerWatts", "grid_kw", 2.5),
        ({"PolyPhase": [{"PowerWatts": {"Reading": 4000}}]}, "#/PolyPhase/0/PowerWatts", "grid_kw", 4.0),
        ({"PolyPhase": []}, "#/PolyPhase/0/PowerWatts", "grid_kw", None),
        ({"PowerWatts": "2500"}, "#/PowerWatts", "grid_kw", None),
        ({"StoredChargeAmpHours": {"Reading": 400}}, "#/StoredChargeAmpHours", "load_kw", None),
        ({"Reading": 4, "ReadingTime": "2026-06-01T12:00:00Z"}, "#/Reading", "load_kw", 4.0),
        ({"Reading": 4, "ReadingTime": None}, "#/Reading", "load_kw", 4.0),
        ({"Reading": 4, "ReadingTime": "2020-06-01T12:00:00"}, "#/Reading", "load_kw", None),
        ({"Reading": 4, "ReadingTime": "just now"}, "#/Reading", "load_kw", None),
        ({"Status": {"Health": "OK"}}, "#/Status/Health", "fault", ""),
        ({"Status": {"Health": "Fine"}}, "#/Status/Health", "battery_operable", None),
        ({"Status": {"State": "Enabled"}}, "#/Status/State", "overloaded", None),
    ],
)
def test_what_a_property_says_of_a_point(resource: dict[str, object], place: str, point: str, value: object) -> None:
    whole = f"/redfish/v1/x{place}"
    told = property_of(resource, whole, point=point)
    points = NamedPoints(places={point: whole})
    reading = points.reading({point: told.value}, measured_at=system_clock())
    ups = reading.ups
    said = {
        "load_kw": ups and ups.load_kw,
        "grid_kw": reading.grid_kw,
        "fault": ups and ups.fault,
        "battery_operable": reading.battery_operable,
        "overloaded": reading.overloaded,
    }
    assert said[point] == value


def test_a_service_is_believed_only_with_a_certificate_that_is_trusted(tmp_path: Path) -> None:
    made = {name: make_certificate(tmp_path, name) for name in ("device", "stranger")}
    with redfish_ups(*made["device"]) as service:

        async def reads(driver: RedfishDriver) -> None:
            reading = await driver.read()
            assert reading.ups is not None
            assert reading.ups.load_kw == 400.0

        async def refuses(driver: RedfishDriver) -> None:
            with pytest.raises(UnableToReach, match="certificate"):
                await driver.read()

        run(driver_of(service.url, ca_file=str(made["device"][0]), timeout_s=20.0), reads)
        run(driver_of(service.url, ca_file=str(made["stranger"][0]), timeout_s=20.0), refuses)
        run(driver_of(service.url, timeout_s=20.0), refuses)


def test_a_session_is_made_renewed_when_it_is_over_and_ended() -> None:
    with redfish_with_sessions() as sessions:
        points = NamedPoints(places=POINTS)

        def driver(password: str) -> RedfishDriver:
            service = RedfishService(url=sessions.url, username=USER, password=password)
            return RedfishDriver(service, points=points, timeout_s=20.0)

        async def test(driver: RedfishDriver) -> None:
            for _ in range(2):
                await driver.read()
            assert sessions.made == 1
            sessions.open.clear()
            assert (await driver.read()).overloaded is False
            assert sessions.made == 2
            await driver.close()
            assert not sessions.open

        async def refused(driver: RedfishDriver) -> None:
            with pytest.raises(UnableToRead, match="makes no session for the user: status 401"):
                await driver.read()

        async def without_a_user(driver: RedfishDriver) -> None:
            with pytest.raises(UnableToRead, match="status 401"):
                await driver.read()

        run(driver(PASSWORD), test)
        run(driver("wrong"), refused)
        run(driver_of(sessions.url), without_a_user)


def test_a_service_that_fails_again_and_again_is_left_one_session() -> None:
    """A service has few sessions, and keeps one that nobody ends for half an hour."""
    with redfish_with_sessions() as sessions:
        service = RedfishService(url=sessions.url, username=USER, password=PASSWORD)

        async def test(driver: RedfishDriver) -> None:
            await driver.read()
            sessions.busy = True
            for _ in range(5):
                with pytest.raises(UnableToRead, match="status 503"):
                    await driver.read()
            sessions.busy = False
            assert (await driver.read()).overloaded is False
            assert (sessions.made, len(sessions.open)) == (1, 1)
            sessions.busy = True
            with pytest.raises(UnableToRead, match="status 503"):
                await driver.read()
            await driver.close()
            assert not sessions.open

        run(RedfishDriver(service, points=NamedPoints(places=POINTS), timeout_s=20.0), test)


def test_every_fault_of_settings_is_named_once(tmp_path: Path) -> None:
    with pytest.raises(UnableToAccept) as refused:
        from_settings({
            "url": "http://h/redfish", "username": "u", "password": "x", "ca_file": str(tmp_path / "none"),
            "points": {"load_kw": "/redfish/v1/Chassis/1"}, "timeout_s": 0, "hots": 1,
        })  # fmt: skip
    assert sorted(fault.field for fault in refused.value.faults) == [
        "ca_file", "hots", "password", "points.load_kw", "timeout_s", "url", "username",
    ]  # fmt: skip
    assert "'x'" not in str(refused.value)
