"""The driver of a device on Modbus TCP: a UPS system or a meter, by its map of points."""

import asyncio
import math
from collections.abc import Mapping
from dataclasses import dataclass

from ridethrough.bms.drivers.driver import (
    Clock,
    UnableToAcknowledge,
    UnableToApply,
    UnableToDrive,
    UnableToReach,
    check_read_back,
    system_clock,
)
from ridethrough.bms.drivers.modbus.decoding import OFF, ON, in_force_by, reading_of
from ridethrough.bms.drivers.modbus.link import ModbusLink
from ridethrough.bms.drivers.modbus.points import RegisterPoint, blocks
from ridethrough.bms.drivers.modbus.settings import ModbusSettings, PointSpec, SunSpecPoint, read_settings
from ridethrough.bms.drivers.modbus.sunspec import models_in, points_of
from ridethrough.bms.drivers.readings import Capabilities, DeviceReading, DeviceSetpoint, Point, SetpointInForce

_WATTS = 1
_LARGEST_EXPONENT = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Map:
    """The points of a connected device, by their registers; a point that it does not have is in `missing`."""

    points: Mapping[str, RegisterPoint]
    setpoint: Mapping[str, RegisterPoint]
    before_value: tuple[int, ...]
    missing: Mapping[str, str]


class ModbusDriver:
    """Speaks with one device; the map of its points is made when it is first reached."""

    def __init__(self, settings: ModbusSettings, *, clock: Clock = system_clock) -> None:
        self._settings, self._clock = settings, clock
        self._link = ModbusLink(
            settings.host, settings.port, unit=settings.unit, timeout_s=settings.timeout_s, tls=settings.tls
        )
        self._map: _Map | None = None
        self.address = self._link.address
        dispatches = bool(settings.setpoint)
        tells_left = "left_s" in settings.setpoint
        self.capabilities = Capabilities(dispatches=dispatches, expires=dispatches, tells_left=tells_left)

    async def read(self) -> DeviceReading:
        """All points, in as few questions as possible."""
        async with _within(self._settings.timeout_s, self._link):
            asked = self._clock()
            found = await self._mapped()
            image = await self._image({**_prefixed(found.setpoint), **found.points})
        values = {name: point.read_from(image[point.inputs]) for name, point in found.points.items()}
        return reading_of(values, asked, in_force=in_force_by(found.setpoint, image[False]))

    async def apply(self, setpoint: DeviceSetpoint) -> SetpointInForce:
        """Write the value, then the time after which it ends, then that it counts; then read back."""
        async with _within(self._settings.timeout_s, self._link):
            found = await self._mapped()
            if not found.setpoint:
                raise UnableToApply(f"{self.address}: no setpoint can be written")
            await self._write_all(found, setpoint.net_discharge_kw, setpoint.valid_for_s, ON)
            return check_read_back(setpoint, await self._told(found))

    async def release(self) -> None:
        """Write that no setpoint counts, and 0 as its value; then see that none does."""
        async with _within(self._settings.timeout_s, self._link):
            found = await self._mapped()
            if not found.setpoint:
                return
            enable = found.setpoint["enable"]
            await self._link.write(enable.register, enable.raw(OFF))
            value = found.setpoint["net_discharge_kw"]
            await self._link.write(value.register, value.raw(0.0))
            if await self._told(found) is not None:
                raise UnableToAcknowledge(f"{self.address}: a setpoint still counts after it was released")

    async def points(self) -> tuple[Point, ...]:
        """Each point by itself, so that one which fails hides no other."""
        async with _within(self._settings.timeout_s, self._link):
            found = await self._mapped()
        read = [await self._point(name, point) for name, point in found.points.items()]
        read += [await self._point(f"setpoint.{name}", point) for name, point in found.setpoint.items()]
        absent = "the device does not have it"
        read += [Point(name=name, address=why, problem=absent) for name, why in found.missing.items()]
        return tuple(read)

    async def close(self) -> None:
        """Close the connection."""
        self._map = None
        await self._link.close()

    async def _point(self, name: str, point: RegisterPoint) -> Point:
        address = f"{'input' if point.inputs else 'holding'} register {point.registers.start}"
        try:
            async with _within(self._settings.timeout_s, self._link):
                words = await self._link.read(point.registers.start, len(point.registers), inputs=point.inputs)
        except UnableToReach:
            raise
        except UnableToDrive as error:
            return Point(name=name, address=address, problem=str(error))
        values = point.read_from(dict(zip(point.registers, words, strict=True)))
        unit = "kWh" if name.endswith("_kwh") else "kW" if name.endswith("_kw") else ""
        lost = sum(each is None for each in values)
        problem = f"{lost} of {len(values)} values are lost or have no meaning" if lost else ""
        return Point(
            name=name, address=address, value=values[0] if len(values) == 1 else values, unit=unit, problem=problem
        )

    async def _write_all(self, found: _Map, net_kw: float, valid_for_s: float, on: int) -> None:
        value, expiry, enable = (found.setpoint[name] for name in ("net_discharge_kw", "expires_s", "enable"))
        seconds = math.floor(valid_for_s / abs(expiry.scale)) * abs(expiry.scale)
        if seconds <= 0:
            raise UnableToApply(f"{self.address}: {valid_for_s:g} s are less than one step of its expiry")
        first = value.register - len(found.before_value)
        await self._link.write(first, [*found.before_value, *value.raw(net_kw)])
        await self._link.write(expiry.register, expiry.raw(seconds))
        await self._link.write(enable.register, enable.raw(on))

    async def _told(self, found: _Map) -> SetpointInForce | None:
        image = await self._image(found.setpoint)
        return in_force_by(found.setpoint, image[False])

    async def _image(self, points: Mapping[str, RegisterPoint]) -> dict[bool, dict[int, int]]:
        """The registers of points, by table and number."""
        image: dict[bool, dict[int, int]] = {False: {}, True: {}}
        for inputs in (False, True):
            wanted = [each for point in points.values() if point.inputs is inputs for each in point.registers]
            for block in blocks(wanted, self._settings.largest_gap) if wanted else ():
                words = await self._link.read(block.start, len(block), inputs=inputs)
                image[inputs].update(zip(block, words, strict=True))
        return image

    async def _mapped(self) -> _Map:
        """The map of points; made again with each new connection, because the device may be another one."""
        if self._map is None or not self._link.connected:
            models = {}
            if self._settings.uses_sunspec:
                models = dict(await models_in(self._link.read, self._settings.sunspec_base))
            missing: dict[str, str] = {}
            points = await self._placed(self._settings.points, models, missing, "")
            setpoint = await self._placed(self._settings.setpoint, models, missing, "setpoint.")
            if any(each.startswith("setpoint.") for each in missing):
                setpoint = {}
            self._map = _Map(points=points, setpoint=setpoint, before_value=self._before_value(), missing=missing)
        return self._map

    def _before_value(self) -> tuple[int, ...]:
        """In SunSpec model 704 the register before the value says that it is in watts; it is written with it."""
        spec = self._settings.setpoint.get("net_discharge_kw")
        return (_WATTS,) if isinstance(spec, SunSpecPoint) and spec.sunspec == "704.WSet" else ()

    async def _placed(
        self, specs: Mapping[str, PointSpec], models: Mapping[int, int], missing: dict[str, str], prefix: str
    ) -> dict[str, RegisterPoint]:
        placed = {}
        for name, spec in specs.items():
            if isinstance(spec, RegisterPoint):
                placed[name] = spec
                continue
            point = points_of(spec.model).get(spec.name)
            if point is None or spec.model not in models:
                missing[f"{prefix}{name}"] = f"SunSpec {spec.sunspec}"
                continue
            start, exponent = models[spec.model], 0
            if point.scale_factor is not None:
                factor = points_of(spec.model)[point.scale_factor]
                (raw,) = await self._link.read(start + factor.offset, 1)
                exponent = raw - (1 << 16) if raw >= 1 << 15 else raw
            placed[name] = RegisterPoint(
                register=start + point.offset,
                type=point.type,
                scale=spec.scale * 10.0**exponent if abs(exponent) <= _LARGEST_EXPONENT else spec.scale,
                values=spec.values,
                sunspec=True,
            )
        return placed


def from_settings(settings: Mapping[str, object], *, clock: Clock = system_clock) -> ModbusDriver:
    """The driver of a device in the site file.

    Raises `UnableToAccept` with every fault in its settings.
    """
    return ModbusDriver(read_settings(settings), clock=clock)


def _within(timeout_s: float, link: ModbusLink) -> "_TimeLimit":
    return _TimeLimit(timeout_s, link)


class _TimeLimit:
    """A whole call, with all its questions, ends within its time; if it does not, the connection is closed."""

    def __init__(self, timeout_s: float, link: ModbusLink) -> None:
        self._limit, self._link, self._timeout_s = asyncio.timeout(timeout_s), link, timeout_s

    async def __aenter__(self) -> None:
        await self._limit.__aenter__()

    async def __aexit__(self, *error: object) -> None:
        try:
            await self._limit.__aexit__(*error)  # type: ignore[arg-type]
        except TimeoutError as late:
            await self._link.close()
            raise UnableToReach(f"{self._link.address}: not done within {self._timeout_s:g} s") from late


def _prefixed(points: Mapping[str, RegisterPoint]) -> dict[str, RegisterPoint]:
    return {f"setpoint.{name}": point for name, point in points.items()}
