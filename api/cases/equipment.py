"""The equipment of a site: its drivers, and a pre-flight reading of every point that writes none."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ridethrough.api.cases.site_checks import Finding, Severity
from ridethrough.api.reading.files import read_yaml
from ridethrough.api.reading.openadr_settings import OpenAdrSettings, read_openadr_settings
from ridethrough.api.reading.site_file import SiteInputs, read_site_file
from ridethrough.bms.commanding import follows
from ridethrough.bms.drivers.catalog import driver_of
from ridethrough.bms.drivers.driver import Clock, Driver, UnableToDrive, system_clock
from ridethrough.bms.drivers.readings import DeviceReading, Point
from ridethrough.bms.publishing.publisher import Publisher
from ridethrough.bms.publishing.settings import publishers_of
from ridethrough.domain import Fault, Site, UnableToAccept
from ridethrough.domain.site_equipment import Device, SiteEquipment
from ridethrough.domain.telemetry import CLOCK_TOLERANCE_S

_NEEDED_OF_UPS = ("load_kw", "mode", "battery_operable", "inverter_on", "overloaded")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """The drivers of a site's devices, the publishers of what the controller does, and where grid events come from."""

    meter: Driver
    ups: Mapping[str, Driver]
    publishers: tuple[Publisher, ...]
    openadr: OpenAdrSettings | None


def read_driven_site(path: Path) -> SiteInputs:
    """Read the file of a site whose equipment is used.

    Raises `UnableToAccept` with every fault of it; where there is one, those of its devices' settings are named too.
    """
    try:
        inputs = read_site_file(path)
    except UnableToAccept as error:
        raise UnableToAccept([*error.faults, *_faults_of_devices(path)]) from error
    faults = list(_refused("", lambda: drivers_of(equipment_of(inputs), inputs.site), path))
    if faults:
        raise UnableToAccept(faults)
    return inputs


def _faults_of_devices(path: Path) -> Iterator[Fault]:
    """What drivers do not accept in a file that is refused; a device that is not written as one is refused there."""
    try:
        document = read_yaml(path)
    except UnableToAccept:
        return
    written = document.get("equipment") if isinstance(document, Mapping) else None
    sections = written if isinstance(written, Mapping) else {}
    systems = sections.get("ups")
    devices = {"meter": sections.get("meter")}
    devices |= {f"ups.{key}": each for key, each in systems.items()} if isinstance(systems, Mapping) else {}
    for name, each in devices.items():
        driver, settings = (each.get("driver"), each.get("settings")) if isinstance(each, Mapping) else (None, None)
        if isinstance(driver, str) and isinstance(settings, Mapping):
            yield from _refused(f"equipment.{name}", partial(driver_of, Device(driver=driver, settings=settings)), path)
    openadr = sections.get("openadr")
    if isinstance(openadr, Mapping):
        yield from _refused("equipment.openadr", partial(read_openadr_settings, openadr), path)


def _refused(place: str, read: Callable[[], object], path: Path) -> Iterator[Fault]:
    try:
        read()
    except UnableToAccept as error:
        yield from ((fault.under(place) if place else fault).in_source(path.name) for fault in error.faults)


def equipment_of(inputs: SiteInputs) -> SiteEquipment:
    """The equipment of a site that is to be driven.

    Raises `UnableToAccept` where the site file has none.
    """
    if inputs.equipment is None:
        allowed = "given: which devices the site has (docs/bms.md)"
        raise UnableToAccept([Fault(field="equipment", value=None, allowed=allowed)])
    return inputs.equipment


