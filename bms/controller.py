"""The control loop: read, judge, order, pace, guard, apply, read back, write the journal; then wait for the next cycle.

Nothing in a cycle can stop it: a device that fails costs its own system, and the others go on. When the controller
itself stops, no setpoint is renewed, and every device returns to its own normal operation when the last one expires.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from ridethrough.bms.commanding import Commanding, GivenToAll
from ridethrough.bms.cycle import Cycle, SystemCycle
from ridethrough.bms.driven_system import DrivenSystem, why_not_driven
from ridethrough.bms.drivers.driver import Driver, TellsChanges
from ridethrough.bms.drivers.readings import DeviceReading, DeviceSetpoint
from ridethrough.bms.guard import Evidence, Guarded, guarded, reasons_of_equipment
from ridethrough.bms.ordering import Ordered, Ordering
from ridethrough.bms.steady_clock import SteadyClock
from ridethrough.domain import Site
from ridethrough.domain.site_equipment import SiteEquipment
from ridethrough.domain.telemetry import CLOCK_TOLERANCE_S, Telemetry
from ridethrough.operation.live.situation import SystemSetpoint


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
    _systems: dict[str, DrivenSystem] = field(init=False)
    _meter_fault: str = ""
    _clock_fault: str = ""

    def __post_init__(self) -> None:
        quiet_s = max(self.quiet_s, self.equipment.requalify_s)
        self._systems = {
            ups.id: DrivenSystem(
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
        mine = [each for each in self._systems.values() if each.takes_setpoints and not each.commanding.other]
        systems = [each for each in mine if each.commands or not each.reached]
        failed = await asyncio.gather(*(each.release() for each in systems))
        return {each.ups.id: why for each, why in zip(systems, failed, strict=True) if why}

    async def close(self) -> None:
        """Close every connection."""
        await asyncio.gather(self.meter.close(), *(each.driver.close() for each in self._systems.values()))

    async def _read(self) -> Telemetry:
        """One reading of the site; what could not be read, or is not new, is not in it."""
        asked = self.clock.wall()
        systems = (each.read(self.clock) for each in self._systems.values())
        meter, *_ = await asyncio.gather(self._read_meter(), *systems)
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
            self._meter_fault = f"meter: {why_not_driven(error)}"
            return None
        self._meter_fault = ""
        return reading

    def _fresh(self, reading: DeviceReading, now: datetime) -> bool:
        age_s = (now - reading.measured_at).total_seconds()
        return -CLOCK_TOLERANCE_S <= age_s <= self.equipment.reading_max_age_s

    def _decided(self, system: DrivenSystem, ordered: Ordered, now: datetime) -> _Decided:
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
        unqualified = system.unqualified(self.equipment.requalify_s, self.clock.steady())
        waits = "; ".join(each for each in (evidence.doubts, unqualified) if each)
        passed = guarded(replace(evidence, doubts=waits), paced)
        return _Decided(asked=asked, passed=passed, wrong=wrong, setpoint=setpoint)

    def _remember(self, decided: Mapping[str, _Decided]) -> None:
        """Note what is about to be given, also for a controller that starts after this one was killed."""
        now_s = self.clock.monotonic()
        for ups_id, each in decided.items():
            if each.passed.setpoint is not None and self._systems[ups_id].takes_setpoints:
                self._systems[ups_id].commanding.giving(each.passed.setpoint, now_s)
        self.remember({ups_id: each.commanding.given for ups_id, each in self._systems.items()})

    async def _drive(self, system: DrivenSystem, decided: _Decided) -> SystemCycle:
        """Tell one system what to do, and see that it does."""
        setpoint = decided.passed.setpoint
        told, fault = await (system.tell_nothing() if setpoint is None else system.tell(setpoint, self.clock))
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

    def _evidence(self, system: DrivenSystem, ordered: Ordered, now: datetime) -> Evidence:
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

    def _valid_for_s(self, ordered: Ordered, now: datetime) -> float:
        """How long powers are valid: as the site says, and never past what they were made from.

        It is 0 where that is over before the next cycle: then batteries rest for this cycle.
        """
        until = now + timedelta(seconds=self.equipment.setpoint_s)
        until = min(until, ordered.setpoints.valid_until, ordered.reliable_until or until)
        valid_for_s = (until - now).total_seconds()
        return valid_for_s if valid_for_s > self.equipment.cycle_s else 0.0


def _nothing(asked: DeviceSetpoint) -> DeviceSetpoint:
    return replace(asked, charge_kw=0.0, discharge_kw=0.0)
