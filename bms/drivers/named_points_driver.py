"""What drivers share that only tell, and whose points a site file names: one question, and the reading it makes."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Protocol

from ridethrough.bms.drivers.driver import Clock
from ridethrough.bms.drivers.named_points import NUMBERS, NamedPoints, ToldValue, oldest
from ridethrough.bms.drivers.readings import DeviceReading, Point
from ridethrough.bms.drivers.telling import TellsOnly


class Link(Protocol):
    """A connection to a device, made at the first question."""

    address: str

    async def close(self) -> None:
        """Close it."""


class NamedPointsDriver(TellsOnly, ABC):
    """A device behind a link; a driver of a protocol says how its points are asked for."""

    def __init__(self, link: Link, *, points: NamedPoints, clock: Clock) -> None:
        self.address = link.address
        self._close = link.close
        self._points, self._clock = points, clock

    @abstractmethod
    async def _told(self) -> Mapping[str, ToldValue]:
        """Ask the device for every point."""

    async def read(self) -> DeviceReading:
        """Ask for every point; the time is the oldest of those of the numbers, or that of the question."""
        asked_at = self._clock()
        told = await self._told()
        moments = [each.measured_at for name, each in told.items() if name in NUMBERS and not each.problem]
        values = {name: each.value for name, each in told.items()}
        return self._points.reading(values, measured_at=oldest(moments, otherwise=asked_at))

    async def points(self) -> tuple[Point, ...]:
        """The points that the driver uses."""
        return self._points.points(await self._told())

    async def close(self) -> None:
        """Close the connection."""
        await self._close()
