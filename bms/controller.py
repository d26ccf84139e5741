"""The control loop: read, judge, order, pace, guard, apply, read back, write the journal; then wait for the next cycle.

Nothing in a cycle can stop it: a device that fails costs its own system, and the others go on. When the controller
itself stops, no setpoint is renewed, and every device returns to its own normal operation when the last one expires.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from ridethrough.bms.commanding import Commanding, GivenToAll
from ridethrough.bms.cycle import Cycle, SystemCycle
from ridethrough.bms.drivers.driver import Driver, TellsChanges, UnableToDrive, UnableToReach
from ridethrough.bms.drivers.readings import DeviceReading, DeviceSetpoint
from ridethrough.bms.guard import Evidence, Guarded, guarded, reasons_of_equipment
from ridethrough.bms.ordering import Ordered, Ordering
from ridethrough.bms.pacing import Pace
from ridethrough.bms.steady_clock import SteadyClock
from ridethrough.domain import Site, UpsSystem
from ridethrough.domain.site_equipment import SiteEquipment
from ridethrough.domain.telemetry import CLOCK_TOLERANCE_S, Telemetry
from ridethrough.operation.live.situation import SystemSetpoint

_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class _System:
    """What the controller remembers of one system between cycles."""

    ups: UpsSystem
    driver: Driver
    take_part: bool
    commanding: Commanding
    pace: Pace = field(default_factory=Pace)
    acknowledged: bool = True
    commands: bool = False
    in_order_since: datetime | None = _ALWAYS
    reading: DeviceReading | None = None
    measured_at: datetime | None = None
    fault: str = ""
    reached: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decided:
    """What one system is about to be told."""

    asked: DeviceSetpoint
    passed: Guarded
    wrong: bool
    setpoint: SystemSetpoint


@dataclass(slots=True, kw_only=True)
class Controller:
    """Drives the equipment of one site; `write` is told of every cycle (a journal, or nothing).

    `clock` tells the time of day; what has to last is counted by its steady side. `given` is what a controller before
    this one gave to each system, and `remember` is told what this one gives, before it does. After a setpoint of
    somebody else, `quiet_s` must pass without one; it differs between two controllers of the same equipment.
    """

    site: Site
    equipment: SiteEquipment
    drivers: Mapping[str, Driver]
    meter: Driver
    ordering: Ordering
    clock: SteadyClock
    write: Callable[[Cycle], None] = lambda _: None
    given: GivenToAll = field(default_factory=dict)
    remember: Callable[[GivenToAll], None] = lambda _: None
    quiet_s: float = 0.0
    _systems: dict[str, _System] = field(init=False)
    _meter_fault: str = ""
    _clock_fault: str = ""

    def __post_init__(self) -> None:
        quiet_s = max(self.quiet_s, self.equipment.requalify_s)
        self._systems = {
            ups.id: _System(
                ups=ups,
                driver=self.drivers[ups.id],
                take_part=self.equipment.ups[ups.id].take_part,
                commanding=Commanding(quiet_s=quiet_s, given=tuple(self.given.get(ups.id, ()))),
            )
            for ups in self.site.ups
        }

    async def cycle(self) -> Cycle:
        """Do everything once."""
        self._clock_fault = ""
        self._see_clock()
        reading = await self._read()
        self._see_clock()
        ordered = await self.ordering.orders(reading, self.clock.wall())
        self._see_clock()
        now = self.clock.wall()  # orders may have taken long, and the guard judges by the time at which it writes
        decided = {ups_id: self._decided(each, ordered, now) for ups_id, each in self._systems.items()}
        self._remember(decided)
        done = await asyncio.gather(*(self._drive(self._systems[ups_id], each) for ups_id, each in decided.items()))
        setpoints = ordered.setpoints
        cycle = Cycle(
            at=now,
            mode=setpoints.mode,
            why="; ".join(each for each in (self._clock_fault, self._meter_fault, setpoints.why) if each),
            reading=reading,
            meter_ceiling_kw=setpoints.meter_ceiling_kw,
            plan_id=setpoints.plan_id,
            ups=dict(zip(self._systems, done, strict=True)),
        )
        self.write(cycle)
        return cycle

    def hints(self) -> tuple[asyncio.Event, ...]:
        """What devices set that say by themselves that something changed."""
        drivers = (self.meter, *(each.driver for each in self._systems.values()))
        return tuple(each.changed for each in drivers if isinstance(each, TellsChanges))

    async def release(self) -> Mapping[str, str]:
        """Bring every device to normal operation that we command; the answer names those that could not be, and why."""
        mine = [each for each in self._systems.values() if self._commands(each) and not each.commanding.other]
        systems = [each for each in mine if each.commands or not each.reached]
        failed = await asyncio.gather(*(_released(each.driver) for each in systems))
        return {each.ups.id: why for each, why in zip(systems, failed, strict=True) if why}

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(self.meter.close(), *(each.driver.close() for each in self._systems.values()))

    async def _read(self) -> Telemetry:
        """One reading of the site; what could not be read, or is not new, is not in it."""
        asked = self.clock.wall()
        meter, *_ = await asyncio.gather(self._read_meter(), *map(self._read_system, self._systems.values()))
        now = self.clock.wall()
        return Telemetry(
            measured_at=asked,
            grid_kw=None if meter is None or not self._fresh(meter, now) else meter.grid_kw,
            ups={
                each.ups.id: each.reading.ups
                for each in self._systems.values()
                if each.reading is not None and each.reading.ups is not None and self._fresh(each.reading, now)
            },
        )

    def _see_clock(self) -> None:
        """Notice that the clock of this machine was set: what was read before moves with it, and discharge waits."""
        by = self.clock.set_by()
        if not by:
            return
        way = "forward" if by > timedelta() else "back"
        self._clock_fault = f"the clock of this machine was set {way} by {abs(by.total_seconds()):,.0f} s"
        self.ordering.clock_was_set(by)
        for each in self._systems.values():
            each.measured_at = None

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
        asked_s = self.clock.monotonic()
        try:
            reading = await system.driver.read()
        except Exception as error:  # noqa: BLE001 - whatever a driver fails of costs its own device alone
            system.fault, system.reached = _why(error), not isinstance(error, UnableToReach)
            return
        reading = _seen(system.commanding, reading, asked_s)
        if system.measured_at is not None and reading.measured_at <= system.measured_at:
            system.fault = f"the reading of {reading.measured_at.isoformat()} is told again: it is stale"
            return
        system.reading = reading
        if (reading.measured_at - self.clock.wall()).total_seconds() <= CLOCK_TOLERANCE_S:
            system.measured_at = reading.measured_at  # a time to come would make every later reading an old one

    def _fresh(self, reading: DeviceReading, now: datetime) -> bool:
        age_s = (now - reading.measured_at).total_seconds()
        return -CLOCK_TOLERANCE_S <= age_s <= self.equipment.reading_max_age_s

    def _decided(self, system: _System, ordered: Ordered, now: datetime) -> _Decided:
        """What one system may be told."""
        setpoint = ordered.setpoints.ups[system.ups.id]
        valid_for_s = self._valid_for_s(ordered, now)
        net_kw = setpoint.discharge_kw - setpoint.charge_kw if valid_for_s else 0.0
        asked = DeviceSetpoint(
            charge_kw=max(0.0, -net_kw),
            discharge_kw=max(0.0, net_kw),
            valid_for_s=valid_for_s or self.equipment.setpoint_s,
        )
        below = setpoint.stored_kwh is not None and setpoint.stored_kwh < setpoint.reserve_kwh
        paced = system.pace.slowed(asked, self.equipment, self.clock.steady(), urgent=below)
        evidence = self._evidence(system, ordered, now)
        wrong = bool(system.fault or evidence.doubts or evidence.other or any(reasons_of_equipment(evidence)))
        waits = "; ".join(each for each in (evidence.doubts, self._unqualified(system)) if each)
        passed = guarded(replace(evidence, doubts=waits), paced)
        return _Decided(asked=asked, passed=passed, wrong=wrong, setpoint=setpoint)

    def _remember(self, decided: Mapping[str, _Decided]) -> None:
        """Note what is about to be given, also for a controller that starts after this one was killed."""
        now_s = self.clock.monotonic()
        for ups_id, each in decided.items():
            if each.passed.setpoint is not None and self._commands(self._systems[ups_id]):
                self._systems[ups_id].commanding.giving(each.passed.setpoint, now_s)
        self.remember({ups_id: each.commanding.given for ups_id, each in self._systems.items()})

    async def _drive(self, system: _System, decided: _Decided) -> SystemCycle:
        """Tell one system what to do, and see that it does."""
        setpoint = decided.passed.setpoint
        told, fault = await (self._silent(system) if setpoint is None else self._tell(system, setpoint))
        faults = [each for each in (system.fault, system.commanding.other, fault) if each]
        now = self.clock.steady()
        system.in_order_since = None if decided.wrong or fault else (system.in_order_since or now)
        system.pace = system.pace.told(setpoint or _nothing(decided.asked), now)
        return SystemCycle(
            asked=decided.asked,
            told=told,
            refused=decided.passed.refused,
            fault="; ".join(faults),
            why=decided.setpoint.why,
            stored_kwh=decided.setpoint.stored_kwh,
            reserve_kwh=decided.setpoint.reserve_kwh,
        )

    async def _silent(self, system: _System) -> tuple[DeviceSetpoint | None, str]:
        """Give no setpoint; one of ours that another's took the place of is released, once."""
        if not system.commands or not system.reached:
            return None, ""
        system.commands = False
        why = await _released(system.driver)
        return None, f"it could not be released: {why}" if why else ""

    async def _tell(self, system: _System, setpoint: DeviceSetpoint) -> tuple[DeviceSetpoint | None, str]:
        """Write a setpoint; where that fails, try to release the device, and remember that it did not acknowledge."""
        if not self._commands(system) or not system.reached:
            return None, ""
        system.commands = True
        try:
            await system.driver.apply(setpoint)
        except Exception as error:  # noqa: BLE001 - whatever a driver fails of costs its own device alone
            system.acknowledged = False
            if isinstance(error, UnableToReach):
                return None, str(error)
            second = await _released(system.driver)
            return None, f"{_why(error)}; and it could not be released: {second}" if second else _why(error)
        finally:
            system.commanding.gave(self.clock.monotonic())
        system.acknowledged = True
        return setpoint, ""

    @staticmethod
    def _commands(system: _System) -> bool:
        """Whether its device is given setpoints at all."""
        capabilities = system.driver.capabilities
        return capabilities.dispatches and capabilities.expires

    def _evidence(self, system: _System, ordered: Ordered, now: datetime) -> Evidence:
        judged = ordered.judgement.systems.get(system.ups.id)
        doubts = [self._clock_fault, *ordered.judgement.unbelievable, *ordered.judgement.against]
        doubts += [] if judged is None else [judged.against]
        capabilities = system.driver.capabilities
        return Evidence(
            site=ordered.site,
            ups=system.ups,
            now=now,
            participates=system.take_part and capabilities.dispatches,
            expires=capabilities.expires or not capabilities.dispatches,
            other=system.commanding.other,
            reading=system.reading,
            doubts="; ".join(each for each in doubts if each),
            acknowledged=system.acknowledged,
            reliable_until=ordered.reliable_until,
            max_age_s=self.equipment.reading_max_age_s,
        )

    def _unqualified(self, system: _System) -> str:
        """Why a system that was not in order may not discharge yet."""
        if system.in_order_since is None:
            return "it was not in order at the last cycle"
        left_s = self.equipment.requalify_s - (self.clock.steady() - system.in_order_since).total_seconds()
        return f"it must be in order for {left_s:,.0f} s more" if left_s > 0 else ""

    def _valid_for_s(self, ordered: Ordered, now: datetime) -> float:
        """How long powers are valid: as the site says, and never past what they were made from.

        It is 0 where that is over before the next cycle: then batteries rest for this cycle.
        """
        until = now + timedelta(seconds=self.equipment.setpoint_s)
        until = min(until, ordered.setpoints.valid_until, ordered.reliable_until or until)
        valid_for_s = (until - now).total_seconds()
        return valid_for_s if valid_for_s > self.equipment.cycle_s else 0.0


def _seen(commanding: Commanding, reading: DeviceReading, asked_s: float) -> DeviceReading:
    """The reading; where somebody else commands the device that is a fault of it, which a service is told of too."""
    commanding.see(reading.in_force, asked_s)
    if not commanding.other or reading.ups is None:
        return reading
    fault = "; ".join(each for each in (reading.ups.fault, commanding.other) if each)
    return replace(reading, ups=replace(reading.ups, fault=fault))


async def _released(driver: Driver) -> str:
    """Release a device; why it could not be (empty: it was)."""
    try:
        await driver.release()
    except Exception as error:  # noqa: BLE001 - whatever a driver fails of, the others are released
        return _why(error)
    return ""


def _nothing(asked: DeviceSetpoint) -> DeviceSetpoint:
    return replace(asked, charge_kw=0.0, discharge_kw=0.0)


def _why(error: Exception) -> str:
    """Why a device was not driven; an error that no driver should raise is named as one of the program."""
    return str(error) if isinstance(error, UnableToDrive) else f"its driver failed: {type(error).__name__}: {error}"
