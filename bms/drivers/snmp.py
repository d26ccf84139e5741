"""Telemetry by SNMP: the objects of the UPS-MIB (RFC 1628), by SNMPv3 or, where a device has nothing better, by v2c.

| the MIB says | we read |
|---|---|
| upsOutputSource 3, 5, 4 | normal, stored energy, bypass; anything else: no mode |
| upsOutputPower of each line (W) | the load, their sum |
| upsEstimatedChargeRemaining (% of `full_kwh`) | stored energy |
| upsBatteryStatus | operable (normal or low), not operable (depleted), not known |
| upsAlarmTable | alarms; overload; faults of batteries, charger, fuse, output; lost communication: not reached |

One SNMP engine serves a driver: to make one takes 0.4 s of CPU, and it would ask the device for its SNMPv3 clock each
time. It is made again only after 2, 4, 8 ... failures in a row, because a device that restarted with a clock behind the
one that it told before answers nobody who remembers. Answers are told apart by the number of their question; a late
one is dropped.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from pysnmp.hlapi.v3arch import asyncio as snmp

from ridethrough.bms.drivers.driver import Clock, UnableToReach, UnableToRead, system_clock
from ridethrough.bms.drivers.readings import DeviceReading, Point
from ridethrough.bms.drivers.settings import DEFAULT_TIMEOUT_S, Settings
from ridethrough.bms.drivers.telling import TellsOnly, part_of, within
from ridethrough.domain import UpsMode
from ridethrough.domain.telemetry import UpsReading

PORT = 161
AUTHENTICATIONS = {
    "SHA": "HMAC96_SHA",
    "SHA224": "HMAC128_SHA224",
    "SHA256": "HMAC192_SHA256",
    "SHA384": "HMAC256_SHA384",
    "SHA512": "HMAC384_SHA512",
}
"""The library's names of them; weaker ones (MD5) are not offered."""
ALARMS = {
    1: "battery bad", 2: "on battery", 3: "low battery", 4: "depleted battery", 5: "temperature bad", 6: "input bad",
    7: "output bad", 8: "output overload", 9: "on bypass", 10: "bypass bad", 11: "output off as requested",
    12: "UPS off as requested", 13: "charger failed", 14: "output off", 15: "system off", 16: "fan failure",
    17: "fuse failure", 18: "general fault", 19: "diagnostic test failed", 20: "communications lost",
    21: "awaiting power", 22: "shutdown pending", 23: "shutdown imminent", 24: "test in progress",
}  # fmt: skip
"""The well-known alarms of RFC 1628, by the last number of their name."""
_FAULTS = (1, 7, 13, 17, 18, 19)
_OVERLOAD, _COMMUNICATIONS_LOST = 8, 20
_MIB = "1.3.6.1.2.1.33.1"
_WELL_KNOWN = f"{_MIB}.6.3."
_ALARM_COLUMN = f"{_MIB}.6.2.1.2"
_STATUS, _CHARGE, _SOURCE = f"{_MIB}.2.1.0", f"{_MIB}.2.4.0", f"{_MIB}.4.1.0"
_LINES, _ALARM_COUNT = f"{_MIB}.4.3.0", f"{_MIB}.6.1.0"
_SCALARS = (_STATUS, _CHARGE, _SOURCE, _LINES, _ALARM_COUNT)
_MODES = {3: UpsMode.NORMAL, 5: UpsMode.STORED_ENERGY, 4: UpsMode.BYPASS}
_OPERABLE = {2: True, 3: True, 4: False}
_MOST_LINES, _MOST_ALARMS = 12, 24
_SHORTEST_KEY = 8
"""Characters of a key (RFC 3414)."""
_W_PER_KW = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SnmpUser:
    """Who asks: by SNMPv3 with both keys, or by v2c with a community, which anyone on the network can read."""

    name: str = ""
    authentication: str = "SHA256"
    authentication_key: str = ""
    privacy_key: str = ""
    context: str = ""
    community: str = ""

    def __repr__(self) -> str:
        """The user without keys."""
        return f"SnmpUser(name={self.name!r})"


