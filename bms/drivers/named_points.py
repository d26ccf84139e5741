"""Points that a site file gives names to: their places in a device, and the reading that their values make.

Drivers of protocols in which every maker names its objects as it likes share this. A value of None is not known.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from ridethrough.bms.drivers.readings import DeviceReading, Point
from ridethrough.bms.drivers.settings import Settings
from ridethrough.bms.drivers.telling import part_of
from ridethrough.domain import UpsMode
from ridethrough.domain.telemetry import CLOCK_TOLERANCE, UpsReading

TOLD = {
    "stored_kwh": "kWh",
    "stored_percent": "%",
    "load_kw": "kW",
    "charge_kw": "kW",
    "discharge_kw": "kW",
    "grid_kw": "kW",
    "mode": "",
    "on_generator": "",
    "battery_operable": "",
    "inverter_on": "",
    "overloaded": "",
    "fault": "",
}
"""What a device tells, with its unit."""
MODES = {1: UpsMode.NORMAL, 2: UpsMode.STORED_ENERGY, 3: UpsMode.BYPASS}
"""The numbers of modes, where the settings do not say others."""
NUMBERS = frozenset(name for name, unit in TOLD.items() if unit)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldValue:
    """What a device says of a point; `problem` says why its value is not known (empty: it is).

    `measured_at` is the time that the device gives to the value, None where it gives none.
    """

    value: object = None
    problem: str = ""
    measured_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedPoints:
    """Places by the names in `TOLD`. `scale` is what a number is multiplied by, `modes` what numbers of `mode` mean."""

    places: Mapping[str, str]
    scale: Mapping[str, float] = field(default_factory=dict)
    full_kwh: float | None = None
    modes: Mapping[int, UpsMode] = field(default_factory=lambda: MODES)

    @classmethod
    def of(cls, given: Settings, *, is_place: Callable[[str], bool], form: str) -> "NamedPoints":
        """The points of settings; a place is one by `is_place`, and looks like `form`."""
        places = given.mapping("points", TOLD)
        given.require(bool(places), "points", places, f"a mapping of at least one point to {form}")
        for name, place in places.items():
            given.require(is_place(place), f"points.{name}", place, form)
        given.require(len(set(places.values())) == len(places), "points", places, "a place of its own for each point")
        full_kwh = given.optional_number("full_kwh")
        needs_full = "stored_percent" in places and full_kwh is None
        given.require(not needs_full, "full_kwh", None, "what batteries hold at 100 %, where stored_percent is read")
        return cls(
            places=places, scale=given.factors("scale", NUMBERS), full_kwh=full_kwh, modes=given.modes("modes", MODES)
        )

    def reading(self, told: Mapping[str, object], *, measured_at: datetime) -> DeviceReading:
        """The reading that values make, by the names of their points.

        A generator that is named and not plainly denied counts as there, and a fault that is not known is no good word.
        """
        ups = UpsReading(
            stored_kwh=self._stored_kwh(told),
            load_kw=self._number(told, "load_kw"),
            mode=self._mode(told.get("mode")),
            charge_kw=self._number(told, "charge_kw"),
            discharge_kw=self._number(told, "discharge_kw"),
            on_generator="on_generator" in self.places and truth(told.get("on_generator")) is not False,
            fault=self._fault(told.get("fault")),
        )
        return DeviceReading(
            measured_at=measured_at,
            ups=None if set(self.places) == {"grid_kw"} else ups,
            grid_kw=self._number(told, "grid_kw"),
            battery_operable=truth(told.get("battery_operable")),
            inverter_on=truth(told.get("inverter_on")),
            overloaded=truth(told.get("overloaded")),
        )

    def points(self, told: Mapping[str, ToldValue]) -> tuple[Point, ...]:
        """Each point with its value, or why it has none."""
        values = {name: each.value for name, each in told.items()}
        problems = {name: each.problem for name, each in told.items()}
        return tuple(
            Point(
                name=name,
                address=place,
                value=self._number(values, name) if name in NUMBERS else values.get(name),
                unit=TOLD[name],
                problem=problems.get(name) or self._problem(name, values.get(name)),
            )
            for name, place in self.places.items()
        )

    def _problem(self, name: str, value: object) -> str:
        if value is None:
            return "the device does not tell it"
        if name == "mode":
            return "" if self._mode(value) else f"the settings do not say what mode {value} is"
        if name in NUMBERS:
            return "" if self._number({name: value}, name) is not None else "its value is no number"
        known = name == "fault" or truth(value) is not None
        return "" if known else "its value is neither true nor false"

    def _number(self, told: Mapping[str, object], name: str) -> float | None:
        value = finite(told.get(name))
        return None if value is None else finite(value * self.scale.get(name, 1.0))

    def _stored_kwh(self, told: Mapping[str, object]) -> float | None:
        if "stored_kwh" in self.places:
            return self._number(told, "stored_kwh")
        return part_of(self._number(told, "stored_percent"), self.full_kwh)

    def _mode(self, value: object) -> UpsMode | None:
        if isinstance(value, str):
            return UpsMode(value) if value in set(UpsMode) else None
        number = finite(value)
        return self.modes.get(int(number)) if number is not None and number.is_integer() else None

    def _fault(self, value: object) -> str:
        if "fault" not in self.places:
            return ""
        if isinstance(value, str):
            return value
        fault = truth(value)
        return "not known" if fault is None else "the device reports a fault" if fault else ""


def oldest(moments: Iterable[datetime | None], *, otherwise: datetime) -> datetime:
    """The oldest of the times that are known; `otherwise`, the time of the question, where none is.

    One of the future is the time of all: the clock that stamps it is wrong, and who judges the reading must see that.
    """
    known = [each for each in moments if each is not None]
    newest = max(known, default=otherwise)
    return newest if newest > otherwise + CLOCK_TOLERANCE else min(known, default=otherwise)


def finite(value: object) -> float | None:
    """A number that is one: no truth, no text, and neither infinite nor beyond all bounds."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def truth(value: object) -> bool | None:
    """Whether a value is true; numbers other than 0 and 1 are neither."""
    if isinstance(value, bool):
        return value
    number = finite(value)
    return None if number not in (0.0, 1.0) else number == 1.0
