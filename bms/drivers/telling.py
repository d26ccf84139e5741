"""What drivers share that only tell: they dispatch nothing, and a call of them ends in time."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from ridethrough.bms.drivers.driver import UnableToApply, UnableToReach
from ridethrough.bms.drivers.readings import Capabilities, DeviceSetpoint, SetpointInForce

PERCENT = 100.0
TELLS_ONLY = Capabilities(dispatches=False, expires=False, notes=("telemetry only",))


class TellsOnly:
    """A device that takes no setpoint."""

    capabilities = TELLS_ONLY
    address: str = ""

    async def apply(self, setpoint: DeviceSetpoint) -> SetpointInForce:
        """Refuse: the device takes no setpoint."""
        raise UnableToApply(f"{self.address} takes no setpoint, so it cannot follow {setpoint.net_discharge_kw:g} kW")

    async def release(self) -> None:
        """There is nothing to release: the device follows no setpoint of ours."""


@asynccontextmanager
async def within(timeout_s: float, address: str) -> AsyncIterator[None]:
    """End what is inside in time; raises `UnableToReach` where it takes longer or the network fails."""
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError as error:
        raise UnableToReach(f"{address} gave no answer within {timeout_s:g} s") from error
    except OSError as error:
        raise UnableToReach(f"{address} cannot be reached: {error}") from error


def finite(told: Mapping[str, str], name: str) -> float | None:
    """The number of a variable; None where it is not told, or is no number."""
    try:
        value = float(told[name])
    except (KeyError, ValueError):
        return None
    return value if abs(value) < float("inf") else None


def part_of(percent: float | None, whole: float | None) -> float | None:
    """So many percent of something; None where either is not known, or it is not from 0 to 100 %."""
    if percent is None or whole is None or not 0 <= percent <= PERCENT:
        return None
    return percent / PERCENT * whole
