"""The form of a new site: templates to begin with, inputs named by their place in the site's document."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ridethrough.domain import Fault

TEMPLATES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "ai-pod": (
        "AI pod: 4.8 MW, Li-ion, N+1",
        {
            "id": "pod-1", "name": "AI pod 1", "timezone": "America/New_York", "currency": "USD",
            "interval_minutes": "15", "tariff": "dominion-gs-4", "interconnection.import_limit_kw": "6500",
            "unprotected_load.constant_kw": "900", "ups.0.id": "ups-1", "ups.0.units": "5",
            "ups.0.tolerated_failures": "1", "ups.0.unit_output_limit_kw": "1200", "ups.0.unit_input_limit_kw": "1500",
            "ups.0.rectifier_efficiency": "0.97", "ups.0.inverter_efficiency": "0.95",
            "ups.0.protected_load_kw": "4800", "ups.0.load.constant_kw": "", "ups.0.battery.nominal_kwh": "200",
            "ups.0.battery.state_of_health": "0.92", "ups.0.battery.cutoff_fraction": "0.05",
            "ups.0.battery.charge_limit_kw": "240", "ups.0.battery.discharge_limit_kw": "1300",
            "ups.0.battery.wear_cost_per_kwh": "0.0375", "ups.0.reserve.ride_through_s": "300",
        },
    ),
    "colo-hall": (
        "Colocation hall: 1 MW, lead-acid, N+1",
        {
            "id": "hall-1", "name": "Hall 1", "timezone": "Europe/Berlin", "currency": "EUR",
            "interval_minutes": "15", "tariff": "example-germany-7000-hours", "interconnection.import_limit_kw": "2200",
            "unprotected_load.constant_kw": "350", "ups.0.id": "ups-1", "ups.0.units": "4",
            "ups.0.tolerated_failures": "1", "ups.0.unit_output_limit_kw": "400", "ups.0.unit_input_limit_kw": "480",
            "ups.0.rectifier_efficiency": "0.96", "ups.0.inverter_efficiency": "0.95",
            "ups.0.protected_load_kw": "1000", "ups.0.load.constant_kw": "", "ups.0.battery.nominal_kwh": "120",
            "ups.0.battery.state_of_health": "0.9", "ups.0.battery.cutoff_fraction": "0.1",
            "ups.0.battery.charge_limit_kw": "40", "ups.0.battery.discharge_limit_kw": "420",
            "ups.0.battery.wear_cost_per_kwh": "0.09", "ups.0.reserve.ride_through_s": "300",
        },
    ),
    "cage": (
        "Cage: 200 kW, Li-ion, N+1",
        {
            "id": "cage-1", "name": "Cage 1", "timezone": "America/Los_Angeles", "currency": "USD",
            "interval_minutes": "15", "tariff": "pge-b-20", "interconnection.import_limit_kw": "400",
            "unprotected_load.constant_kw": "60", "ups.0.id": "ups-1", "ups.0.units": "3",
            "ups.0.tolerated_failures": "1", "ups.0.unit_output_limit_kw": "100", "ups.0.unit_input_limit_kw": "125",
            "ups.0.rectifier_efficiency": "0.97", "ups.0.inverter_efficiency": "0.96",
            "ups.0.protected_load_kw": "190", "ups.0.load.constant_kw": "", "ups.0.battery.nominal_kwh": "40",
            "ups.0.battery.state_of_health": "0.95", "ups.0.battery.cutoff_fraction": "0.05",
            "ups.0.battery.charge_limit_kw": "25", "ups.0.battery.discharge_limit_kw": "120",
            "ups.0.battery.wear_cost_per_kwh": "0.04", "ups.0.reserve.ride_through_s": "300",
        },
    ),
}  # fmt: skip
"""Sites to begin with: a name, and a value for each input; none is a maker's data sheet."""

