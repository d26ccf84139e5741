"""Reading coincident events: CSV with `charge`, `start`, `end` and optionally `probability`, or a JSON list of them."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ConfigDict, TypeAdapter

from ridethrough.api.reading.files import read_json, read_text
from ridethrough.api.reading.series.written_time import WrittenTime
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.domain.horizon import Interval
from ridethrough.tariffs.charges.coincident import CoincidentEvent
from ridethrough.tariffs.documents.acceptance import accept, shown


@dataclass(frozen=True, slots=True, kw_only=True)
class EventDocument:
    """One event in a document, see `CoincidentEvent`."""

    charge: str
    start: WrittenTime
    end: WrittenTime
    probability: float = 1.0

    def event(self) -> CoincidentEvent:
        """The event as a `CoincidentEvent`.

        Raises `UnableToAccept` for times that are not an interval, and for an impossible probability.
        """
        interval = Interval(start=self.start, end=self.end)
        return CoincidentEvent(charge=self.charge, interval=interval, probability=self.probability)


EventDocument.__pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)  # type: ignore[attr-defined]
_EVENT = TypeAdapter(EventDocument)


@dataclass(frozen=True, slots=True, kw_only=True)
class Events:
    """Coincident events, where they came from, and the place of each in it."""

    source: str = "events"
    events: tuple[CoincidentEvent, ...] = ()
    places: tuple[str, ...] = ()


def read_events_file(path: Path) -> Events:
    """Read events from a CSV or a JSON file.

    Raises `UnableToAccept` with every fault in it.
    """
    if path.suffix.lower() == ".json":
        return read_events(read_json(path), source=path.name)
    try:
        rows = list(csv.DictReader(read_text(path).splitlines(), restkey="more cells", strict=True))
    except csv.Error as error:
        raise UnableToAccept([Fault(field="", source=path.name, value=str(error), allowed="a CSV file")]) from error
    placed = [(f"row {number}", _from_cells(row)) for number, row in enumerate(rows, start=2)]
    return _events(placed, source=path.name)


def read_events(document: object, *, source: str) -> Events:
    """Turn a list of event documents into events.

    Raises `UnableToAccept` with every fault in it.
    """
    if not isinstance(document, list):
        raise UnableToAccept([Fault(field="", source=source, value=shown(document), allowed="a list of events")])
    return _events(((f"event {number}", each) for number, each in enumerate(document, start=1)), source=source)


def _from_cells(row: dict[str | Any, Any]) -> dict[str, Any]:
    """A row as a JSON object: empty cells are left out, and a probability becomes a number if it can be read as one."""
    cells = {name: cell for name, cell in row.items() if cell}
    try:
        return {**cells, "probability": float(cells["probability"])} if "probability" in cells else cells
    except ValueError:
        return cells


def _events(placed: Iterable[tuple[str, object]], *, source: str) -> Events:
    events, places, faults = [], [], []
    for place, document in placed:
        try:
            events.append(accept(_EVENT, document, source=source).event())
            places.append(place)
        except UnableToAccept as error:
            faults += [replace(fault, field=_under(place, fault.field)).in_source(source) for fault in error.faults]
    if faults:
        raise UnableToAccept(faults)
    return Events(source=source, events=tuple(events), places=tuple(places))


def _under(place: str, field: str) -> str:
    return f"{place}, {field}" if field else place
