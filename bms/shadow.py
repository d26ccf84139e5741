"""A dry run: drivers that read real equipment, write nothing, and follow setpoints on paper.

What batteries would have given and taken since is added to what is read, so that the loop goes on as if it had been
obeyed: stored energy falls, the meter falls, and the reserve stops the discharge where it would have.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from ridethrough.bms.drivers.driver import Driver, TellsChanges
from ridethrough.bms.drivers.readings import Capabilities, DeviceReading, DeviceSetpoint, Point, SetpointInForce
from ridethrough.bms.meter_on_paper import MeterOnPaper, PaperSystem
from ridethrough.domain import UpsSystem
from ridethrough.domain.telemetry import UpsReading

_SECONDS_PER_HOUR = 3600.0


@dataclass(slots=True, kw_only=True)
class Moved:
    """What batteries of a system would have done since the beginning (kWh at their terminals)."""

    charged_kwh: float = 0.0
    discharged_kwh: float = 0.0


class ShadowUps:
    """A UPS system that is read, and whose setpoints are followed on paper."""

    capabilities = Capabilities(dispatches=True, expires=True, notes=("nothing is written",))

    def __init__(self, driver: Driver, ups: UpsSystem) -> None:
        self.address = f"{driver.address} (shadow)"
        self.changed = driver.changed if isinstance(driver, TellsChanges) else asyncio.Event()
        self.moved = Moved()
        self._driver, self._ups = driver, ups
        self._setpoint: DeviceSetpoint | None = None
        self._at: datetime | None = None
        self._offset_kwh = 0.0
        self._real = UpsReading()

    @property
    def meter_offset_kw(self) -> float:
        """What the meter would read more than it does."""
        if self._setpoint is None:
            return 0.0
        real_kw = (self._real.discharge_kw or 0.0) - (self._real.charge_kw or 0.0)
        return (real_kw - self._setpoint.net_discharge_kw) / self._ups.rectifier_efficiency

    def on_paper(self) -> PaperSystem:
        """The system as it would be now."""
        real_kwh, told = self._real.stored_kwh, [each for each in self._real.unit_stored_kwh if each is not None]
        if real_kwh is None and told and len(told) == len(self._real.unit_stored_kwh):
            real_kwh = sum(told)
        return PaperSystem(
            discharge_kw=0.0 if self._setpoint is None else self._setpoint.discharge_kw,
            stored_kwh=None if real_kwh is None else max(0.0, real_kwh + self._offset_kwh),
            real_kwh=real_kwh,
            missing_kwh=-self._offset_kwh,
        )

    async def read(self) -> DeviceReading:
        """What is read, as if setpoints had been followed."""
        reading = await self._driver.read()
        self._go_on(reading.measured_at)
        if reading.ups is None:
            return reading
        self._real = reading.ups
        if reading.ups.in_outage:
            self._setpoint, self._offset_kwh = None, 0.0
        return replace(reading, ups=self._shifted(reading.ups), in_force=None)

    async def apply(self, setpoint: DeviceSetpoint) -> SetpointInForce:
        """Follow a setpoint on paper."""
        self._setpoint = setpoint
        return SetpointInForce(
            charge_kw=setpoint.charge_kw, discharge_kw=setpoint.discharge_kw, left_s=setpoint.valid_for_s
        )

    async def release(self) -> None:
        """Follow no setpoint any more."""
        self._setpoint = None

    async def points(self) -> tuple[Point, ...]:
        """The points of the real device."""
        return await self._driver.points()

    async def close(self) -> None:
        """Close the real device's connection."""
        await self._driver.close()

    def _go_on(self, now: datetime) -> None:
        """Add up what the setpoint in force moved since the last reading, at most for its time."""
        since_s = 0.0 if self._at is None else max(0.0, (now - self._at).total_seconds())
        self._at = now
        if self._setpoint is None:
            return
        hours = min(since_s, self._setpoint.valid_for_s) / _SECONDS_PER_HOUR
        battery, real = self._ups.battery, self._real
        self.moved.charged_kwh += self._setpoint.charge_kw * hours
        self.moved.discharged_kwh += self._setpoint.discharge_kw * hours
        more_kw = self._setpoint.charge_kw - (real.charge_kw or 0.0)
        given_kw = self._setpoint.discharge_kw - (real.discharge_kw or 0.0)
        self._offset_kwh += (more_kw * battery.charge_efficiency - given_kw / battery.discharge_efficiency) * hours
        self._offset_kwh = min(0.0, self._offset_kwh)

    def _shifted(self, told: UpsReading) -> UpsReading:
        setpoint = self._setpoint
        each_kwh = self._offset_kwh / self._ups.units_in_service
        return replace(
            told,
            stored_kwh=None if told.stored_kwh is None else max(0.0, told.stored_kwh + self._offset_kwh),
            unit_stored_kwh=tuple(None if kwh is None else max(0.0, kwh + each_kwh) for kwh in told.unit_stored_kwh),
            charge_kw=0.0 if setpoint is None else setpoint.charge_kw,
            discharge_kw=0.0 if setpoint is None else setpoint.discharge_kw,
        )


class ShadowMeter:
    """The meter, as if setpoints had been followed."""

    capabilities = Capabilities(dispatches=False, expires=False)

    def __init__(self, driver: Driver, systems: Mapping[str, ShadowUps], on_paper: MeterOnPaper) -> None:
        self.address = f"{driver.address} (shadow)"
        self.on_paper = on_paper
        self._driver, self._systems = driver, systems

    async def read(self) -> DeviceReading:
        """The power that the meter would read."""
        reading = await self._driver.read()
        if reading.grid_kw is None:
            return reading
        shifted_kw = reading.grid_kw + sum(each.meter_offset_kw for each in self._systems.values())
        systems = {ups_id: each.on_paper() for ups_id, each in self._systems.items()}
        self.on_paper.add(reading.measured_at, reading.grid_kw, shifted_kw, systems)
        return replace(reading, grid_kw=shifted_kw)

    async def apply(self, setpoint: DeviceSetpoint) -> SetpointInForce:
        """A meter takes no setpoint."""
        return await self._driver.apply(setpoint)

    async def release(self) -> None:
        """There is nothing to release."""

    async def points(self) -> tuple[Point, ...]:
        """The points of the real meter."""
        return await self._driver.points()

    async def close(self) -> None:
        """Close the real meter's connection."""
        await self._driver.close()
