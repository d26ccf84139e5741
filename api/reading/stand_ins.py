"""Valid parts in place of the refused parts of a site document, so that one reading finds all other faults."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from ridethrough.tariffs.documents.known_fields import Location

_PARTS: dict[str, dict[str, Any]] = {
    "interconnection": {"import_limit_kw": 1},
    "unprotected_load": {"constant_kw": 0},
    "load": {"constant_kw": 1},
    "reserve": {"ride_through_s": 1},
    "battery": {"nominal_kwh": 1, "charge_limit_kw": 1, "discharge_limit_kw": 1},
    "swing": {"amplitude_kw": 1, "frequency_hz": 1},
    "capacitor": {"energy_kwh": 1, "power_kw": 1},
    "csv_format": {},
    "gaps": {"fill": "hold", "at_most_minutes": 60},
    "prices": {"start": "2000-01-01T00:00Z", "values": [0]},
    "dispatch": {},
    "conditions": {"from": "2000-01-01T00:00Z", "to": "2000-01-01T01:00Z", "kind": "storm"},
}
_OF_SYSTEM: dict[tuple[str | int, ...], dict[str, Any]] = {
    **{(name,): _PARTS[name] for name in ("load", "reserve", "swing", "capacitor")},
    ("battery", "wear"): {},
    ("battery", "wear", "cycles"): {"coefficient": 0, "exponent": 1},
}
_OF_SITE = ("unprotected_load", "prices", "csv_format", "gaps", "dispatch")
_SYSTEM: dict[str, Any] = {
    "units": 1,
    "tolerated_failures": 0,
    "unit_output_limit_kw": 1,
    "unit_input_limit_kw": 1,
    "protected_load_kw": 1,
    **{name: _PARTS[name] for name in ("load", "reserve", "battery")},
}
_VALUES_OF_SITE: dict[str, object] = {
    "id": "site",
    "name": "",
    "timezone": "UTC",
    "currency": "USD",
    "interval_minutes": 15,
    "telemetry_max_age_s": 900.0,
}
_FIGURES_OF_INTERCONNECTION = {"import_limit_kw": 1.0, "export_limit_kw": 0.0}
_FIGURES_OF_SYSTEM: dict[str, float] = {
    "units": 10_000,
    "tolerated_failures": 0,
    "unit_output_limit_kw": 1.0,
    "unit_input_limit_kw": 1.0,
    "protected_load_kw": 1e12,
    "rectifier_efficiency": 1.0,
    "inverter_efficiency": 1.0,
}
_FIGURES_OF_BATTERY = {
    "nominal_kwh": 1e12,
    "charge_limit_kw": 1.0,
    "discharge_limit_kw": 1.0,
    "state_of_health": 1.0,
    "cutoff_fraction": 0.0,
    "max_fraction": 1.0,
    "charge_efficiency": 1.0,
    "discharge_efficiency": 1.0,
    "temperature_factor": 1.0,
    "standby_loss_per_h": 0.0,
    "wear_cost_per_kwh": 0.0,
}
_LEAVES: Mapping[str, Mapping[str, object]] = {
    "dispatch": {"least_power_kw": 0.0, "least_dwell_minutes": 0.0, "most_discharges_per_day": 1},
    "gaps": {"fill": "hold", "at_most_minutes": 60},
    "csv_format": {"stamps": "start"},
    "conditions": {"kind": "maintenance", "hold_off_minutes": 0.0, "ramp_minutes": 0.0},
    "ups": {"bidirectional": False},
    "capacitor": {"healthy": True},
    "wear": {
        "chemistry": "lfp",
        "temperature_c": 25.0,
        "replacement_cost_per_kwh": 0.0,
        "scarcity_cost_per_kwh": 0.0,
        "end_of_life_fraction": 0.5,
        "depth_segments": 1,
        "throughput_limit_kwh_per_year": 1.0,
        "installed": "2000-01-01",
        "lead_time_days": 0.0,
        "earliest_replacement": "2999-01-01",
    },
}
"""Values of single fields by their part: the rest of a part with one that is of no right kind is judged at once."""
_ONE_FOR_EACH_UNIT = ("unit_state_of_health", "unit_modes")


def valid_part(place: Location, given: object) -> object | None:  # noqa: PLR0911 - one answer a kind of part
    """What stands in for a refused part of a site document, see `accept`; None where no part ends at the place.

    Where figures are lacking or no numbers, only these are replaced, each by one that no rule refuses: the other
    figures of the part are judged in the next reading. A part that is refused for its values is replaced as a whole.
    """
    match place:
        case (*parts, str(name)) if parts and name in _LEAVES.get(_part_of(parts), {}):
            return _LEAVES[_part_of(parts)][name]
        case (str(name),) if name in _VALUES_OF_SITE:
            return _VALUES_OF_SITE[name]
        case ("interconnection",):
            part = _PARTS["interconnection"]
            return _with_figures(given, _FIGURES_OF_INTERCONNECTION, part) or part
        case (str(name),) if name in _OF_SITE:
            return _PARTS[name]
        case ("ups",):
            return [_system(None, 0)]
        case ("conditions", int()):
            return _PARTS["conditions"]
        case ("ups", int(), "battery"):
            part = _PARTS["battery"]
            return _with_figures(given, _FIGURES_OF_BATTERY, part) or part
        case ("ups", int(), *parts) if parts:
            return _OF_SYSTEM.get(tuple(parts))
        case ("ups", int(number)):
            return _system(given, number)
    return None


def _part_of(place: Sequence[str | int]) -> str:
    """The name of a part, also where it is a member of a list."""
    return str(next((step for step in reversed(place) if isinstance(step, str)), ""))


def _system(given: object, number: int) -> object:
    """A system without figures that are no numbers; where there are none of these, another system."""
    mended = _with_figures(given, _FIGURES_OF_SYSTEM, _SYSTEM)
    given_id = given.get("id") if isinstance(given, Mapping) else None
    named = isinstance(given_id, str) and bool(given_id.strip())
    id_ = given_id if named else f"number {number}"
    if mended is None:
        return {**_SYSTEM, "id": id_}
    if mended["units"] == _FIGURES_OF_SYSTEM["units"]:
        mended = {name: value for name, value in mended.items() if name not in _ONE_FOR_EACH_UNIT}
    return {**mended, "id": id_}


def _with_figures(given: object, figures: Mapping[str, float], required: Collection[str]) -> dict[str, Any] | None:
    """The mapping with other figures for those that are no numbers, or lacking; None where there are none of these."""
    if not isinstance(given, Mapping):
        return None
    judged = {*given, *required}
    wrong = {
        name: value for name, value in figures.items() if name in judged and not _is_figure(given.get(name), value)
    }
    return {**given, **wrong} if wrong else None


def _is_figure(value: object, like: float) -> bool:
    """Whether a value is a number, and a whole one where such a one belongs."""
    kinds = (int,) if isinstance(like, int) else (int, float)
    return isinstance(value, kinds) and not isinstance(value, bool) and -math.inf < value < math.inf
