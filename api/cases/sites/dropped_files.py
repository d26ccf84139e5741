"""A file that a person drops for a series of a stored site: how it is understood, and the document that reads it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ridethrough.api.cases.series_shown import ShownSeries, shown_series
from ridethrough.api.reading.series.site_series import described_series, with_csv_format
from ridethrough.api.reading.tables.csv_format import known_clock
from ridethrough.domain import Fault, UnableToAccept
from ridethrough.tariffs.documents.written_text import yaml_document

SERIES = "series"
_FORMAT = "csv_format"


def understood_file(document: Mapping[str, Any], name: str, content: bytes, file: str) -> ShownSeries:
    """Read a file for the series of a name, by the format that the document gives it or else the most likely one.

    Raises `UnableToAccept` with every fault, and where the document does not use the series.
    """
    uses = described_series(document, name)
    if not uses:
        allowed = "a series that the site's document names"
        raise UnableToAccept([Fault(field=SERIES, source="site", value=name, allowed=allowed)])
    query = replace(uses[0][1], source=file, timezone=known_clock(document.get("timezone")))
    return shown_series(content, query)


def with_format(document: Mapping[str, Any], name: str, shown: ShownSeries) -> dict[str, Any]:
    """The document with the format that reads the file written beside its series, where a format was needed."""
    if shown.to_write is None:
        return dict(document)
    return with_csv_format(document, name, yaml_document(shown.to_write, source=_FORMAT))