_FROM_FILE = "leave empty to drop a file of readings in the next step"
GROUPS: tuple[tuple[str, tuple[tuple[str, str, str], ...]], ...] = (
    (
        "The site",
        (
            ("id", "Id", "letters, digits, dots and dashes; it stands in addresses"),
            ("name", "Name", ""),
            ("timezone", "Time zone", "such as America/New_York"),
            ("currency", "Currency", "three letters"),
            ("interval_minutes", "Interval, minutes", "as the meter bills"),
        ),
    ),
    (
        "The utility",
        (
            ("tariff", "Tariff", "of the catalog; another may be written into the document later"),
            ("interconnection.import_limit_kw", "Import limit, kW", "what the connection carries"),
            ("unprotected_load.constant_kw", "Load outside the UPS, kW", _FROM_FILE),
        ),
    ),
    (
        "The UPS system",
        (
            ("ups.0.id", "Id of the system", ""),
            ("ups.0.units", "Units", "in parallel on one bus"),
            ("ups.0.tolerated_failures", "Failures tolerated, units", "N+1: 1"),
            ("ups.0.unit_output_limit_kw", "Output of a unit, kW", ""),
            ("ups.0.unit_input_limit_kw", "Input of a unit, kW", "load and recharge together"),
            ("ups.0.rectifier_efficiency", "Rectifier efficiency", "0 to 1"),
            ("ups.0.inverter_efficiency", "Inverter efficiency", "0 to 1"),
            ("ups.0.load.constant_kw", "Load, kW", _FROM_FILE),
            (
                "ups.0.protected_load_kw",
                "Protected load, kW",
                "contract or peak, never the mean",
            ),
            ("ups.0.reserve.ride_through_s", "Ride-through, s", "until the generators have the load"),
        ),
    ),
    (
        "The battery of one unit",
        (
            ("ups.0.battery.nominal_kwh", "Nominal energy, kWh", ""),
            ("ups.0.battery.state_of_health", "State of health", "0 to 1"),
            ("ups.0.battery.cutoff_fraction", "Cut-off, fraction", "what cannot be taken out"),
            ("ups.0.battery.charge_limit_kw", "Charge limit, kW", ""),
            ("ups.0.battery.discharge_limit_kw", "Discharge limit, kW", ""),
            ("ups.0.battery.wear_cost_per_kwh", "Wear cost per kWh discharged", "in the site's currency"),
        ),
    ),
)
"""The inputs: their place in the document, their label, and a word of help."""
_TEXTS = {"id", "name", "timezone", "currency", "tariff", "ups.0.id"}
_SERIES = {"ups.0.load.constant_kw": "load", "unprotected_load.constant_kw": "unprotected"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of the form, with what is wrong with it."""

    name: str
    label: str
    help: str
    value: str
    faults: tuple[str, ...]


def groups_of(
    written: Mapping[str, str], faults: Sequence[Fault]
) -> tuple[list[tuple[str, list[Input]]], tuple[str, ...]]:
    """The groups of inputs with their faults beside them, and the faults that belong to no input."""
    groups, placed = [], set[int]()
    places = [_place(fault, written.get("ups.0.id", "")) for fault in faults]
    for title, inputs in GROUPS:
        shown = []
        for name, label, words in inputs:
            here = [index for index, place in enumerate(places) if _concerns(place, name)]
            placed |= set(here)
            texts = tuple(_text(faults[index]) for index in here)
            shown.append(Input(name=name, label=label, help=words, value=written.get(name, ""), faults=texts))
        groups.append((title, shown))
    return groups, tuple(str(fault) for index, fault in enumerate(faults) if index not in placed)


def document_of(written: Mapping[str, str]) -> dict[str, Any]:
    """The site's document that a form describes; a load without a value is a series that is sent later.

    What is not a number where one belongs stays as it was written: the reader of documents refuses it.
    """
    document: dict[str, Any] = {}
    for name in _names():
        text = written.get(name, "").strip()
        if not text and name in _SERIES:
            _put(document, name.removesuffix(".constant_kw"), {"series": _SERIES[name]})
        elif text:
            _put(document, name, text if name in _TEXTS else _number(text))
        else:
            _folder(document, name)
    systems: Mapping[str, Any] = document.pop("ups", {})
    return {**document, "ups": list(systems.values())}


def _names() -> Iterable[str]:
    return (name for _, inputs in GROUPS for name, _, _ in inputs)


def _number(text: str) -> float | int | str:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        return text


def _put(document: dict[str, Any], name: str, value: object) -> None:
    _folder(document, name)[name.rpartition(".")[2]] = value


def _folder(document: dict[str, Any], name: str) -> dict[str, Any]:
    """The part of a document that the value of an input stands in, made where it is not there yet."""
    for folder in name.split(".")[:-1]:
        document = document.setdefault(folder, {})
    return document


def _place(fault: Fault, system: str) -> str:
    """The place of a fault in the document; faults name a system by its id."""
    return re.sub(rf"^ups\.{re.escape(system.strip())}\.", "ups.0.", fault.field)


def _concerns(place_of_fault: str, name: str) -> bool:
    """Whether a fault is of the input, or of the part of the document that the input stands for."""
    place = name.removesuffix(".constant_kw") if name in _SERIES else name
    return place_of_fault in {name, place} or place_of_fault.startswith(f"{name}.")


def _text(fault: Fault) -> str:
    return f"{fault.value!r} must be {fault.allowed}" if fault.value not in (None, "") else f"must be {fault.allowed}"
