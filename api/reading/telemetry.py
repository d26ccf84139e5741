"""Reading of telemetry: a document from the equipment, or from a gateway in front of it."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from ridethrough.api.reading.series.time_series import FIRST_YEAR, LAST_YEAR, is_plausible
from ridethrough.api.reading.site_documents import values_of
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.telemetry import Telemetry, UpsReading
from ridethrough.tariffs.documents.acceptance import accept

MOST_SYSTEMS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TelemetryDocument(Telemetry):
    """One reading of a site as it is handed in: `Telemetry` is its schema."""


TelemetryDocument.__pydantic_config__ = ConfigDict(  # type: ignore[attr-defined]
    extra="forbid", allow_inf_nan=False, strict=True
)
_TELEMETRY = TypeAdapter(TelemetryDocument)


def read_telemetry(document: object, *, source: str) -> Telemetry:
    """Turn a document into a reading. A figure that is null or not a number is a lost measurement, and is kept as one.

    Raises `UnableToAccept` with every fault: a field that telemetry does not have, text for a number, no time.
    """
    written: TelemetryDocument = accept(_TELEMETRY, _with_lost_figures(document), source=source)
    faults = []
    if not is_plausible(written.measured_at):
        allowed = f"a time with a UTC offset, in the years {FIRST_YEAR} to {LAST_YEAR}"
        faults.append(Fault(field="measured_at", source=source, value=str(written.measured_at), allowed=allowed))
    if len(written.ups) > MOST_SYSTEMS:
        value = f"{len(written.ups)} systems"
        faults.append(Fault(field="ups", source=source, value=value, allowed=f"at most {MOST_SYSTEMS} systems"))
    if faults:
        raise UnableToAccept(faults)
    return Telemetry(**values_of(Telemetry, written))


def telemetry_document(telemetry: Telemetry) -> dict[str, Any]:
    """The reading as a document that `read_telemetry` reads back; what was not sent is left out."""
    return {
        "measured_at": telemetry.measured_at.isoformat(),
        "grid_kw": telemetry.grid_kw,
        "ups": {ups_id: _written(reading) for ups_id, reading in telemetry.ups.items()},
    }


def telemetry_schema() -> dict[str, Any]:
    """The JSON schema of a reading, with every part in its place."""
    schema = _TELEMETRY.json_schema()
    parts = schema.pop("$defs", {})

    def in_place(value: Any) -> Any:  # noqa: ANN401 - JSON
        if isinstance(value, dict):
            named = value.get("$ref")
            if isinstance(named, str):
                return in_place(parts[named.rpartition("/")[2]])
            return {name: in_place(each) for name, each in value.items()}
        return [in_place(each) for each in value] if isinstance(value, list) else value

    placed: dict[str, Any] = in_place(schema)
    return placed


def _written(reading: UpsReading) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "stored_kwh": reading.stored_kwh,
        "load_kw": reading.load_kw,
        "mode": None if reading.mode is None else reading.mode.value,
    }
    powers = {"charge_kw": reading.charge_kw, "discharge_kw": reading.discharge_kw}
    figures |= {name: kw for name, kw in powers.items() if kw is not None}
    more = {
        "unit_stored_kwh": list(reading.unit_stored_kwh),
        "unit_modes": [mode.value for mode in reading.unit_modes],
        "on_generator": reading.on_generator,
        "fault": reading.fault,
    }
    return {**figures, **{name: value for name, value in more.items() if value}}


def _with_lost_figures(value: object) -> object:
    """The document with None for every number that is not finite: its measurement is lost."""
    if isinstance(value, Mapping):
        return {name: _with_lost_figures(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_with_lost_figures(each) for each in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
