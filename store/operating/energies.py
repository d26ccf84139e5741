"""What readings told of stored energy, kept beside each: days of it are read back whenever a reading is judged."""

import json
from collections.abc import Mapping
from typing import Any

from ridethrough.store.schema import canonical

Told = tuple[float, float | None, list[float | None]]
"""Of one system: what its batteries give less what they take (kW), their energy (kWh), and that of each unit (kWh)."""


def energies_of(document: Mapping[str, Any]) -> dict[str, Told]:
    """What the document of a reading tells; what batteries give is nothing where it was not measured."""
    return {ups_id: _told(reading) for ups_id, reading in document.get("ups", {}).items()}


def energies_text(document: str) -> str:
    """The same, as it is kept."""
    return canonical(energies_of(json.loads(document)))


def _told(reading: Mapping[str, Any]) -> Told:
    discharge_kw, charge_kw = reading.get("discharge_kw"), reading.get("charge_kw")
    given_kw = 0.0 if discharge_kw is None else discharge_kw - (charge_kw or 0.0)
    return given_kw, reading.get("stored_kwh"), reading.get("unit_stored_kwh") or []
