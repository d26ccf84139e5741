"""The driver of a UPS system on BACnet/IP.

Polling is the truth: every reading asks for every point. A point that the device calls faulty or out of service is not
known. With `cov_s` the device is also asked to say when a mode or a flag changes, and that is a hint to ask at once
(`changed`).

A setpoint is written at a priority; who commands the device at a higher one wins, and the read-back says so.

A point without a priority array cannot be given back: the device acknowledges that and does nothing. An explicit 0 is
written to it instead, and read back.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

from ridethrough.bms.drivers.bacnet.hints import ChangeHints
from ridethrough.bms.drivers.bacnet.link import PORT, PRESENT_VALUE, PRIORITY_ARRAY, STATUS_FLAGS, BacnetLink
from ridethrough.bms.drivers.bacnet.points import OBJECT, UNIT_MODES, WRITTEN, BacnetPoints, Told
from ridethrough.bms.drivers.driver import (
    Clock,
    UnableToAcknowledge,
    UnableToApply,
    check_read_back,
    system_clock,
)
from ridethrough.bms.drivers.named_points import MODES, TOLD
from ridethrough.bms.drivers.readings import Capabilities, DeviceReading, DeviceSetpoint, Point, SetpointInForce
from ridethrough.bms.drivers.settings import DEFAULT_TIMEOUT_S, Settings
from ridethrough.domain.telemetry import UpsReading

_SLOTS = 16
_WATCHED = frozenset((*(name for name, unit in TOLD.items() if not unit), *UNIT_MODES))
"""Points whose change matters at once: modes, flags and faults. Powers change all the time."""
_SHORTEST_COV_S, _LONGEST_COV_S = 10, 86_400
"""A lifetime of 0 would mean for ever, and a device that is gone would be told for ever."""
_NO_ARRAY = "no priority array: 0 is written to give it back"


class BacnetDriver:
    """A device whose objects `points` names."""

    def __init__(
        self,
        *,
        host: str,
        points: BacnetPoints,
        port: int = PORT,
        cov_s: int = 0,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        clock: Clock = system_clock,
    ) -> None:
        self.link = BacnetLink(host=host, port=port, timeout_s=timeout_s)
        self.address = self.link.address
        note = "" if points.expires else "no setpoint expires in the device: it is given none"
        self.capabilities = Capabilities(
            dispatches=points.dispatches,
            expires=points.expires,
            tells_left=points.expires,
            notes=(note,) if note else (),
        )
        self._points, self._clock = points, clock
        self._timeout_s, self._cov_s = timeout_s, cov_s
        watched = [place for name, place in points.objects.items() if name in _WATCHED] if cov_s else []
        self.hints = ChangeHints(self.link, watched, lifetime_s=cov_s)
        self.changed = self.hints.changed

    async def read(self) -> DeviceReading:
        """Ask for every point; a hint that came before is done with."""
        asked_at = self._clock()
        now = asyncio.get_running_loop().time
        until = now() + self._timeout_s
        self.changed.clear()
        async with self.link.asking():
            told = await self._told()
            if self._cov_s:
                await self.hints.keep(until=until, now=now)
        ups = UpsReading(
            stored_kwh=told.stored_kwh(),
            load_kw=told.number("load_kw"),
            mode=told.mode(),
            unit_modes=told.unit_modes(),
            charge_kw=told.number("charge_kw"),
            discharge_kw=told.number("discharge_kw"),
            on_generator="on_generator" in self._points.objects and told.flag("on_generator") is not False,
            fault=told.fault(),
        )
        only_meter = set(self._points.objects) == {"grid_kw"}
        return DeviceReading(
            measured_at=asked_at,
            ups=None if only_meter else ups,
            grid_kw=told.number("grid_kw"),
            battery_operable=told.flag("battery_operable"),
            inverter_on=told.flag("inverter_on"),
            overloaded=told.flag("overloaded"),
            in_force=self._in_force(told) if self._points.dispatches else None,
        )

    async def apply(self, setpoint: DeviceSetpoint) -> SetpointInForce:
        """Write power, expiry and enable, in this order, and read them back."""
        if not self._points.dispatches:
            raise UnableToApply(f"{self.address} has no setpoint_kw among its points")
        wire = {"setpoint_kw": self._points.sign * setpoint.net_discharge_kw, "valid_for_s": setpoint.valid_for_s}
        async with self.link.asking():
            for name, value in {**wire, "enable": 1.0}.items():
                if name in self._points.objects:
                    await self._write(name, value)
            told = await self._told()
        overridden = self._commanded_above(told)
        if overridden:
            raise UnableToAcknowledge(f"{self.address}: {overridden}")
        return check_read_back(setpoint, self._in_force(told))

    async def release(self) -> None:
        """Give every point back, the enable first, and see that the device follows nothing of ours."""
        if not self._points.dispatches:
            return
        async with self.link.asking():
            before = await self._told()
            for name in ("enable", "setpoint_kw", "valid_for_s"):
                place = self._points.objects.get(name)
                if place is None:
                    continue
                if (place, PRIORITY_ARRAY) in before.values:
                    await self.link.write(place, self.link.null(), priority=self._points.priority)
                else:
                    await self._write(name, 0.0)
            told = await self._told()
        self._check_released(told)

    async def points(self) -> tuple[Point, ...]:
        """Every object that the driver uses."""
        async with self.link.asking():
            told = await self._told()
        return tuple(
            Point(
                name=name,
                address=place,
                value=told.number(name),
                unit={**TOLD, **WRITTEN}.get(name, ""),
                needed=_NO_ARRAY if name in WRITTEN and (place, PRIORITY_ARRAY) not in told.values else "",
                problem=told.problem(name),
            )
            for name, place in self._points.objects.items()
        )

    async def close(self) -> None:
        """Close the socket."""
        self.link.close()

    async def _told(self) -> Told:
        wanted = {}
        for name, place in self._points.objects.items():
            extra = PRIORITY_ARRAY if name in WRITTEN else STATUS_FLAGS
            wanted[place] = (PRESENT_VALUE, extra)
        return Told(points=self._points, values=await self.link.read(wanted))

    async def _write(self, name: str, value: float) -> None:
        place = self._points.objects[name]
        await self.link.write(
            place, value if place.startswith("analog") else int(value), priority=self._points.priority
        )

    def _in_force(self, told: Told) -> SetpointInForce | None:
        """The setpoint that the device follows; None where it is not enabled, or nobody commands it."""
        power_kw = told.number("setpoint_kw")
        place = self._points.objects["setpoint_kw"]
        array = told.values.get((place, PRIORITY_ARRAY))
        enabled = told.flag("enable") if "enable" in self._points.objects else True
        commanded = array is None or _commanding(array) is not None
        if power_kw is None or not enabled or not commanded:
            return None
        discharge_kw = self._points.sign * power_kw
        return SetpointInForce(
            charge_kw=max(0.0, -discharge_kw),
            discharge_kw=max(0.0, discharge_kw),
            left_s=told.number("valid_for_s") if self._points.expires else None,
        )

    def _commanded_above(self, told: Told) -> str:
        """Who commands a point before us; empty where nobody does."""
        for name in WRITTEN:
            place = self._points.objects.get(name, "")
            slot = _commanding(told.values.get((place, PRIORITY_ARRAY)) or ())
            if slot is not None and slot < self._points.priority:
                return f"{place} is commanded at priority {slot}, before our {self._points.priority}"
        return ""

    def _check_released(self, told: Told) -> None:
        for name in ("setpoint_kw", "enable"):
            place = self._points.objects.get(name)
            if place is None:
                continue
            array = told.values.get((place, PRIORITY_ARRAY))
            ours = _is_commanded(array, self._points.priority) if array else told.number(name) != 0
            if ours:
                raise UnableToAcknowledge(f"{self.address}: {place} still holds {told.number(name)} after its release")


def from_settings(settings: Mapping[str, object], *, clock: Clock = system_clock) -> BacnetDriver:
    """The driver of a site file's settings; raises `UnableToAccept` with all their faults."""
    given = Settings(settings)
    host, port = given.address(PORT)
    objects = given.mapping("points", (*TOLD, *UNIT_MODES, *WRITTEN))
    units = sum(name in UNIT_MODES for name in objects)
    from_first = all(name in objects for name in UNIT_MODES[:units])
    given.require(from_first, "points", units, f"{', '.join(UNIT_MODES[:2])} and so on, without one left out")
    for name, place in objects.items():
        right = OBJECT.match(place) is not None
        given.require(right, f"points.{name}", place, "an object such as analog-value,10")
    given.require(bool(objects), "points", objects, "a mapping of at least one point to its object")
    given.require(len(set(objects.values())) == len(objects), "points", objects, "an object of its own for each point")
    points = BacnetPoints(
        objects=objects,
        full_kwh=given.optional_number("full_kwh"),
        modes=given.modes("modes", MODES),
        discharge_is_negative=given.choice("discharge_is", ("positive", "negative"), "positive") == "negative",
        priority=given.whole("priority", 10, least=3, most=_SLOTS),
    )
    needs_full = "stored_percent" in objects and points.full_kwh is None
    given.require(not needs_full, "full_kwh", None, "what the batteries hold at 100 %, where stored_percent is read")
    cov_s = given.whole("cov_s", 0, least=_SHORTEST_COV_S, most=_LONGEST_COV_S) if "cov_s" in settings else 0
    timeout_s = given.timeout_s()
    given.finish()
    return BacnetDriver(host=host, port=port, points=points, cov_s=cov_s, timeout_s=timeout_s, clock=clock)


def _commanding(array: Any) -> int | None:  # noqa: ANN401 - a BACnet value
    """The priority at which a point is commanded now; None where nobody commands it."""
    return next((slot for slot in range(1, _SLOTS + 1) if _is_commanded(array, slot)), None)


def _is_commanded(array: Any, slot: int) -> bool:  # noqa: ANN401 - a BACnet value
    return len(array) >= slot and getattr(array[slot - 1], "_choice", "null") != "null"
