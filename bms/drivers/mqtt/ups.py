"""The driver of a UPS system behind an MQTT broker. All messages are JSON objects, below the device's topic.

| topic | from | says |
|---|---|---|
| `ask` | us | `{"id"}`: tell now |
| `telemetry` | device | `{"measured_at", "stored_kwh", "load_kw", "mode", ..., "in_force", "answers"}` |
| `setpoint` | us | `{"id", "issued_at", "charge_kw", "discharge_kw", "valid_for_s"}` |
| `release` | us | `{"id", "issued_at"}` |
| `acknowledged` | device | `{"answers", "in_force": {"charge_kw", "discharge_kw", "left_s"} or null, "refused": why}` |
| `controller` | us | `online`, or `offline` by our last will (retained) |

A message counts if it came after the question, and does not answer another one (`answers`). Retained messages are of
the past, and a device that is not asked tells at least once within the time limit. Telemetry without `measured_at`
cannot be read: a broker may have kept it.
"""

import asyncio
import itertools
from collections.abc import Mapping
from datetime import datetime

from ridethrough.bms.drivers.driver import (
    Clock,
    UnableToAcknowledge,
    UnableToApply,
    UnableToRead,
    check_read_back,
    system_clock,
)
from ridethrough.bms.drivers.mqtt.link import Broker, MqttLink
from ridethrough.bms.drivers.named_points import finite
from ridethrough.bms.drivers.readings import Capabilities, DeviceReading, DeviceSetpoint, Point, SetpointInForce
from ridethrough.bms.drivers.settings import DEFAULT_TIMEOUT_S, Settings
from ridethrough.domain import UpsMode
from ridethrough.domain.telemetry import UpsReading

FLAGS = ("battery_operable", "inverter_on", "overloaded")
_WILD = ("#", "+", "$")


