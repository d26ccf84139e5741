"""One system as the controller drives it: its last reading, what its device is told, and what is remembered of both.

Whatever a driver fails of costs its own device alone: no error of one comes out of here.
"""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from ridethrough.bms.commanding import Commanding
from ridethrough.bms.drivers.driver import Driver, UnableToDrive, UnableToReach
from ridethrough.bms.drivers.readings import DeviceReading, DeviceSetpoint
from ridethrough.bms.pacing import Pace
from ridethrough.bms.steady_clock import SteadyClock
from ridethrough.domain import UpsSystem
from ridethrough.domain.telemetry import CLOCK_TOLERANCE_S

_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True, kw_only=True)
class DrivenSystem:
    """What the controller remembers of one system between cycles.

    `commands` says whether its device may follow a setpoint of ours, `reached` whether it answered this cycle.
    """

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

    @property
    def takes_setpoints(self) -> bool:
        """Whether its device is given setpoints at all."""
        capabilities = self.driver.capabilities
        return capabilities.dispatches and capabilities.expires

    async def read(self, clock: SteadyClock) -> None:
        """Read its device; a reading with the time of the one before is no new reading."""
        self.reading, self.fault, self.reached = None, "", True
        asked_s = clock.monotonic()
        try:
            reading = await self.driver.read()
        except Exception as error:  # noqa: BLE001 - whatever a driver fails of costs its own device alone
            self.fault, self.reached = why_not_driven(error), not isinstance(error, UnableToReach)
            return
        reading = _seen(self.commanding, reading, asked_s)
        if self.measured_at is not None and reading.measured_at <= self.measured_at:
            self.fault = f"the reading of {reading.measured_at.isoformat()} is told again: it is stale"
            return
        self.reading = reading
        if (reading.measured_at - clock.wall()).total_seconds() <= CLOCK_TOLERANCE_S:
            self.measured_at = reading.measured_at  # a time to come would make every later reading an old one

    async def tell(self, setpoint: DeviceSetpoint, clock: SteadyClock) -> tuple[DeviceSetpoint | None, str]:
        """Write a setpoint; where that fails, try to release the device, and remember that it did not acknowledge."""
        if not self.takes_setpoints or not self.reached:
            return None, ""
        self.commands = True
        try:
            await self.driver.apply(setpoint)
        except Exception as error:  # noqa: BLE001 - whatever a driver fails of costs its own device alone
            self.acknowledged = False
            if isinstance(error, UnableToReach):
                return None, str(error)
            second = await self.release()
            why = why_not_driven(error)
            return None, f"{why}; and it could not be released: {second}" if second else why
        finally:
            self.commanding.gave(clock.monotonic())
        self.acknowledged = True
        return setpoint, ""

    async def tell_nothing(self) -> tuple[DeviceSetpoint | None, str]:
        """Give no setpoint; one of ours that another's took the place of is released, once."""
        if not self.commands or not self.reached:
            return None, ""
        self.commands = False
        why = await self.release()
        return None, f"it could not be released: {why}" if why else ""

    async def release(self) -> str:
        """Release its device; the answer says why it could not be (empty: it was)."""
        try:
            await self.driver.release()
        except Exception as error:  # noqa: BLE001 - whatever a driver fails of, the others are released
            return why_not_driven(error)
        return ""

    def unqualified(self, requalify_s: float, now: datetime) -> str:
        """Why a system that was not in order may not discharge yet."""
        if self.in_order_since is None:
            return "it was not in order at the last cycle"
        left_s = requalify_s - (now - self.in_order_since).total_seconds()
        return f"it must be in order for {left_s:,.0f} s more" if left_s > 0 else ""


def _seen(commanding: Commanding, reading: DeviceReading, asked_s: float) -> DeviceReading:
    """The reading; where somebody else commands the device that is a fault of it, which a service is told of too."""
    commanding.see(reading.in_force, asked_s)
    if not commanding.other or reading.ups is None:
        return reading
    fault = "; ".join(each for each in (reading.ups.fault, commanding.other) if each)
    return replace(reading, ups=replace(reading.ups, fault=fault))


def why_not_driven(error: Exception) -> str:
    """Why a device was not driven; an error that no driver should raise is named as one of the program."""
    return str(error) if isinstance(error, UnableToDrive) else f"its driver failed: {type(error).__name__}: {error}"
