"""The driver of a device with a Redfish service: it tells, and takes no setpoint.

`points` names a property for each point (`named_points.TOLD`). Watts and watt hours become kW and kWh, by the name of
the property or by the unit of a sensor. `ChargeState` makes a mode. Of a resource that is not enabled nothing is known.
The time of a reading is the oldest `ReadingTime` of its sensors; without one it is that of the question.
"""

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from ridethrough.bms.drivers.driver import Clock, system_clock
from ridethrough.bms.drivers.named_points import NamedPoints, ToldValue
from ridethrough.bms.drivers.named_points_driver import NamedPointsDriver
from ridethrough.bms.drivers.redfish.link import RedfishLink, RedfishService
from ridethrough.bms.drivers.redfish.properties import is_place, property_of, resource_of
from ridethrough.bms.drivers.settings import DEFAULT_TIMEOUT_S, Settings


class RedfishDriver(NamedPointsDriver):
    """Properties of one service."""

    def __init__(
        self,
        service: RedfishService,
        *,
        points: NamedPoints,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        clock: Clock = system_clock,
    ) -> None:
        self._link = RedfishLink(service, timeout_s=timeout_s)
        super().__init__(self._link, points=points, clock=clock)

    async def _told(self) -> Mapping[str, ToldValue]:
        places = self._points.places
        resources = await self._link.read(frozenset(resource_of(place) for place in places.values()))
        return {name: property_of(resources[resource_of(place)], place, point=name) for name, place in places.items()}


def from_settings(settings: Mapping[str, object], *, clock: Clock = system_clock) -> RedfishDriver:
    """The driver of a site file's settings; raises `UnableToAccept` with all their faults."""
    given = Settings(settings)
    url = given.text("url").rstrip("/")
    given.require(_is_url(url), "url", url, "https://HOST or https://HOST:PORT, without a path or a user")
    username, password = given.text("username", ""), given.secret("password")
    readable = bool(username) and not url.startswith("https:")
    given.require(not readable, "username", username, "left out without https: its password would be readable")
    ca_file = given.text("ca_file", "")
    given.require(not ca_file or Path(ca_file).is_file(), "ca_file", ca_file, "a file with certificates (PEM)")
    form = "a property such as /redfish/v1/Chassis/1/Sensors/Load#/Reading"
    points = NamedPoints.of(given, is_place=is_place, form=form)
    timeout_s = given.timeout_s()
    given.finish()
    service = RedfishService(url=url, username=username, password=password, ca_file=ca_file)
    return RedfishDriver(service, points=points, timeout_s=timeout_s, clock=clock)


def _is_url(text: str) -> bool:
    try:
        place = urlsplit(text)
        _ = place.port
    except ValueError:
        return False
    bare = not place.path and not place.query and not place.fragment and "@" not in place.netloc
    return place.scheme in ("http", "https") and bool(place.hostname) and bare