class SnmpDriver(TellsOnly):
    """One agent with the UPS-MIB. `full_kwh` is what the batteries hold at 100 %."""

    def __init__(
        self,
        *,
        host: str,
        user: SnmpUser,
        port: int = PORT,
        full_kwh: float | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        clock: Clock = system_clock,
    ) -> None:
        self.address = f"snmp {host}:{port}"
        self._host, self._port, self._user = host, port, user
        self._full_kwh, self._timeout_s, self._clock = full_kwh, timeout_s, clock
        self._engine: Any = None
        self._target: Any = None
        self._credentials: Any = None
        self._failures = 0

    async def read(self) -> DeviceReading:
        """Ask for the objects of the MIB that matter."""
        asked_at = self._clock()
        async with self._asking():
            told = await self._get(_SCALARS)
            load_kw = await self._load_kw(told.get(_LINES))
            alarms = await self._alarms() if told.get(_ALARM_COUNT) else ()
        if _COMMUNICATIONS_LOST in alarms:
            raise UnableToReach(f"{self.address} lost its UPS: the agent answers, and says that communication is lost")
        faults = tuple(ALARMS[each] for each in alarms if each in _FAULTS)
        operable = _OPERABLE.get(told.get(_STATUS) or 0)
        mode = _MODES.get(told.get(_SOURCE) or 0)
        return DeviceReading(
            measured_at=asked_at,
            ups=UpsReading(
                stored_kwh=part_of(told.get(_CHARGE), self._full_kwh),
                load_kw=load_kw,
                mode=mode,
                fault=", ".join(faults),
            ),
            battery_operable=operable if operable is None else operable and 1 not in alarms,
            inverter_on=None if mode is None else mode in (UpsMode.NORMAL, UpsMode.STORED_ENERGY),
            overloaded=None if told.get(_ALARM_COUNT) is None else _OVERLOAD in alarms,
            alarms=tuple(ALARMS.get(each, f"alarm {each}") for each in alarms),
        )

    async def points(self) -> tuple[Point, ...]:
        """The objects that the driver uses."""
        async with self._asking():
            told = await self._get(_SCALARS)
            lines = [_power_of(line) for line in range(1, (told.get(_LINES) or 1) + 1)][:_MOST_LINES]
            told |= await self._get(tuple(lines))
        named = (
            ("upsBatteryStatus", _STATUS, "", "operable"),
            ("upsEstimatedChargeRemaining", _CHARGE, "%", "stored energy"),
            ("upsOutputSource", _SOURCE, "", "mode"),
            ("upsOutputNumLines", _LINES, "", "load"),
            ("upsAlarmsPresent", _ALARM_COUNT, "", "overload and faults"),
            *((f"upsOutputPower {number}", line, "W", "load") for number, line in enumerate(lines, 1)),
        )
        return tuple(
            Point(
                name=name,
                address=oid,
                value=told.get(oid),
                unit=unit,
                needed=needed,
                problem="" if told.get(oid) is not None else "the agent does not have it",
            )
            for name, oid, unit, needed in named
        )

    async def close(self) -> None:
        """Close the engine."""
        engine, self._engine, self._target = self._engine, None, None
        if engine is not None:
            engine.close_dispatcher()

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[None]:
        """Ask within the time limit, by an engine that is made where there is none."""
        if self._engine is None:
            self._engine = snmp.SnmpEngine()
            self._engine.get_mib_builder().set_mib_compiler(_NoCompiler(), ".")
            self._credentials = _credentials(self._user)
        try:
            async with within(self._timeout_s, self.address):
                yield
        except UnableToReach:
            self._failures += 1
            if self._failures > 1 and self._failures.bit_count() == 1:
                await self.close()
            raise
        self._failures = 0

    async def _load_kw(self, lines: int | None) -> float | None:
        if lines is None or not 0 < lines <= _MOST_LINES:
            return None
        told = await self._get(tuple(_power_of(line) for line in range(1, lines + 1)))
        powers_w = [each for each in told.values() if each is not None]
        return sum(powers_w) / _W_PER_KW if len(powers_w) == lines and min(powers_w) >= 0 else None

    async def _get(self, oids: tuple[str, ...]) -> dict[str, int | None]:
        """Whole numbers by their OID; None where the agent has no such object."""
        asked = [snmp.ObjectType(snmp.ObjectIdentity(oid)) for oid in oids]
        found = _told(await snmp.get_cmd(*await self._question(), *asked, lookupMib=False), self.address)
        by_oid = {str(name): value for name, value in found}
        if set(by_oid) != set(oids):
            raise UnableToRead(f"{self.address} answered other objects than it was asked for")
        return {oid: _whole(by_oid[oid]) for oid in oids}

    async def _alarms(self) -> tuple[int, ...]:
        column = snmp.ObjectType(snmp.ObjectIdentity(_ALARM_COLUMN))
        answer = await snmp.bulk_cmd(*await self._question(), 0, _MOST_ALARMS, column, lookupMib=False)
        found = _told(answer, self.address)
        names = [str(value) for name, value in found if str(name).startswith(f"{_ALARM_COLUMN}.")]
        last = [each.removeprefix(_WELL_KNOWN) for each in names if each.startswith(_WELL_KNOWN)]
        return tuple(sorted({int(each.partition(".")[0]) for each in last}))

    async def _question(self) -> tuple[Any, ...]:
        """The engine, who asks, whom and in which context; one attempt, as the next cycle asks again."""
        if self._target is None:
            place = (self._host, self._port)
            self._target = await snmp.UdpTransportTarget.create(place, timeout=self._timeout_s, retries=0)
        context = snmp.ContextData(contextName=self._user.context.encode())
        return self._engine, self._credentials, self._target, context


