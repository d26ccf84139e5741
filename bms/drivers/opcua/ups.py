"""The driver of a device behind an OPC UA server: it tells, and takes no setpoint.

`points` names a node for each point (`named_points.TOLD`). A value whose status is not good (bad, or uncertain) is not
known. The time of a reading is the oldest source timestamp of its numbers. Some servers stamp a value when it
changes and not when it is measured, so that a reading of theirs looks old: with `stamps: none`, and where no number has
a timestamp, the time is that of the question.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from ridethrough.bms.drivers.driver import Clock, system_clock
from ridethrough.bms.drivers.named_points import NamedPoints, ToldValue
from ridethrough.bms.drivers.named_points_driver import NamedPointsDriver
from ridethrough.bms.drivers.opcua.link import POLICIES, OpcUaLink, OpcUaServer, Secured
from ridethrough.bms.drivers.opcua.nodes import is_node
from ridethrough.bms.drivers.settings import DEFAULT_TIMEOUT_S, Settings

_FILES = ("certificate_file", "key_file", "server_certificate_file")


class OpcUaDriver(NamedPointsDriver):
    """The nodes of one server."""

    def __init__(
        self,
        server: OpcUaServer,
        *,
        points: NamedPoints,
        source_stamps: bool = True,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        clock: Clock = system_clock,
    ) -> None:
        self._link = OpcUaLink(server, timeout_s=timeout_s)
        super().__init__(self._link, points=points, clock=clock)
        self._source_stamps = source_stamps

    async def _told(self) -> Mapping[str, ToldValue]:
        told = await self._link.read(self._points.places)
        if self._source_stamps:
            return told
        return {name: replace(each, measured_at=None) for name, each in told.items()}


def from_settings(settings: Mapping[str, object], *, clock: Clock = system_clock) -> OpcUaDriver:
    """The driver of a site file's settings; raises `UnableToAccept` with all their faults."""
    given = Settings(settings)
    url = given.text("url")
    given.require(_is_url(url), "url", url, "opc.tcp://HOST:PORT/PATH, without a user or password")
    username, password = given.text("username", ""), given.secret("password")
    secured = _secured(given)
    open_password = bool(username) and secured is None
    given.require(not open_password, "username", username, "left out without security: its password would be readable")
    points = NamedPoints.of(given, is_place=is_node, form="a node such as ns=2;s=UPS.StoredEnergy")
    source_stamps = given.choice("stamps", ("source", "none"), "source") == "source"
    timeout_s = given.timeout_s()
    given.finish()
    return OpcUaDriver(
        OpcUaServer(url=url, username=username, password=password, secured=secured),
        points=points,
        source_stamps=source_stamps,
        timeout_s=timeout_s,
        clock=clock,
    )


def _secured(given: Settings) -> Secured | None:
    """Security by the settings; without it the files have no meaning."""
    policy = given.choice("security", ("none", *POLICIES))
    files = {name: given.text(name, "") for name in _FILES}
    for name, path in files.items():
        if policy == "none":
            given.require(not path, name, path, "left out where security is none")
        else:
            given.require(Path(path).is_file(), name, path, "a certificate or key that can be read (PEM or DER)")
    return None if policy == "none" else Secured(policy=policy, **files)


def _is_url(text: str) -> bool:
    try:
        place = urlsplit(text)
        port = place.port
    except ValueError:
        return False
    return place.scheme == "opc.tcp" and bool(place.hostname) and port is not None and "@" not in place.netloc
