"""The drivers by their names in a site file: a new driver is a module with `from_settings`, and a line here."""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

from ridethrough.bms.drivers.driver import Clock, Driver, system_clock
from ridethrough.domain.site_equipment import Device
from ridethrough.domain.validation import Fault, UnableToAccept

DRIVERS: Mapping[str, tuple[str, str]] = {
    "bacnet": ("ridethrough.bms.drivers.bacnet.ups", "bms"),
    "dnp3": ("ridethrough.bms.drivers.dnp3.ups", "dnp3"),
    "iec61850": ("ridethrough.bms.drivers.iec61850.ups", "iec61850"),
    "modbus": ("ridethrough.bms.drivers.modbus.driver", "modbus"),
    "mqtt": ("ridethrough.bms.drivers.mqtt.ups", "bms"),
    "nut": ("ridethrough.bms.drivers.nut", "bms"),
    "opcua": ("ridethrough.bms.drivers.opcua.ups", "opcua"),
    "redfish": ("ridethrough.bms.drivers.redfish.ups", "bms"),
    "snmp": ("ridethrough.bms.drivers.snmp", "bms"),
}
"""The module of each driver, and the extra that installs what it needs."""


def driver_of(device: Device, *, clock: Clock = system_clock) -> Driver:
    """The driver of a device; nothing is connected yet.

    Raises `UnableToAccept` with every fault in its settings, or where the driver's extra is not installed.
    """
    known = DRIVERS.get(device.driver)
    if known is None:
        raise UnableToAccept([Fault(field="driver", value=device.driver, allowed=f"one of {', '.join(DRIVERS)}")])
    module = _module(device.driver, *known)
    try:
        driver: Driver = module.from_settings(device.settings, clock=clock)
    except UnableToAccept as error:
        raise UnableToAccept(fault.under("settings") for fault in error.faults) from error
    return driver


def _module(name: str, path: str, extra: str) -> ModuleType:
    try:
        return import_module(path)
    except ModuleNotFoundError as error:
        if error.name is not None and error.name.startswith("ridethrough"):
            raise
        library = str(error.name).partition(".")[0]
        allowed = f"installed first: pip install 'ridethrough[{extra}]' ({library} is missing)"
        raise UnableToAccept([Fault(field="driver", value=name, allowed=allowed)]) from error
