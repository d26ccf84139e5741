"""The drivers of simulated equipment in the same process: what tests, examples and backtests run on."""

import asyncio

from ridethrough.bms.drivers.driver import UnableToApply, UnableToReach, check_read_back
from ridethrough.bms.drivers.readings import Capabilities, DeviceReading, DeviceSetpoint, Point, SetpointInForce
from ridethrough.bms.simulated.device import SimulatedUps
from ridethrough.bms.simulated.faults import TellingFaults
from ridethrough.bms.simulated.site import SimulatedSite

_TIMEOUT_S = 1.0


class SimulatedUpsDriver:
    """Speaks with one simulated UPS system."""

    capabilities = Capabilities(dispatches=True, expires=True, tells_left=True)

    def __init__(self, ups: SimulatedUps, *, name: str = "ups", timeout_s: float = _TIMEOUT_S) -> None:
        self.address = f"simulated {name}"
        self._ups = ups
        self._timeout_s = timeout_s

    async def read(self) -> DeviceReading:
        """What the system tells."""
        await _answer(self._ups.faults, self._timeout_s)
        return self._ups.reading()

    async def apply(self, setpoint: DeviceSetpoint) -> SetpointInForce:
        """Order, and read back."""
        await _answer(self._ups.faults, self._timeout_s)
        if self._ups.faults.refuses:
            raise UnableToApply(f"{self.address} refuses setpoints")
        self._ups.order(setpoint)
        return check_read_back(setpoint, self._ups.in_force())

    async def release(self) -> None:
        """Return to normal operation."""
        await _answer(self._ups.faults, self._timeout_s)
        self._ups.release()

    async def points(self) -> tuple[Point, ...]:
        """Every point, with its value."""
        reading = await self.read()
        named = {
            name: (getattr(reading, name), unit)
            for name, unit in (
                ("measured_at", ""),
                ("battery_operable", ""),
                ("inverter_on", ""),
                ("overloaded", ""),
                ("in_force", ""),
            )
        }
        if reading.ups is not None:
            for name, unit in (("unit_stored_kwh", "kWh"), ("load_kw", "kW"), ("mode", ""), ("on_generator", "")):
                named[name] = getattr(reading.ups, name), unit
        return tuple(Point(name=name, address=name, value=value, unit=unit) for name, (value, unit) in named.items())

    async def close(self) -> None:
        """There is nothing to close."""


class SimulatedMeterDriver:
    """Reads the meter of a simulated site."""

    capabilities = Capabilities(dispatches=False, expires=False)

    def __init__(self, site: SimulatedSite, *, timeout_s: float = _TIMEOUT_S) -> None:
        self.address = "simulated meter"
        self._site = site
        self._timeout_s = timeout_s

    async def read(self) -> DeviceReading:
        """What the meter tells."""
        await _answer(self._site.meter_faults, self._timeout_s)
        return self._site.meter_reading()

    async def apply(self, setpoint: DeviceSetpoint) -> SetpointInForce:
        """A meter takes no setpoint."""
        raise UnableToApply(f"{self.address} is a meter, and cannot {setpoint}")

    async def release(self) -> None:
        """A meter follows nothing, so there is nothing to release."""

    async def points(self) -> tuple[Point, ...]:
        """Its power."""
        reading = await self.read()
        return (Point(name="grid_kw", address="grid_kw", value=reading.grid_kw, unit="kW"),)

    async def close(self) -> None:
        """There is nothing to close."""


async def _answer(faults: TellingFaults, timeout_s: float) -> None:
    """Wait as long as an answer takes."""
    if faults.dead or faults.late_s > timeout_s:
        raise UnableToReach(f"there is no answer within {timeout_s:g} s")
    if faults.late_s:
        await asyncio.sleep(faults.late_s)
