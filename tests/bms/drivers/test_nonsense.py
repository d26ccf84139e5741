"""Whatever a device says, a driver that only tells ends with a reading of what is known, or with its own error."""

import asyncio
import json
import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ridethrough.bms.drivers.catalog import driver_of
from ridethrough.bms.drivers.driver import UnableToDrive, system_clock
from ridethrough.bms.drivers.named_points import TOLD, NamedPoints, ToldValue
from ridethrough.bms.drivers.redfish.properties import property_of
from ridethrough.domain.site_equipment import Device

pytestmark = pytest.mark.long

PLACES = {
    "opcua": "i=2258",
    "dnp3": "analog-input,1",
    "iec61850": "LD0/MMXU1.TotW.mag.f",
    "redfish": "/redfish/v1/Chassis/1#/PowerWatts",
}
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
NONSENSE = {
    "nothing": b"",
    "text": b"hello\r\n",
    "zeros": bytes(400),
    "high bytes": b"\xff" * 400,
    "an OPC UA message that ends early": b"ACKF\xff\xff\xff\x7f",
    "an OPC UA message of a wrong length": b"ACKF\x02\x00\x00\x00",
    "a DNP3 frame with a wrong check": b"\x05\x64\x05\xc0\x01\x00\x0a\x00\x00\x00",
    "an IEC 61850 packet of no length": b"\x03\x00\x00\x00",
    "an IEC 61850 packet that refers nowhere": b"\x03\x00\x00\x0b\x06\xd0\x00\x00\x00\x00\x00",
    "JSON without end": HEAD + b"Content-Length: 100000\r\n\r\n" + b"[" * 100_000,
    "JSON that is no resource": HEAD + b"Content-Length: 2\r\n\r\n[]",
    "no JSON": HEAD + b"Content-Length: 3\r\n\r\nabc",
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nfffff\r\nabc",
}


@pytest.mark.parametrize("name", PLACES)
def test_a_device_that_speaks_nonsense_is_an_error_of_the_driver(name: str) -> None:
    async def ask(said: bytes) -> None:
        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(1)
            writer.write(said)
            writer.close()

        async with await asyncio.start_server(answer, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            place = {"host": "127.0.0.1", "port": port}
            if name in ("opcua", "redfish"):
                scheme = "opc.tcp" if name == "opcua" else "http"
                place = {"url": f"{scheme}://127.0.0.1:{port}"}
            security = {"security": "none"} if name == "opcua" else {}
            settings = {**place, **security, "points": {"load_kw": PLACES[name]}, "timeout_s": 5.0}
            driver = driver_of(Device(driver=name, settings=settings))
            try:
                with pytest.raises(UnableToDrive):
                    await driver.read()
                with pytest.raises(UnableToDrive):
                    await driver.points()
            finally:
                await driver.close()

    for said in NONSENSE.values():
        asyncio.run(ask(said))


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, -(10**400)])
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["OK", "Enabled", "Idle", "Discharging", "normal", "bypass"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Reading", "ReadingUnits", "ReadingTime", "Status", "State"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(point=st.sampled_from(list(TOLD)), value=values)
@example(point="load_kw", value=10**400)
@example(point="load_kw", value=1e308)
@example(point="mode", value=math.inf)
def test_whatever_a_point_says_it_is_a_reading_and_what_is_no_number_is_not_known(point: str, value: object) -> None:
    points = NamedPoints(places={point: "place"}, full_kwh=100.0, scale={"load_kw": 1000.0})
    reading = points.reading({point: value}, measured_at=system_clock())
    (told,) = points.points({point: ToldValue(value=value)})
    numbers = [reading.grid_kw]
    if reading.ups is not None:
        ups = reading.ups
        numbers += [ups.stored_kwh, ups.load_kw, ups.charge_kw, ups.discharge_kw]
        assert ups.on_generator is (point == "on_generator" and not (value is False or value == 0))
    known = [each for each in numbers if each is not None]
    assert all(math.isfinite(each) for each in known)
    if known:
        assert isinstance(value, int | float)
        assert not isinstance(value, bool)
        assert told.problem == ""


@given(resource=st.dictionaries(st.sampled_from(["Status", "PowerWatts", "Reading", "Health"]), values, max_size=4))
@example(resource={"PowerWatts": 10**400})
@example(resource={"PowerWatts": 1, "Status": "Enabled"})
def test_whatever_a_redfish_resource_holds_its_properties_are_values_or_have_a_problem(
    resource: dict[str, object],
) -> None:
    for inside in ("PowerWatts", "Reading", "Status/Health", "Status/State", "PowerWatts/0/Reading"):
        place = f"/redfish/v1/x#/{inside}"
        for point in ("load_kw", "fault", "overloaded"):
            told = property_of(resource, place, point=point)
            reading = NamedPoints(places={point: place}).reading({point: told.value}, measured_at=system_clock())
            assert reading.ups is not None
            assert not (told.problem and told.value is not None)
            if point == "load_kw" and reading.ups.load_kw is not None:
                assert json.dumps(reading.ups.load_kw)
