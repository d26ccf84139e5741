"""The last word before hardware: a discharge passes only if everything that must be true of the equipment is true now.

The guard knows nothing of who made a setpoint, or why. It sees one UPS system, its latest reading, and the times until
which a discharge may be relied on. Unknown is never good: what was not read, or cannot be judged, refuses.
Charging passes, up to what the batteries may take by the reading; no charge is safer than none.

A device that does not end setpoints by itself is given none at all: when the controller is dead, neither a discharge
nor a charge, nor the 0 that keeps batteries from being recharged, may last for ever. Nor is one given to a device that
somebody else commands.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ridethrough.bms.drivers.readings import DeviceReading, DeviceSetpoint
from ridethrough.domain import Site, UnableToAccept, UpsMode, UpsSystem, reserve_requirement
from ridethrough.domain.conditions import conditions_on
from ridethrough.domain.telemetry import CLOCK_TOLERANCE_S, UpsReading
from ridethrough.operation.live.charging import limit_as_read_kw
from ridethrough.operation.live.floors import condition_floor_kwh
from ridethrough.operation.live.situation import interval_of
from ridethrough.operation.live.stored_energy import stored_energy

_SECONDS_PER_HOUR = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What is known of a UPS system at the moment of a setpoint.

    `expires` says that the device ends a setpoint by itself, `other` who else commands it (empty: nobody that is seen).
    `reading` is None where the link is dead. `doubts` is why the reading is not believed beside those before it
    (empty: it is believed). `acknowledged` says that the last setpoint that was written was read back. `reliable_until`
    is when the certificate, or what was made from it, expires; None without one. `max_age_s` is the highest age of a
    reading that a discharge may rest on.
    """

    site: Site
    ups: UpsSystem
    now: datetime
    participates: bool
    expires: bool
    other: str
    reading: DeviceReading | None
    doubts: str
    acknowledged: bool
    reliable_until: datetime | None
    max_age_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """A setpoint as it may be written (None: nothing may be), and why something was refused (empty: it was not)."""

    setpoint: DeviceSetpoint | None
    refused: tuple[str, ...] = ()


def guarded(evidence: Evidence, asked: DeviceSetpoint) -> Guarded:
    """Let a setpoint through, or take its discharge away, or all of it."""
    forbidden = tuple(reasons_against_any(evidence))
    if forbidden:
        return Guarded(setpoint=None, refused=forbidden)
    reading = None if evidence.reading is None else evidence.reading.ups
    most_kw = 0.0 if reading is None else limit_as_read_kw(evidence.ups, reading)
    asked = replace(asked, charge_kw=min(asked.charge_kw, most_kw))
    if asked.discharge_kw == 0:
        return Guarded(setpoint=asked)
    refused = tuple(reasons_against_discharge(evidence, asked))
    return Guarded(setpoint=replace(asked, discharge_kw=0.0) if refused else asked, refused=refused)


def reasons_against_any(evidence: Evidence) -> Iterator[str]:
    """Everything that forbids a setpoint, whatever it orders."""
    if not evidence.expires:
        yield "its device does not end setpoints by itself: a dead controller would leave it charging or discharging"
    if evidence.other:
        yield evidence.other


def reasons_against_discharge(evidence: Evidence, asked: DeviceSetpoint) -> Iterator[str]:
    """Everything that forbids a discharge; it passes only if there is nothing."""
    yield from reasons_against_any(evidence)
    yield from _of_the_setpoint(evidence, asked)
    yield from reasons_of_equipment(evidence)
    device = evidence.reading
    if device is not None and device.ups is not None:
        yield from _of_energy(evidence, device, device.ups, asked)


def reasons_of_equipment(evidence: Evidence) -> Iterator[str]:
    """What the equipment itself says against a discharge, however small."""
    device = evidence.reading
    if device is None:
        yield "the link to the equipment is dead"
        return
    yield from _of_age(evidence, device)
    yield from _of_the_device(device)
    if device.ups is None:
        yield "the equipment tells nothing of the UPS system"
        return
    yield from _of_the_system(evidence, device.ups)


def floor_kwh(evidence: Evidence, reading: UpsReading, as_read: UpsSystem) -> float:
    """The energy that must stay stored now: for the higher of load and protected load, and what conditions ask for.

    It is infinite where no energy would be enough.
    """
    load_kw = max(as_read.protected_load_kw, reading.load_kw or 0.0)
    required = reserve_requirement(as_read, protected_load_kw=load_kw)
    if not required.feasible:
        return float("inf")
    interval = interval_of(evidence.site, evidence.now)
    return max(required.reserve_kwh, condition_floor_kwh(evidence.site, as_read, interval, load_kw))


