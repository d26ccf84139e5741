"""The series of a site's document: each read from its file by what the document says of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from ridethrough.api.reading.series.series_file import SeriesQuery, read_series
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.tables.columns import Use
from ridethrough.api.reading.tables.csv_format import FORMAT, GAPS, CsvFormat, Gaps, known_clock
from ridethrough.api.reading.tables.table import read_bytes
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs.documents.acceptance import accept
from ridethrough.tariffs.documents.printable import printable

PRICES, UNPROTECTED_LOAD = "prices", "unprotected_load"


@dataclass(slots=True)
class SiteSeries:
    """The series that a document takes from files, by their place in it (`ups.pod-1.load`).

    Each file is read once; faults are collected so that all are listed together. `folder` is where the files stand
    (None where a document may not name any), `names` those that were read.
    """

    folder: Path | None
    source: str
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
        name, text = written.get("csv"), written.get("csv_text")
        described = _described(written, document)
        if described is None or isinstance(name, str) == isinstance(text, str):
            return  # the document's own faults say what is wrong
        if isinstance(text, str):
            name, content = place, text.encode("utf-8", "replace")
        elif isinstance(name, str) and name == printable(name):
            content = self._content(name, f"{place}.csv")
            self.names.add(name)
        else:
            return
        query = replace(described, source=name, use=use)
        if (content, query) in self._refused:
            return
        try:
            self.series[place] = read_series(content, query)
        except UnableToAccept:
            self._refused.add((content, query))
            raise

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
