"""The driver of a device that is a DNP3 outstation: it tells, and takes no setpoint.

`points` names a point for each of ours (`named_points.TOLD`). One that is not online, or has any other flag set, is not
known. Static points have no time, so a reading's time is that of the question.
"""

from collections.abc import Mapping
from dataclasses import replace

from ridethrough.bms.drivers.dnp3.link import LAST_ADDRESS, PORT, Dnp3Link, is_place
from ridethrough.bms.drivers.driver import Clock, system_clock
from ridethrough.bms.drivers.named_points import NamedPoints, ToldValue
from ridethrough.bms.drivers.named_points_driver import NamedPointsDriver
from ridethrough.bms.drivers.readings import DeviceReading
from ridethrough.bms.drivers.settings import DEFAULT_TIMEOUT_S, Settings


class Dnp3Driver(NamedPointsDriver):
    """Points of one outstation."""

    def __init__(
        self,
        *,
        host: str,
        points: NamedPoints,
        port: int = PORT,
        master: int = 1,
        outstation: int = 10,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        clock: Clock = system_clock,
    ) -> None:
        self._link = Dnp3Link(host, port, master=master, outstation=outstation, timeout_s=timeout_s)
        super().__init__(self._link, points=points, clock=clock)

    async def read(self) -> DeviceReading:
        """Ask for every point; trouble that the outstation reports of itself is an alarm."""
        return replace(await super().read(), alarms=("device trouble",) if self._link.trouble else ())

    async def _told(self) -> Mapping[str, ToldValue]:
        return await self._link.read(self._points.places)


def from_settings(settings: Mapping[str, object], *, clock: Clock = system_clock) -> Dnp3Driver:
    """The driver of a site file's settings; raises `UnableToAccept` with all their faults."""
    given = Settings(settings)
    host, port = given.address(PORT)
    master = given.whole("master", 1, least=0, most=LAST_ADDRESS)
    outstation = given.whole("outstation", 10, least=0, most=LAST_ADDRESS)
    points = NamedPoints.of(given, is_place=is_place, form="a point such as analog-input,3")
    timeout_s = given.timeout_s()
    given.finish()
    return Dnp3Driver(
        host=host,
        port=port,
        points=points,
        master=master,
        outstation=outstation,
        timeout_s=timeout_s,
        clock=clock,
    )
