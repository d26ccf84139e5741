"""The driver of a device behind an IEC 61850 server: it tells, and takes no setpoint.

`points` names an attribute for each point (`named_points.TOLD`). With each value the quality of its data object is
read: one that is not good, or is old, substituted, blocked or of a test, is not known. The time of a reading is that of
the question, because `t` is by the standard the time of the last change and not of the measurement.
"""

from collections.abc import Mapping
from pathlib import Path

from ridethrough.bms.drivers.driver import Clock, system_clock
from ridethrough.bms.drivers.iec61850.link import PORT, Iec61850Link, TlsFiles, is_place
from ridethrough.bms.drivers.named_points import NamedPoints, ToldValue
from ridethrough.bms.drivers.named_points_driver import NamedPointsDriver
from ridethrough.bms.drivers.settings import DEFAULT_TIMEOUT_S, Settings

_FILES = ("ca_file", "certificate_file", "key_file")


class Iec61850Driver(NamedPointsDriver):
    """Attributes of one server."""

    def __init__(
        self,
        *,
        host: str,
        points: NamedPoints,
        port: int = PORT,
        tls: TlsFiles | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        clock: Clock = system_clock,
    ) -> None:
        self._link = Iec61850Link(host, port, timeout_s=timeout_s, tls=tls)
        super().__init__(self._link, points=points, clock=clock)

    async def _told(self) -> Mapping[str, ToldValue]:
        return await self._link.read(self._points.places)


def from_settings(settings: Mapping[str, object], *, clock: Clock = system_clock) -> Iec61850Driver:
    """The driver of a site file's settings; raises `UnableToAccept` with all their faults."""
    given = Settings(settings)
    host, port = given.address(PORT)
    secure = given.flag("tls", default=False)
    files = {name: given.text(name, "") for name in _FILES}
    for name, path in files.items():
        if secure:
            given.require(Path(path).is_file(), name, path, "a file that can be read (PEM)")
        else:
            given.require(not path, name, path, "left out without tls")
    server_name = given.text("server_name", "") or host
    form = "an attribute with a value, such as LD0/MMXU1.TotW.mag.f"
    points = NamedPoints.of(given, is_place=is_place, form=form)
    timeout_s = given.timeout_s()
    given.finish()
    tls = TlsFiles(**files, server_name=server_name) if secure else None
    return Iec61850Driver(host=host, port=port, points=points, tls=tls, timeout_s=timeout_s, clock=clock)
