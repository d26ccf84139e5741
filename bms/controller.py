"""The control loop: read, judge, order, pace, guard, apply, read back, write the journal; then wait for the next cycle.

Nothing in a cycle can stop it: a device that fails costs its own system, and the others go on. When the controller
itself stops, no setpoint is renewed, and every device returns to its own normal operation when the last one expires.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ridethrough.bms.drivers.driver import Clock, Driver, UnableToDrive, UnableToReach
from ridethrough.bms.drivers.readings import DeviceReading, DeviceSetpoint
from ridethrough.bms.guard import Evidence, guarded, reasons_of_equipment
from ridethrough.bms.ordering import Ordered, Ordering
from ridethrough.bms.pacing import Pace
from ridethrough.domain import Site, UpsSystem
from ridethrough.domain.site_equipment import SiteEquipment
from ridethrough.domain.telemetry import Telemetry
from ridethrough.operation.live.judging import CLOCK_TOLERANCE_S
from ridethrough.operation.live.situation import SetpointMode

_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCycle:
    """What one system was asked, what it was told, what the guard refused, and what went wrong with its device."""

    asked: DeviceSetpoint
    told: DeviceSetpoint | None
    refused: tuple[str, ...]
    fault: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """What one cycle did."""

    at: datetime
    mode: SetpointMode
    why: str
    reading: Telemetry
    meter_ceiling_kw: float
    plan_id: str | None
    ups: Mapping[str, SystemCycle]


@dataclass(slots=True, kw_only=True)
class _System:
    """What the controller remembers of one system between cycles."""

    ups: UpsSystem
    driver: Driver
    take_part: bool
    pace: Pace = field(default_factory=Pace)
    acknowledged: bool = True
    in_order_since: datetime | None = _ALWAYS
    reading: DeviceReading | None = None
    measured_at: datetime | None = None
    fault: str = ""
    reached: bool = True


@dataclass(slots=True, kw_only=True)
class Controller:
    """Drives the equipment of one site; `write` is told of every cycle (a journal, or nothing)."""

    site: Site
    equipment: SiteEquipment
    drivers: Mapping[str, Driver]
    meter: Driver
    ordering: Ordering
    clock: Clock
    write: Callable[[Cycle], None] = lambda _: None
    _systems: dict[str, _System] = field(init=False)
    _meter_fault: str = ""

    def __post_init__(self) -> None:
        self._systems = {
            ups.id: _System(ups=ups, driver=self.drivers[ups.id], take_part=self.equipment.ups[ups.id].take_part)
            for ups in self.site.ups
        }

    async def cycle(self) -> Cycle:
        """Do everything once."""
        reading = await self._read()
        ordered = await self.ordering.orders(reading, self.clock())
        now = self.clock()  # orders may have taken long, and the guard judges by the time at which it writes
        done = await asyncio.gather(*(self._drive(each, ordered, now) for each in self._systems.values()))
        setpoints = ordered.setpoints
        cycle = Cycle(
            at=now,
            mode=setpoints.mode,
            why="; ".join(each for each in (self._meter_fault, setpoints.why) if each),
            reading=reading,
            meter_ceiling_kw=setpoints.meter_ceiling_kw,
            plan_id=setpoints.plan_id,
            ups=dict(zip(self._systems, done, strict=True)),
        )
        self.write(cycle)
        return cycle

    async def release(self) -> Mapping[str, str]:
        """Bring every device to normal operation; the answer names those that could not be, and why."""

        async def released(system: _System) -> str:
            try:
                await system.driver.release()
            except Exception as error:  # noqa: BLE001 - whatever a driver fails of, the others are released
                return _why(error)
            return ""

        systems = [each for each in self._systems.values() if each.driver.capabilities.dispatches]
        failed = await asyncio.gather(*(released(each) for each in systems))
        return {each.ups.id: why for each, why in zip(systems, failed, strict=True) if why}

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(self.meter.close(), *(each.driver.close() for each in self._systems.values()))

    async def _read(self) -> Telemetry:
        """One reading of the site; what could not be read, or is not new, is not in it."""
        asked = self.clock()
        meter, *_ = await asyncio.gather(self._read_meter(), *map(self._read_system, self._systems.values()))
        now = self.clock()
        return Telemetry(
            measured_at=asked,
            grid_kw=None if meter is None or not self._fresh(meter, now) else meter.grid_kw,
            ups={
                each.ups.id: each.reading.ups
                for each in self._systems.values()
                if each.reading is not None and each.reading.ups is not None and self._fresh(each.reading, now)
            },
        )

    async def _read_meter(self) -> DeviceReading | None:
        try:
            reading = await self.meter.read()
        except Exception as error:  # noqa: BLE001 - whatever a driver fails of costs its own device alone
            self._meter_fault = f"meter: {_why(error)}"
            return None
        self._meter_fault = ""
        return reading

    async def _read_system(self, system: _System) -> None:
        """Read one system; a reading with the time of the one before is no new reading."""
        system.reading, system.fault, system.reached = None, "", True
        try:
            reading = await system.driver.read()
        except Exception as error:  # noqa: BLE001 - whatever a driver fails of costs its own device alone
            system.fault, system.reached = _why(error), not isinstance(error, UnableToReach)
            return
        if system.measured_at is not None and reading.measured_at <= system.measured_at:
            system.fault = f"the reading of {reading.measured_at.isoformat()} is told again: it is stale"
            return
        system.reading, system.measured_at = reading, reading.measured_at

    def _fresh(self, reading: DeviceReading, now: datetime) -> bool:
        age_s = (now - reading.measured_at).total_seconds()
        return -CLOCK_TOLERANCE_S <= age_s <= self.equipment.reading_max_age_s

    async def _drive(self, system: _System, ordered: Ordered, now: datetime) -> SystemCycle:
        """Tell one system what to do, and see that it does."""
        setpoint = ordered.setpoints.ups[system.ups.id]
        valid_for_s = self._valid_for_s(ordered, now)
        net_kw = setpoint.discharge_kw - setpoint.charge_kw if valid_for_s else 0.0
        asked = DeviceSetpoint(
            charge_kw=max(0.0, -net_kw),
            discharge_kw=max(0.0, net_kw),
            valid_for_s=valid_for_s or self.equipment.setpoint_s,
        )
        below = setpoint.stored_kwh is not None and setpoint.stored_kwh < setpoint.reserve_kwh
        paced = system.pace.slowed(asked, self.equipment, now, urgent=below)
        evidence = self._evidence(system, ordered, now)
        wrong = bool(system.fault or evidence.doubts or any(reasons_of_equipment(evidence)))
        waits = "; ".join(each for each in (evidence.doubts, self._unqualified(system, now)) if each)
        passed = guarded(replace(evidence, doubts=waits), paced)
        told, fault = await self._tell(system, passed.setpoint)
        system.in_order_since = None if wrong or fault else (system.in_order_since or now)
        system.pace = system.pace.told(passed.setpoint, now)
        return SystemCycle(
            asked=asked,
            told=told,
            refused=passed.refused,
            fault="; ".join(each for each in (system.fault, fault) if each),
            why=setpoint.why,
        )

    async def _tell(self, system: _System, setpoint: DeviceSetpoint) -> tuple[DeviceSetpoint | None, str]:
        """Write a setpoint; where that fails, try to release the device, and remember that it did not acknowledge."""
        if not system.driver.capabilities.dispatches or not system.reached:
            return None, ""
        try:
            await system.driver.apply(setpoint)
        except Exception as error:  # noqa: BLE001 - whatever a driver fails of costs its own device alone
            system.acknowledged = False
            if isinstance(error, UnableToReach):
                return None, str(error)
            try:
                await system.driver.release()
            except Exception as second:  # noqa: BLE001 - as above
                return None, f"{_why(error)}; and it could not be released: {_why(second)}"
            return None, _why(error)
        system.acknowledged = True
        return setpoint, ""

    def _evidence(self, system: _System, ordered: Ordered, now: datetime) -> Evidence:
        judged = ordered.judgement.systems.get(system.ups.id)
        doubts = [*ordered.judgement.unbelievable, *ordered.judgement.against]
        doubts += [] if judged is None else [judged.against]
        capabilities = system.driver.capabilities
        return Evidence(
            site=self.site,
            ups=system.ups,
            now=now,
            participates=system.take_part and capabilities.dispatches and capabilities.expires,
            reading=system.reading,
            doubts="; ".join(each for each in doubts if each),
            acknowledged=system.acknowledged,
            reliable_until=ordered.reliable_until,
            max_age_s=self.equipment.reading_max_age_s,
        )

    def _unqualified(self, system: _System, now: datetime) -> str:
        """Why a system that was not in order may not discharge yet."""
        if system.in_order_since is None:
            return "it was not in order at the last cycle"
        left_s = self.equipment.requalify_s - (now - system.in_order_since).total_seconds()
        return f"it must be in order for {left_s:,.0f} s more" if left_s > 0 else ""

    def _valid_for_s(self, ordered: Ordered, now: datetime) -> float:
        """How long powers are valid: as the site says, and never past what they were made from.

        It is 0 where that is over before the next cycle: then batteries rest for this cycle.
        """
        until = now + timedelta(seconds=self.equipment.setpoint_s)
        until = min(until, ordered.setpoints.valid_until, ordered.reliable_until or until)
        valid_for_s = (until - now).total_seconds()
        return valid_for_s if valid_for_s > self.equipment.cycle_s else 0.0


def _why(error: Exception) -> str:
    """Why a device was not driven; an error that no driver should raise is named as one of the program."""
    return str(error) if isinstance(error, UnableToDrive) else f"its driver failed: {type(error).__name__}: {error}"
