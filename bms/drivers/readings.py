"""What a device tells, and what it is told to do."""

from dataclasses import dataclass, field
from datetime import datetime

from ridethrough.domain.telemetry import UpsReading
from ridethrough.domain.validation import Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSetpoint:
    """What a UPS system does with its batteries for `valid_for_s` seconds from the time that it is written.

    Powers are in kW at the terminals of all its batteries; at most one of them is above 0. When the time is over and
    no newer setpoint came, the device returns to its own normal operation by itself.
    """

    charge_kw: float
    discharge_kw: float
    valid_for_s: float

    def __post_init__(self) -> None:
        checks = Checks()
        checks.not_negative("charge_kw", self.charge_kw)
        checks.not_negative("discharge_kw", self.discharge_kw)
        checks.positive("valid_for_s", self.valid_for_s)
        one = not (self.charge_kw > 0 and self.discharge_kw > 0)
        checks.require(one, "charge_kw", self.charge_kw, "0 where discharge_kw is above 0")
        checks.raise_faults()

    @property
    def net_discharge_kw(self) -> float:
        """Discharge above 0, charge below 0: the sign that most protocols use."""
        return self.discharge_kw - self.charge_kw


@dataclass(frozen=True, slots=True, kw_only=True)
class SetpointInForce:
    """The setpoint that a device says it follows now, and for how long still; `left_s` is None where it cannot say."""

    charge_kw: float
    discharge_kw: float
    left_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReading:
    """One reading of one device: of a UPS system (`ups`), of the meter (`grid_kw`), or of both.

    `measured_at` is the time of the measurement by the device's own clock; where a device has none, it is the time
    just before it was asked. None is "not known", and is never taken as good: `battery_operable`, `inverter_on` and
    `overloaded` are what the device itself says. `in_force` is the setpoint that it follows, None where it follows
    none. `alarms` are the device's own words.
    """

    measured_at: datetime
    ups: UpsReading | None = None
    grid_kw: float | None = None
    battery_operable: bool | None = None
    inverter_on: bool | None = None
    overloaded: bool | None = None
    in_force: SetpointInForce | None = None
    alarms: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        checks = Checks()
        zoned = self.measured_at.tzinfo is not None
        checks.require(zoned, "measured_at", str(self.measured_at), "a time with a UTC offset")
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a device as a pre-flight check reads it.

    `address` is the device's own name of it (a register, an object, a variable), `value` what was read, and `problem`
    why it could not be read or cannot be right (empty: it is in order). `needed` says what the point is for.
    """

    name: str
    address: str
    value: object = None
    unit: str = ""
    needed: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a driver can do with its device.

    `dispatches`: it applies setpoints; without it the device only tells. `expires`: the device itself returns to normal
    operation when a setpoint is over; without it no setpoint is given, because a dead controller would leave the device
    charging or discharging. `tells_left`: it tells how long its setpoint is in force still; without it a setpoint of
    somebody else is seen where it orders another power than ours only.
    """

    dispatches: bool
    expires: bool
    tells_left: bool = False
    notes: tuple[str, ...] = field(default_factory=tuple)
