"""Telemetry by Network UPS Tools: the variables that `upsd` gives for one UPS, each time it is asked.

| NUT says | we read |
|---|---|
| `OL`, `OB`, `BYPASS`, `OFF` in ups.status | normal, stored energy, bypass, no mode |
| `RB` | batteries are to be replaced: not operable |
| `OVER` | overloaded |
| ups.realpower (W), else ups.load (% of ups.realpower.nominal or `rated_kw`) | the load |
| battery.charge (% of `full_kwh`) | stored energy |
| `DRIVER-NOT-CONNECTED`, `DATA-STALE` | the UPS is not reached: hold |

`upsd` has no time of a measurement; ours is the moment before it was asked. It tells nothing of a generator.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import aionut

from ridethrough.bms.drivers.driver import Clock, UnableToReach, UnableToRead, system_clock
from ridethrough.bms.drivers.readings import DeviceReading, Point
from ridethrough.bms.drivers.settings import DEFAULT_TIMEOUT_S, Settings
from ridethrough.bms.drivers.telling import TellsOnly, finite, part_of, within
from ridethrough.domain import UpsMode
from ridethrough.domain.telemetry import UpsReading

PORT = 3493
_LOST = ("DRIVER-NOT-CONNECTED", "DATA-STALE")
_W_PER_KW = 1000.0
_POINTS = (
    ("ups.status", "", "mode"),
    ("ups.realpower", "W", "load"),
    ("ups.realpower.nominal", "W", "load"),
    ("ups.load", "%", "load"),
    ("battery.charge", "%", "stored energy"),
    ("battery.runtime", "s", "people"),
)


class NutDriver(TellsOnly):
    """One UPS of one `upsd`. `full_kwh` is what its batteries hold at 100 %, `rated_kw` its load at 100 %."""

    def __init__(
        self,
        *,
        host: str,
        ups: str,
        port: int = PORT,
        full_kwh: float | None = None,
        rated_kw: float | None = None,
        username: str = "",
        password: str = "",
        timeout_s: float = DEFAULT_TIMEOUT_S,
        clock: Clock = system_clock,
    ) -> None:
        self.address = f"nut {ups}@{host}:{port}"
        self._username, self._password = username or None, password or None
        self._host, self._port, self._ups = host, port, ups
        self._full_kwh, self._rated_kw = full_kwh, rated_kw
        self._timeout_s, self._clock = timeout_s, clock
        self._client: Any = None

    async def read(self) -> DeviceReading:
        """Ask for all variables of the UPS."""
        asked_at = self._clock()
        told = await self._variables()
        words = told.get("ups.status", "").split()
        mode = _mode(words)
        known = bool(words)
        ups = UpsReading(
            stored_kwh=part_of(finite(told, "battery.charge"), self._full_kwh),
            load_kw=self._load_kw(told),
            mode=mode,
            fault=_fault(words, told),
        )
        return DeviceReading(
            measured_at=asked_at,
            ups=ups,
            battery_operable="RB" not in words if known else None,
            inverter_on=mode in (UpsMode.NORMAL, UpsMode.STORED_ENERGY) if known else None,
            overloaded="OVER" in words if known else None,
            alarms=tuple(filter(None, (told.get("ups.alarm", ""),))),
        )

    async def points(self) -> tuple[Point, ...]:
        """The variables that the driver uses. One of those that tell the load is enough."""
        told = await self._variables()
        loads = ("ups.realpower", "ups.load")
        enough = any(name in told for name in loads)
        wanted = [each for each in _POINTS if each[0] in told or each[0] in ("ups.status", "battery.charge")]
        if not enough:
            wanted.append(("ups.load", "%", "load"))
        return tuple(
            Point(
                name=name,
                address=f"{self._ups} {name}",
                value=told.get(name),
                unit=unit,
                needed=needed,
                problem="" if name in told else "the UPS does not tell it",
            )
            for name, unit, needed in wanted
        )

    async def close(self) -> None:
        """Close the connection."""
        client, self._client = self._client, None
        if client is None:
            return
        writer = client._writer  # noqa: SLF001 - the library forgets a connection that it did not finish
        client.shutdown()
        if writer is not None:
            writer.close()

    async def _variables(self) -> Mapping[str, str]:
        try:
            async with within(self._timeout_s, self.address):
                return await self._asked()
        except BaseException:
            await self.close()
            raise

    async def _asked(self) -> Mapping[str, str]:
        if self._client is None:
            self._client = aionut.AIONUTClient(
                self._host, self._port, timeout=self._timeout_s, username=self._username, password=self._password
            )
        try:
            told: Mapping[str, str] = await self._client.list_vars(self._ups)
        except aionut.NUTCommandError as error:
            if any(word in str(error) for word in _LOST):
                raise UnableToReach(f"{self.address} lost its UPS: {error}") from error
            raise UnableToRead(f"{self.address} refused: {error}") from error
        except (aionut.NUTLoginError, aionut.NUTProtocolError, aionut.NUTValueError, ValueError, IndexError) as error:
            raise UnableToRead(f"{self.address} cannot be read: {error}") from error
        except (aionut.NUTError, asyncio.LimitOverrunError, EOFError) as error:
            raise UnableToReach(f"{self.address} cannot be reached: {error}") from error
        return told

    def _load_kw(self, told: Mapping[str, str]) -> float | None:
        power_w = finite(told, "ups.realpower")
        if power_w is not None:
            return power_w / _W_PER_KW if power_w >= 0 else None
        nominal_w = finite(told, "ups.realpower.nominal")
        rated_kw = self._rated_kw if nominal_w is None else nominal_w / _W_PER_KW
        percent = finite(told, "ups.load")
        return None if percent is None or rated_kw is None or percent < 0 else percent / 100 * rated_kw


def from_settings(settings: Mapping[str, object], *, clock: Clock = system_clock) -> NutDriver:
    """The driver of a site file's settings; raises `UnableToAccept` with all their faults."""
    given = Settings(settings)
    host, port = given.address(PORT)
    told = {
        "ups": given.text("ups"),
        "username": given.text("username", ""),
        "password": given.secret("password"),
    }
    full_kwh, rated_kw = given.optional_number("full_kwh"), given.optional_number("rated_kw")
    timeout_s = given.timeout_s()
    named = not any(each.isspace() for each in told["ups"])
    given.require(named, "ups", told["ups"], "the name of a UPS in ups.conf, without spaces")
    given.finish()
    return NutDriver(
        host=host, port=port, full_kwh=full_kwh, rated_kw=rated_kw, timeout_s=timeout_s, clock=clock, **told
    )


def _mode(words: list[str]) -> UpsMode | None:
    """The mode that the words of ups.status say; the worst counts where they say several."""
    if "OFF" in words:
        return None
    for word, mode in (("OB", UpsMode.STORED_ENERGY), ("BYPASS", UpsMode.BYPASS), ("OL", UpsMode.NORMAL)):
        if word in words:
            return mode
    return None


def _fault(words: list[str], told: Mapping[str, str]) -> str:
    said = ["replace batteries"] if "RB" in words else []
    if "ALARM" in words:
        said.append(told.get("ups.alarm") or "alarm")
    return ", ".join(said)
