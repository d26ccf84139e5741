"""Every fault in the settings of a Modbus device is named, with its place; registers are read as they are described."""

import asyncio
import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ridethrough.bms.drivers.catalog import driver_of
from ridethrough.bms.drivers.driver import UnableToRead
from ridethrough.bms.drivers.modbus.points import RegisterPoint, blocks
from ridethrough.bms.drivers.modbus.settings import read_settings
from ridethrough.bms.drivers.modbus.sunspec import models_in, points_of
from ridethrough.domain import UnableToAccept
from ridethrough.domain.site_equipment import Device

GOOD: dict[str, Any] = {"host": "h", "points": {"grid_kw": {"register": 5}}}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"host": 5}, "host"),
        ({"host": " "}, "host"),
        ({"port": 0}, "port"),
        ({"unit": "1"}, "unit"),
        ({"timeout_s": 0}, "timeout_s"),
        ({"sunspec": "yes"}, "sunspec"),
        ({"speed": 5}, "speed"),
        ({"points": {}}, "points"),
        ({"points": 5}, "points"),
        ({"points": {"power": {"register": 5}}}, "points.power"),
        ({"points": {"grid_kw": 5}}, "points.grid_kw"),
        ({"points": {"grid_kw": {}}}, "points.grid_kw.register"),
        ({"points": {"grid_kw": {"register": 70000}}}, "points.grid_kw.register"),
        ({"points": {"grid_kw": {"register": 5, "type": "int8"}}}, "points.grid_kw.type"),
        ({"points": {"grid_kw": {"register": 5, "scale": 0}}}, "points.grid_kw.scale"),
        ({"points": {"grid_kw": {"sunspec": "WHAvail"}}}, "points.grid_kw.sunspec"),
        ({"setpoint": {"enable": {"register": 5}}}, "setpoint.net_discharge_kw"),
        ({"tls": {"ca_file": "a"}}, "tls.certificate_file"),
    ],
)
def test_a_fault_is_named_with_its_place(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(UnableToAccept) as refused:
        read_settings({**GOOD, **changes})
    assert field in {fault.field for fault in refused.value.faults}


def test_the_catalog_names_faults_under_settings_and_unknown_drivers() -> None:
    with pytest.raises(UnableToAccept) as refused:
        driver_of(Device(driver="modbus", settings={**GOOD, "port": 0}))
    assert [fault.field for fault in refused.value.faults] == ["settings.port"]
    with pytest.raises(UnableToAccept, match="one of"):
        driver_of(Device(driver="fax"))


@given(value=st.integers(-(1 << 31), (1 << 31) - 1), little=st.booleans())
def test_a_number_is_read_by_its_words(value: int, *, little: bool) -> None:
    high, low = struct.unpack(">2H", struct.pack(">i", value))
    words = [low, high] if little else [high, low]
    point = RegisterPoint(register=7, type="int32", scale=0.001, word_order="little" if little else "big")
    assert point.read_from({7: words[0], 8: words[1]}) == [value * 0.001]
    assert point.raw(value * 0.001) == words


@given(st.sets(st.integers(0, 2000), min_size=1, max_size=60), st.integers(0, 100))
def test_questions_cover_all_registers_and_none_is_too_long(registers: set[int], gap: int) -> None:
    asked = list(blocks(registers, gap))
    assert set().union(*asked) >= registers
    assert all(len(block) <= 125 for block in asked)
    assert all(block.start in registers and block[-1] in registers for block in asked)


def test_a_device_without_sunspec_models_or_without_an_end_is_refused() -> None:
    async def nothing(_: int, count: int) -> list[int]:
        return [0] * count

    async def endless(at: int, count: int) -> list[int]:
        return [0x5375, 0x6E53] if at == 40000 else [1, 1][:count]

    async def unreadable(at: int, _: int) -> list[int]:
        raise UnableToRead(f"{at}")

    for read in (nothing, endless, unreadable):
        with pytest.raises(UnableToRead):
            asyncio.run(models_in(read, None))
    with pytest.raises(UnableToRead, match="no model"):
        points_of(60001)
