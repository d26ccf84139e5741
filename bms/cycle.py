"""What one cycle of the control loop did: for the journal, and for those who are told of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from ridethrough.bms.drivers.readings import DeviceSetpoint
from ridethrough.domain.telemetry import Telemetry
from ridethrough.operation.live.situation import SetpointMode


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCycle:
    """What one system was asked, what it was told, what the guard refused, and what went wrong with its device.

    `stored_kwh` is the stored energy that is believed (None: none is), `reserve_kwh` the floor under it.
    """

    asked: DeviceSetpoint
    told: DeviceSetpoint | None
    refused: tuple[str, ...]
    fault: str
    why: str
    stored_kwh: float | None
    reserve_kwh: float


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
