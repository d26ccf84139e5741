"""Every driver is in the documentation, and says plainly what to install where its library is missing."""

import sys
import tomllib
from pathlib import Path

import pytest

from ridethrough.bms import drivers
from ridethrough.bms.drivers.catalog import DRIVERS, driver_of
from ridethrough.domain.site_equipment import Device
from ridethrough.domain.validation import UnableToAccept

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("name", DRIVERS)
def test_a_driver_is_in_both_tables_and_its_extra_can_be_installed(name: str) -> None:
    for page in ("bms.md", "bms-protocols.md"):
        rows = [line for line in (ROOT / "docs" / page).read_text().splitlines() if line.startswith("|")]
        assert any(f"`{name}`" in row.split("|")[1] for row in rows), page
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert DRIVERS[name][1] in extras


@pytest.mark.parametrize(
    ("name", "library"),
    [("opcua", "asyncua"), ("dnp3", "dnp3"), ("iec61850", "iec61850"), ("modbus", "pymodbus"), ("mqtt", "aiomqtt")],
)
def test_a_driver_without_its_library_says_what_to_install(
    name: str, library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DRIVERS[name][0].rpartition(".")[0]
    if hasattr(drivers, name):
        monkeypatch.setattr(drivers, name, getattr(drivers, name))  # the import below sets it, and this sets it back
    for module in list(sys.modules):
        if module == folder or module.startswith((f"{folder}.", f"{library}.")):
            monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(UnableToAccept) as refused:
        driver_of(Device(driver=name))
    (fault,) = refused.value.faults
    assert fault.field == "driver"
    assert fault.allowed == f"installed first: pip install 'ridethrough[{DRIVERS[name][1]}]' ({library} is missing)"


def test_a_driver_that_nobody_knows_is_answered_with_all_that_there_are() -> None:
    with pytest.raises(UnableToAccept, match="one of bacnet, dnp3, iec61850, modbus, mqtt, nut, opcua, redfish, snmp"):
        driver_of(Device(driver="profibus"))
