"""What a property of a Redfish resource says: its value in our units, its time, or why it is not known.

A place is `RESOURCE#/PROPERTY`, as a JSON pointer: `/redfish/v1/Chassis/1/Sensors/Load#/Reading`.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ridethrough.bms.drivers.named_points import ToldValue
from ridethrough.domain import UpsMode

_PLACE = re.compile(r"^(/redfish/v1/[!-\"$-~]+)#((?:/[^/\s]+)+)$")
_KILO = 0.001
_UNITS = {"W": _KILO, "Wh": _KILO, "W.h": _KILO, "kW": 1.0, "kWh": 1.0, "kW.h": 1.0, "%": 1.0}
"""Units of a sensor (`ReadingUnits`) that we read, and what makes kW, kWh or % of them."""
_OTHER_UNITS = ("AmpHours", "Amps", "Celsius", "Hz", "Joules", "KiloWatts", "Minutes", "Seconds", "VA", "VAh", "Volts")
"""Ends of names of properties whose unit is none that we read."""
_CHARGE_STATES = {"Idle": UpsMode.NORMAL, "Charging": UpsMode.NORMAL, "Discharging": UpsMode.STORED_ENERGY}
"""We never discharge through this driver: what discharges a battery is an outage."""
_WORDS: Mapping[str, Mapping[str, object]] = {
    "ChargeState": {word: mode.value for word, mode in _CHARGE_STATES.items()},
    "Health": {"OK": True, "Warning": False, "Critical": False},
    "State": {"Enabled": True},
}
"""What words mean, by the property that says them; any other word of `State` is false."""


def is_place(text: str) -> bool:
    """Whether a text is `RESOURCE#/PROPERTY`.

    >>> is_place("/redfish/v1/Chassis/1/Sensors/Load#/Reading"), is_place("/redfish/v1/Chassis/1")
    (True, False)
    """
    return _PLACE.match(text) is not None


def resource_of(place: str) -> str:
    """The resource of a place."""
    return place.partition("#")[0]


def property_of(resource: Mapping[str, Any] | None, place: str, *, point: str) -> ToldValue:
    """What a place says in its resource about one of our points."""
    if resource is None:
        return ToldValue(problem="the service does not have the resource")
    found: Any = resource
    holder: Mapping[str, Any] = resource
    for step in place.partition("#/")[2].split("/"):
        holder = found if isinstance(found, Mapping) else holder
        found = _step(found, step.replace("~1", "/").replace("~0", "~"))
    if isinstance(found, Mapping):
        holder, found = found, found.get("Reading")
    name = place.rpartition("/")[2]
    state = _state(holder) or _state(resource) or "Enabled"
    if name not in _WORDS and state != "Enabled":
        return ToldValue(problem=f"the service says that it is {state}")
    if found is None:
        return ToldValue(problem="the service does not tell it")
    measured_at, why = _time(holder)
    return (
        ToldValue(problem=why)
        if why
        else ToldValue(value=_meaning(found, name, holder, point), measured_at=measured_at)
    )


def _state(holder: Mapping[str, Any]) -> object:
    status = holder.get("Status")
    return status.get("State") if isinstance(status, Mapping) else status


def _step(found: Any, step: str) -> Any:  # noqa: ANN401 - what JSON holds
    if isinstance(found, Mapping):
        return found.get(step)
    if isinstance(found, list) and step.isdecimal() and int(step) < len(found):
        return found[int(step)]
    return None


def _meaning(found: object, name: str, holder: Mapping[str, Any], point: str) -> object:
    """A number in kW, kWh or %; a word as what it means for a point: good health is no fault and no overload."""
    if isinstance(found, bool):
        return found
    if isinstance(found, int | float):
        try:
            return float(found) * _factor(name, holder)
        except OverflowError:
            return None
    if not isinstance(found, str) or name not in _WORDS:
        return found
    good = _WORDS[name].get(found, False if name == "State" else None)
    if name == "ChargeState" or not isinstance(good, bool):
        return good
    said: dict[str, object] = {"fault": "" if good else f"{name} is {found}", "on_generator": None}
    said["overloaded"] = not good if name == "Health" else None
    return said.get(point, good)


def _factor(name: str, holder: Mapping[str, Any]) -> float:
    if "ReadingUnits" in holder:
        return _UNITS.get(str(holder["ReadingUnits"]), float("nan"))
    if name.endswith(_OTHER_UNITS):
        return float("nan")
    return _KILO if name.endswith(("Watts", "WattHours")) else 1.0


def _time(holder: Mapping[str, Any]) -> tuple[datetime | None, str]:
    """The time of a value, None where there is none; or why it is not known when the value was measured."""
    told = holder.get("ReadingTime")
    if told is None:
        return None, ""
    try:
        moment = datetime.fromisoformat(str(told))
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        return None, f"its ReadingTime is {str(told)[:40]!r}, and no time with a UTC offset"
    return moment, ""