def drivers_of(equipment: SiteEquipment, site: Site, *, clock: Clock = system_clock) -> Drivers:
    """The drivers of every device, and the publishers; nothing is connected yet.

    Raises `UnableToAccept` with every fault in any of their settings.
    """
    faults: list[Fault] = []
    made: dict[str, Driver] = {}
    for name, device in {
        "meter": equipment.meter,
        **{f"ups.{key}": each for key, each in equipment.ups.items()},
    }.items():
        try:
            made[name] = driver_of(device, clock=clock)
        except UnableToAccept as error:
            faults += [fault.under(f"equipment.{name}") for fault in error.faults]
    publishers: tuple[Publisher, ...] = ()
    openadr = None
    try:
        openadr = None if equipment.openadr is None else read_openadr_settings(equipment.openadr)
    except UnableToAccept as error:
        faults += [fault.under("equipment.openadr") for fault in error.faults]
    try:
        publishers = publishers_of(equipment.publish, site)
    except UnableToAccept as error:
        faults += [fault.under("equipment.publish") for fault in error.faults]
    if faults:
        raise UnableToAccept(faults)
    return Drivers(
        meter=made["meter"],
        ups={key: made[f"ups.{key}"] for key in equipment.ups},
        publishers=publishers,
        openadr=openadr,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceCheck:
    """What a pre-flight check read of one device; `unreachable` says why nothing was read (empty: it was)."""

    name: str
    address: str
    points: tuple[Point, ...]
    findings: tuple[Finding, ...]


def check_equipment(site: Site, equipment: SiteEquipment) -> tuple[DeviceCheck, ...]:
    """Read every point of every device, and write none."""
    drivers = drivers_of(equipment, site)

    async def read_all() -> Sequence[DeviceCheck]:
        return await asyncio.gather(
            _check("meter", drivers.meter, site, None),
            *(_check(f"ups {ups_id}", driver, site, ups_id) for ups_id, driver in drivers.ups.items()),
        )

    return tuple(asyncio.run(read_all()))


async def _check(name: str, driver: Driver, site: Site, ups_id: str | None) -> DeviceCheck:
    points: tuple[Point, ...] = ()
    try:
        points = await driver.points()
        reading = await driver.read()
        before = system_clock()
    except UnableToDrive as error:
        findings = [Finding(Severity.WRONG, name, str(error), "see that the device is on and its address is right")]
    else:
        findings = [
            Finding(Severity.WRONG, f"{name}: {each.name}", each.problem, f"look at {each.address}")
            for each in points
            if each.problem
        ]
        findings += _of_clock(name, (before - reading.measured_at).total_seconds())
        findings += _of_meter(name, reading, site) if ups_id is None else _of_ups(name, reading, driver, site, ups_id)
    finally:
        await driver.close()
    return DeviceCheck(name=name, address=driver.address, points=points, findings=tuple(findings))


def _of_clock(name: str, off_s: float) -> Iterator[Finding]:
    if abs(off_s) > CLOCK_TOLERANCE_S:
        says = f"its clock is {abs(off_s):,.0f} s {'behind' if off_s > 0 else 'ahead of'} this machine's"
        yield Finding(Severity.WRONG, f"{name}: measured_at", says, "set both clocks by NTP: discharge stops otherwise")


def _of_meter(name: str, reading: DeviceReading, site: Site) -> Iterator[Finding]:
    limit_kw = site.interconnection.import_limit_kw
    if reading.grid_kw is None:
        yield Finding(Severity.WRONG, f"{name}: grid_kw", "is not told", "map the point of the meter's power")
    elif not -limit_kw <= reading.grid_kw <= limit_kw:
        says = f"is {reading.grid_kw:,.0f} kW, and the import limit is {limit_kw:,.0f} kW"
        yield Finding(Severity.DOUBTFUL, f"{name}: grid_kw", says, "look at its unit, sign and scale")


def _of_commanding(name: str, reading: DeviceReading, driver: Driver) -> Iterator[Finding]:
    """Whether somebody commands the device now, and whether it could be seen later."""
    told = reading.in_force
    if told is not None and follows(told):
        says = f"follows a setpoint now: charge {told.charge_kw:,.1f} kW, discharge {told.discharge_kw:,.1f} kW"
        remedy = "find out who gives it: a controller waits as long as somebody else commands the device"
        yield Finding(Severity.DOUBTFUL, f"{name}: setpoint", says, remedy)
    if not driver.capabilities.tells_left:
        says = "the device does not tell how long its setpoint is in force still"
        remedy = (
            "another controller is seen only while it gives another power: see to it that there is one (docs/bms.md)"
        )
        yield Finding(Severity.DOUBTFUL, f"{name}: setpoint", says, remedy)


def _of_ups(name: str, reading: DeviceReading, driver: Driver, site: Site, ups_id: str) -> Iterator[Finding]:
    ups, told = site.ups_system(ups_id), reading.ups
    lacking = "without it nothing is discharged: map the point"
    if not (driver.capabilities.dispatches and driver.capabilities.expires):
        says = "the device takes no setpoint that ends by itself"
        yield Finding(Severity.DOUBTFUL, f"{name}: setpoint", says, "it is read, and given no setpoint")
    else:
        yield from _of_commanding(name, reading, driver)
    if told is None:
        yield Finding(Severity.WRONG, name, "tells nothing of the UPS system", "map its points")
        return
    for field in _NEEDED_OF_UPS:
        value = getattr(told, field) if hasattr(told, field) else getattr(reading, field)
        if value is None:
            yield Finding(Severity.WRONG, f"{name}: {field}", "is not told", lacking)
    known = [each for each in told.unit_stored_kwh if each is not None]
    stored_kwh = told.stored_kwh if told.stored_kwh is not None else sum(known) if known else None
    nominal_kwh = ups.units * ups.battery.nominal_kwh
    if stored_kwh is None:
        yield Finding(Severity.WRONG, f"{name}: stored energy", "is not told", lacking)
    elif not 0 < stored_kwh <= nominal_kwh:
        says = f"is {stored_kwh:,.1f} kWh, and new batteries hold {nominal_kwh:,.1f}"
        yield Finding(Severity.WRONG, f"{name}: stored energy", says, "look at its unit and scale")
    rated_kw = ups.units * ups.unit_output_limit_kw
    if told.load_kw is not None and not 0 <= told.load_kw <= rated_kw:
        says = f"is {told.load_kw:,.0f} kW, and its units put out {rated_kw:,.0f}"
        yield Finding(Severity.WRONG, f"{name}: load_kw", says, "look at its unit and scale")