def from_settings(settings: Mapping[str, object], *, clock: Clock = system_clock) -> SnmpDriver:
    """The driver of a site file's settings; raises `UnableToAccept` with all their faults."""
    given = Settings(settings)
    host, port = given.address(PORT)
    community = given.secret("community")
    version = given.choice("version", ("3", "2c"), "3")
    user = SnmpUser(
        name=given.text("user", "" if version == "2c" else None),
        authentication=given.choice("authentication", AUTHENTICATIONS, "SHA256"),
        authentication_key=given.secret("authentication_key"),
        privacy_key=given.secret("privacy_key"),
        context=given.text("context", ""),
        community=community if version == "2c" else "",
    )
    if version == "2c":
        given.require(bool(community), "community_variable", "", "an environment variable with the community")
    else:
        for name, key in (("authentication_key", user.authentication_key), ("privacy_key", user.privacy_key)):
            long = len(key) >= _SHORTEST_KEY
            given.require(
                long, f"{name}_variable", "", f"an environment variable with a key of {_SHORTEST_KEY} or more"
            )
    full_kwh, timeout_s = given.optional_number("full_kwh"), given.timeout_s()
    given.finish()
    return SnmpDriver(host=host, port=port, user=user, full_kwh=full_kwh, timeout_s=timeout_s, clock=clock)


class _NoCompiler:
    """Compiles no MIBs: all names here are numbers, and where pysmi is installed its parser takes seconds to build."""

    def compile(self, *_: object, **__: object) -> dict[str, str]:
        """Nothing is compiled."""
        return {}


def _credentials(user: SnmpUser) -> object:
    if user.community:
        return snmp.CommunityData(user.community)
    return snmp.UsmUserData(
        user.name,
        authKey=user.authentication_key,
        privKey=user.privacy_key,
        authProtocol=getattr(snmp, f"USM_AUTH_{AUTHENTICATIONS[user.authentication]}"),
        privProtocol=snmp.USM_PRIV_CFB128_AES,
    )


def _told(answer: Any, address: str) -> list[tuple[Any, Any]]:  # noqa: ANN401 - what the library gives
    """The names and values of an answer, or the error that it is."""
    problem, status, index, found = answer
    if problem:
        text = str(problem)
        if "timeout" in text.lower() or "before" in text.lower():
            raise UnableToReach(f"{address} gave no answer: {text}")
        raise UnableToRead(f"{address} refused: {text}")
    if status:
        raise UnableToRead(f"{address} refused object {index}: {status.prettyPrint()}")
    return [(each[0], each[1]) for each in found]


def _whole(value: Any) -> int | None:  # noqa: ANN401 - what the library gives
    """The whole number of a value; None where there is none (noSuchObject)."""
    try:
        return int(value)
    except (TypeError, ValueError, AttributeError):
        return None


def _power_of(line: int) -> str:
    return f"{_MIB}.4.4.1.4.{line}"
