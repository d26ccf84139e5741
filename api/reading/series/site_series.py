"""The series of a site's document: each read from its file by what the document says of it."""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ridethrough.api.reading.series.series_file import SeriesQuery, read_series
from ridethrough.api.reading.series.stored_series import (
    OF_SERIES,
    SeriesNotStored,
    StoredSeries,
    even_series,
    name_fault,
    series_key,
)
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.tables.columns import Use
from ridethrough.api.reading.tables.csv_format import FORMAT, GAPS, CsvFormat, Gaps, known_clock
from ridethrough.api.reading.tables.table import read_bytes
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs.documents.acceptance import accept
from ridethrough.tariffs.documents.printable import printable

PRICES, UNPROTECTED_LOAD = "prices", "unprotected_load"
_KINDS = ("csv", "csv_text", "series")


@dataclass(slots=True)
class SiteSeries:
    """The series that a document takes from files, by their place in it (`ups.pod-1.load`).

    Each file is read once; faults are collected so that all are listed together. `folder` is where the files stand
    (None where a document may not name any), `names` those that were read. The files of a site that a service keeps are
    those that are `stored` under their names; of these, `missing` have no readings yet.
    """

    folder: Path | None
    source: str
    stored: StoredSeries | None = None
    missing: list[SeriesNotStored] = field(default_factory=list)
    series: dict[str, TimeSeries] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)
    faults: list[Fault] = field(default_factory=list)
    _contents: dict[str, bytes] = field(default_factory=dict)
    _refused: set[tuple[bytes, SeriesQuery]] = field(default_factory=set)

    def read_all(self, document: Mapping[str, Any]) -> None:
        """Read every series in a file that is named as a load or as prices, whatever else the document holds."""
        for place, use, written in _sources(document):
            try:
                self._read(place, use, written, document)
            except UnableToAccept as error:
                self.faults += [fault for fault in error.faults if fault not in self.faults]

    def notes(self) -> dict[str, str]:
        """What was filled in, left out or understood of each series, by its place; by its file where all agree."""
        by_file: dict[str, set[tuple[str, ...]]] = {}
        for each in self.series.values():
            by_file.setdefault(each.source, set()).add(each.notes)
        return {
            each.source if len(by_file[each.source]) == 1 else f"{place}.csv": "; ".join(each.notes)
            for place, each in self.series.items()
            if each.notes
        }

    def _read(self, place: str, use: Use, written: Mapping[str, Any], document: Mapping[str, Any]) -> None:
        named = [kind for kind in _KINDS if isinstance(written.get(kind), str)]
        described = _described(written, document)
        if described is None or len(named) != 1:
            return  # the document's own faults say what is wrong
        kind, text = named[0], str(written[named[0]])
        if kind == "csv_text":
            name, content = place, text.encode("utf-8", "replace")
        elif text != printable(text):
            return
        elif kind == "series" or self.stored is not None:
            self._look_up(f"{place}.{kind}", text, replace(described, source=text, use=use))
            return
        else:
            name, content = text, self._content(text, f"{place}.csv")
            self.names.add(name)
        query = replace(described, source=name, use=use)
        if (content, query) in self._refused:
            return
        try:
            self.series[place] = read_series(content, query)
        except UnableToAccept:
            self._refused.add((content, query))
            raise

    def _look_up(self, field_name: str, name: str, query: SeriesQuery) -> None:
        """Take a series from those that are stored for the site."""
        if self.stored is None:
            allowed = "csv or values: only a site that a service keeps has stored series (ridethrough serve --data DIR)"
            raise UnableToAccept([Fault(field=field_name, source=self.source, value=name, allowed=allowed)])
        fault = name_fault(name, query.column, field_name)
        if fault is not None:
            raise UnableToAccept([fault.in_source(self.source)])
        key = series_key(name, query.column)
        found = self.stored(key)
        if found is None:
            allowed = f"stored: POST its readings to series/{name}"
            self.missing.append(SeriesNotStored(field=field_name, source=self.source, value=name, allowed=allowed))
            return
        self.series[field_name.rpartition(".")[0]] = even_series(found, replace(query, source=f"{OF_SERIES}{key}"))
        self.names.add(f"series {key}")

    def _content(self, name: str, place: str) -> bytes:
        if self.folder is None:
            allowed = "values sent along (start and values), or csv_text: a request names no files"
            raise UnableToAccept([Fault(field=place, source=self.source, value=name, allowed=allowed)])
        if name not in self._contents:
            file = self.folder / name
            if not file.is_file():
                allowed = "a file beside the site file; it was not found"
                raise UnableToAccept([Fault(field=place, source=self.source, value=name, allowed=allowed)])
            self._contents[name] = read_bytes(file, name)
        return self._contents[name]


def described_series(document: Mapping[str, Any], name: str) -> list[tuple[str, SeriesQuery]]:
    """What a site's document says of the series of a name: the place of each use, and how its files are written."""
    found = []
    for place, use, written in _sources(document):
        text = written.get("series") or written.get("csv")
        described = _described(written, document)
        if described is not None and isinstance(text, str) and series_key(text) == series_key(name):
            found.append((place, replace(described, source=f"series {name}", use=use)))
    return found


def named_series(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of the series that a site's document uses, each with the places where it does."""
    found: dict[str, list[str]] = {}
    for place, _, written in _sources(document):
        text = written.get("series") or written.get("csv")
        if isinstance(text, str):
            found.setdefault(series_key(text), []).append(place)
    return found


def with_csv_format(document: Mapping[str, Any], name: str, form: object) -> dict[str, Any]:
    """The document with a format written beside each use of a series that has none of its own."""
    changed: dict[str, Any] = copy.deepcopy(dict(document))
    for _, _, written in _sources(changed):
        text = written.get("series") or written.get("csv")
        if isinstance(text, str) and series_key(text) == series_key(name) and isinstance(written, dict):
            written.setdefault("csv_format", form)
    return changed


def _sources(document: Mapping[str, Any]) -> Iterator[tuple[str, Use, Mapping[str, Any]]]:
    systems = document.get("ups")
    for ups in systems if isinstance(systems, list) else ():
        if isinstance(ups, Mapping) and isinstance(ups.get("load"), Mapping):
            yield f"ups.{ups.get('id')}.load", "load", ups["load"]
    if isinstance(document.get(UNPROTECTED_LOAD), Mapping):
        yield UNPROTECTED_LOAD, "load", document[UNPROTECTED_LOAD]
    if isinstance(document.get(PRICES), Mapping):
        yield PRICES, "price", document[PRICES]


def _described(written: Mapping[str, Any], document: Mapping[str, Any]) -> SeriesQuery | None:
    """How a series' file is written: by itself, and for what it does not say by the site; None for faulty words."""
    column = written.get("column")
    try:
        own, shared = (_accepted_format(each.get("csv_format")) for each in (written, document))
        gaps = _accepted_gaps(written.get("gaps")) or _accepted_gaps(document.get("gaps"))
    except UnableToAccept:
        return None
    if column is not None and not isinstance(column, str):
        return None
    form = own.over(shared) if own is not None else shared
    return SeriesQuery(source="", form=form, column=column, gaps=gaps, timezone=known_clock(document.get("timezone")))


def _accepted_format(written: object) -> CsvFormat | None:
    if written is None:
        return None
    accepted: CsvFormat = accept(FORMAT, written, source="")
    return accepted


def _accepted_gaps(written: object) -> Gaps | None:
    if written is None:
        return None
    accepted: Gaps = accept(GAPS, written, source="")
    return accepted
