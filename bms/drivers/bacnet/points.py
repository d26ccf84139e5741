"""The points of a BACnet device: which object tells what, and how the value of one becomes a value of ours."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ridethrough.bms.drivers.bacnet.link import PRESENT_VALUE, STATUS_FLAGS
from ridethrough.bms.drivers.named_points import MODES, finite, truth
from ridethrough.bms.drivers.telling import PERCENT
from ridethrough.domain import UpsMode

WRITTEN = {"setpoint_kw": "kW", "valid_for_s": "s", "enable": ""}
"""What it is told."""
UNIT_MODES = tuple(f"unit_mode_{number}" for number in range(1, 33))
"""The modes of single units, from the first one on."""
OBJECT = re.compile(r"^(analog|binary|multi-state)-(input|output|value),\d{1,7}$")
_LOST = frozenset((1, 3))  # fault, out-of-service


@dataclass(frozen=True, slots=True, kw_only=True)
class BacnetPoints:
    """Objects by the names in `named_points.TOLD` and `WRITTEN`, and how to read them."""

    objects: Mapping[str, str]
    full_kwh: float | None = None
    modes: Mapping[int, UpsMode] = field(default_factory=lambda: MODES)
    discharge_is_negative: bool = False
    priority: int = 10

    @property
    def dispatches(self) -> bool:
        """Whether the device takes setpoints."""
        return "setpoint_kw" in self.objects

    @property
    def expires(self) -> bool:
        """Whether a setpoint has a time in the device itself."""
        return self.dispatches and "valid_for_s" in self.objects

    @property
    def sign(self) -> float:
        """What a discharge is multiplied by on the wire."""
        return -1.0 if self.discharge_is_negative else 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The values of one question, by object and property."""

    points: BacnetPoints
    values: Mapping[tuple[str, str], Any]

    def number(self, name: str) -> float | None:
        """A point's number; None where there is none, it is not finite, or the device calls it faulty."""
        return finite(self._value(name))

    def flag(self, name: str) -> bool | None:
        """Whether a point is active; None where it is not known, or is neither 0 nor 1."""
        return truth(self.number(name))

    def mode(self, name: str = "mode") -> UpsMode | None:
        """The mode that a multi-state object shows."""
        number = self.number(name)
        return self.points.modes.get(int(number)) if number is not None and number.is_integer() else None

    def unit_modes(self) -> tuple[UpsMode, ...]:
        """The mode of each unit whose point is named; one that is not known counts as out of service."""
        return tuple(self.mode(name) or UpsMode.BYPASS for name in UNIT_MODES if name in self.points.objects)

    def stored_kwh(self) -> float | None:
        """Stored energy, from kWh or from percent."""
        told_kwh = self.number("stored_kwh")
        percent = self.number("stored_percent")
        if told_kwh is not None:
            return told_kwh
        if percent is None or self.points.full_kwh is None or not 0 <= percent <= PERCENT:
            return None
        return percent / PERCENT * self.points.full_kwh

    def fault(self) -> str:
        """What the device reports as its fault; a point that is named and not known is no good word."""
        if "fault" not in self.points.objects:
            return ""
        fault = self.flag("fault")
        return "not known" if fault is None else "the device reports a fault" if fault else ""

    def problem(self, name: str) -> str:
        """Why a point cannot be used; empty where it can."""
        place = self.points.objects[name]
        if (place, PRESENT_VALUE) not in self.values:
            return "the device does not have it"
        if self._is_lost(place):
            return "the device calls it faulty or out of service"
        return "" if self.number(name) is not None else "its value is no number"

    def _value(self, name: str) -> Any:  # noqa: ANN401 - a BACnet value
        place = self.points.objects.get(name, "")
        return None if self._is_lost(place) else self.values.get((place, PRESENT_VALUE))

    def _is_lost(self, place: str) -> bool:
        flags = self.values.get((place, STATUS_FLAGS))
        return flags is not None and any(flag for index, flag in enumerate(flags) if index in _LOST)