def _of_the_setpoint(evidence: Evidence, asked: DeviceSetpoint) -> Iterator[str]:
    if not evidence.participates:
        yield "the site does not let this system take part"
    if evidence.doubts:
        yield evidence.doubts
    if not evidence.acknowledged:
        yield "the last setpoint was not read back"
    ends = evidence.now + timedelta(seconds=asked.valid_for_s)
    if evidence.reliable_until is None:
        yield "there is no certificate"
    elif ends > evidence.reliable_until:
        yield f"the setpoint would outlive its certificate, which ends at {evidence.reliable_until.isoformat()}"
    interval = interval_of(evidence.site, evidence.now)
    held = conditions_on(interval, evidence.site.conditions, ups_id=evidence.ups.id, timezone=evidence.site.timezone)
    if any(held.locked):
        yield "a condition of the site (storm, alert, generator, maintenance) forbids discharge now"


def _of_age(evidence: Evidence, device: DeviceReading) -> Iterator[str]:
    age_s = (evidence.now - device.measured_at).total_seconds()
    if age_s > evidence.max_age_s:
        yield f"the reading is {age_s:,.1f} s old, and may be {evidence.max_age_s:,.1f} s old"
    if age_s < -CLOCK_TOLERANCE_S:
        yield f"the reading is of {-age_s:,.1f} s after now: a clock is wrong"


def _of_the_device(device: DeviceReading) -> Iterator[str]:
    if device.battery_operable is not True:
        yield "the battery is not known to be operable"
    if device.inverter_on is not True:
        yield "the inverter is not known to be on"
    if device.overloaded is not False:
        yield "the system is not known to be free of overload"


def _of_the_system(evidence: Evidence, reading: UpsReading) -> Iterator[str]:
    ups = evidence.ups
    if reading.mode is not UpsMode.NORMAL:
        yield f"its mode is {'not known' if reading.mode is None else reading.mode.value}"
    if reading.fault:
        yield f"it reports a fault ({reading.fault})"
    if reading.on_generator:
        yield "its input comes from a generator"
    if reading.unit_modes and reading.unit_modes != ups.modes:
        yield "a unit is out of service that the site file has in service"
    rated_kw = ups.units_in_service * ups.unit_output_limit_kw
    if reading.load_kw is None or not 0 <= reading.load_kw <= rated_kw:
        yield "its load is not known, or above what its units may carry"
    if ups.lock:
        yield ups.lock


def _of_energy(evidence: Evidence, device: DeviceReading, reading: UpsReading, asked: DeviceSetpoint) -> Iterator[str]:
    """At the end of the setpoint the floor must still be there, with all that may have been given since the reading."""
    try:
        as_read = replace(evidence.ups, unit_modes=reading.unit_modes or evidence.ups.unit_modes)
    except UnableToAccept:
        yield "its units do not match those of the site file"
        return
    stored_kwh, why = stored_energy(as_read, reading)
    if stored_kwh is None:
        yield why
        return
    if asked.discharge_kw > as_read.discharge_limit_kw:
        yield f"{asked.discharge_kw:,.0f} kW are more than its batteries may give"
        return
    age_s = max(0.0, (evidence.now - device.measured_at).total_seconds())
    drawn_kwh = _drawn_kw(as_read, as_read.discharge_limit_kw) * age_s / _SECONDS_PER_HOUR
    drawn_kwh += _drawn_kw(as_read, asked.discharge_kw) * asked.valid_for_s / _SECONDS_PER_HOUR
    least_kwh = floor_kwh(evidence, reading, as_read)
    if not stored_kwh - drawn_kwh >= least_kwh:
        after = f"{stored_kwh:,.1f} kWh less {drawn_kwh:,.1f} until the setpoint ends"
        yield f"{after} is below the floor of {least_kwh:,.1f}"


def _drawn_kw(ups: UpsSystem, discharge_kw: float) -> float:
    """The rate at which stored energy falls while batteries give a power, by the maker's table at that rate."""
    battery = ups.battery
    usable = battery.usable_fraction(discharge_kw / ups.units_in_service / ups.weakest_capacity_kwh)
    return discharge_kw / (battery.discharge_efficiency * usable * battery.energy_at_temperature)
