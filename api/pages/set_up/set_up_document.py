"""What a site file that a person drops says: its figures in a few lines, and what it still needs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ridethrough.api.reading.series.site_series import named_series

NOT_SAID = "not said"
COLUMNS = ("units", "may fail", "protected load", "ride-through", "battery of a unit")


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSystem:
    """A UPS system of the file: its figures by column, with units, and where its load comes from."""

    id: str
    figures: tuple[tuple[str, str], ...]
    load: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownDocument:
    """The file in lines of a name and a text each, and its systems."""

    lines: tuple[tuple[str, str], ...]
    systems: tuple[ShownSystem, ...]
    columns: tuple[str, ...] = COLUMNS


def shown_document(document: Mapping[str, Any]) -> ShownDocument:
    """What a person checks before a file is opened in the form; also of a file with faults."""
    tariff = document.get("tariff")
    series = named_series(document)
    lines = (
        ("Site", f"{_text(document, 'id')}, {_text(document, 'name')}"),
        ("Clock", f"{_text(document, 'timezone')}, intervals of {_text(document, 'interval_minutes', '15')} minutes"),
        ("Currency", _text(document, "currency", "USD")),
        ("Tariff", tariff if isinstance(tariff, str) else "written in the file" if tariff is not None else "none"),
        ("Market prices", "in the file" if "prices" in document else "none"),
        ("Import limit", f"{_text(_part(document, 'interconnection'), 'import_limit_kw')} kW"),
        ("Readings that it needs", ", ".join(series) or "none: its loads are constant"),
    )
    systems = document.get("ups")
    listed = [each for each in systems if isinstance(each, Mapping)] if isinstance(systems, list) else []
    return ShownDocument(lines=lines, systems=tuple(_system(each) for each in listed))


def _system(ups: Mapping[str, Any]) -> ShownSystem:
    battery, load = _part(ups, "battery"), _part(ups, "load")
    ride_through = _text(_part(ups, "reserve"), "ride_through_s", "built up")
    figures = (
        _text(ups, "units"),
        _text(ups, "tolerated_failures"),
        f"{_text(ups, 'protected_load_kw')} kW" if "protected_load_kw" in ups else "the highest load",
        f"{ride_through} s" if ride_through != "built up" else ride_through,
        f"{_text(battery, 'nominal_kwh')} kWh",
    )
    constant = "constant_kw" in load
    named = next((str(load[kind]) for kind in ("series", "csv") if kind in load), "values in the file")
    return ShownSystem(
        id=_text(ups, "id"),
        figures=tuple(zip(COLUMNS, figures, strict=True)),
        load=f"{load['constant_kw']} kW" if constant else f"readings: {named}",
    )


def _part(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = document.get(name)
    return part if isinstance(part, Mapping) else {}


def _text(document: Mapping[str, Any], name: str, default: str = NOT_SAID) -> str:
    value = document.get(name)
    return default if value is None else str(value)