class MqttDriver:
    """A device at `topic`; `expires` says that it ends a setpoint after its `valid_for_s` by itself."""

    def __init__(
        self,
        broker: Broker,
        *,
        topic: str,
        expires: bool = False,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        clock: Clock = system_clock,
    ) -> None:
        self._topic, self._clock = topic.rstrip("/"), clock
        listened = [f"{self._topic}/{each}" for each in ("telemetry", "acknowledged")]
        self._link = MqttLink(broker, presence=f"{self._topic}/controller", topics=listened, timeout_s=timeout_s)
        self.address = f"{self._link.address}/{self._topic}"
        self.capabilities = Capabilities(dispatches=True, expires=expires, tells_left=expires)
        self._one_at_a_time = asyncio.Lock()
        start = int(clock().timestamp() * 1000)
        self._ids = itertools.count(start)

    async def read(self) -> DeviceReading:
        """Ask for telemetry, and wait for the next."""
        told = await self._ask("ask", {}, "telemetry")
        return DeviceReading(
            measured_at=_time(told),
            ups=_ups(told),
            grid_kw=_number(told, "grid_kw"),
            in_force=_in_force(told),
            alarms=_texts(told, "alarms"),
            **{name: _flag(told, name) for name in FLAGS},
        )

    async def apply(self, setpoint: DeviceSetpoint) -> SetpointInForce:
        """Send a setpoint, and wait for the device's own word of what it follows."""
        content = {
            "charge_kw": setpoint.charge_kw,
            "discharge_kw": setpoint.discharge_kw,
            "valid_for_s": setpoint.valid_for_s,
        }
        return check_read_back(setpoint, _in_force(await self._order("setpoint", content)))

    async def release(self) -> None:
        """Send the device back to its own operation, and wait for its word."""
        told = _in_force(await self._order("release", {}))
        if told is not None:
            raise UnableToAcknowledge(f"{self.address} was released, and follows {told.discharge_kw:g} kW still")

    async def points(self) -> tuple[Point, ...]:
        """What the device's telemetry holds."""
        told = await self._ask("ask", {}, "telemetry")
        reading_names = ("measured_at", "stored_kwh", "load_kw", "mode", "in_force")
        return tuple(
            Point(
                name=name,
                address=f"{self._topic}/telemetry {name}",
                value=told.get(name),
                unit="kWh" if name.endswith("_kwh") else "kW" if name.endswith("_kw") else "",
                problem="" if name in told else "the device does not tell it",
            )
            for name in dict.fromkeys((*reading_names, *(each for each in told if each != "answers")))
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._link.close()

    async def _order(self, topic: str, content: Mapping[str, object]) -> Mapping[str, object]:
        answer = await self._ask(topic, {"issued_at": self._clock().isoformat(), **content}, "acknowledged")
        if answer.get("refused"):
            raise UnableToApply(f"{self.address} refused: {str(answer['refused'])[:200]}")
        return answer

    async def _ask(self, topic: str, content: Mapping[str, object], expected: str) -> Mapping[str, object]:
        """Send a question with a number of its own, and wait for its answer."""
        async with self._one_at_a_time, self._link.asking():
            number = next(self._ids)
            await self._link.publish(f"{self._topic}/{topic}", {"id": number, **content})
            async for where, told in self._link.messages():
                fits = told.get("answers") == number or (expected == "telemetry" and "answers" not in told)
                if where == f"{self._topic}/{expected}" and fits:
                    return told
        raise UnableToRead(f"{self.address} sent no {expected}")


def from_settings(settings: Mapping[str, object], *, clock: Clock = system_clock) -> MqttDriver:
    """The driver of a site file's settings; raises `UnableToAccept` with all their faults."""
    given = Settings(settings)
    broker = Broker.of(given)
    topic = given.text("topic")
    given.require(not any(each in topic for each in _WILD), "topic", topic, "a topic without #, + and $")
    expires = given.flag("expires", default=False)
    timeout_s = given.timeout_s()
    given.finish()
    return MqttDriver(broker, topic=topic, expires=expires, timeout_s=timeout_s, clock=clock)


def _ups(told: Mapping[str, object]) -> UpsReading:
    unit_kwh = told.get("unit_stored_kwh")
    units = unit_kwh if isinstance(unit_kwh, list) else []
    unit_modes = told.get("unit_modes") or []
    return UpsReading(
        stored_kwh=_number(told, "stored_kwh"),
        load_kw=_number(told, "load_kw"),
        charge_kw=_number(told, "charge_kw"),
        discharge_kw=_number(told, "discharge_kw"),
        mode=_mode(told.get("mode")),
        unit_modes=tuple(
            _mode(each) or UpsMode.BYPASS for each in (unit_modes if isinstance(unit_modes, list) else [unit_modes])
        ),
        unit_stored_kwh=tuple(_number({"of_unit": each}, "of_unit") for each in units),
        on_generator=told.get("on_generator", False) is not False,
        fault=_fault(told),
    )


def _time(told: Mapping[str, object]) -> datetime:
    try:
        moment = datetime.fromisoformat(str(told.get("measured_at")))
    except ValueError:
        moment = datetime.min  # noqa: DTZ901 - refused below
    if moment.tzinfo is None:
        raise UnableToRead(f"measured_at is {told.get('measured_at')!r}, and has to be a time with a UTC offset")
    return moment


def _number(told: Mapping[str, object], name: str) -> float | None:
    return finite(told.get(name))


def _flag(told: Mapping[str, object], name: str) -> bool | None:
    value = told.get(name)
    return value if isinstance(value, bool) else None


def _mode(value: object) -> UpsMode | None:
    return UpsMode(value) if isinstance(value, str) and value in set(UpsMode) else None


def _fault(told: Mapping[str, object]) -> str:
    """What the device reports as its fault; one that is named and lost (null) is no good word."""
    fault = told.get("fault", "")
    return "not known" if fault is None else str(fault or "")


def _texts(told: Mapping[str, object], name: str) -> tuple[str, ...]:
    value = told.get(name)
    return tuple(str(each) for each in value) if isinstance(value, list) else ()


def _in_force(told: Mapping[str, object]) -> SetpointInForce | None:
    said = told.get("in_force")
    if said is None:
        return None
    numbers = {name: _number(said, name) for name in ("charge_kw", "discharge_kw")} if isinstance(said, Mapping) else {}
    charge_kw, discharge_kw = numbers.get("charge_kw"), numbers.get("discharge_kw")
    if charge_kw is None or discharge_kw is None or not isinstance(said, Mapping):
        raise UnableToRead(f"in_force is {str(said)[:200]}, and has to be null or have charge_kw and discharge_kw")
    return SetpointInForce(charge_kw=charge_kw, discharge_kw=discharge_kw, left_s=_number(said, "left_s"))
