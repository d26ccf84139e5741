"""A series as a request sends it along."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from pydantic import ConfigDict, TypeAdapter

from ridethrough.api.reading.series.series_file import SeriesQuery, read_series
from ridethrough.api.reading.series.time_series import TimeSeries
from ridethrough.api.reading.series.written_time import WrittenTime
from ridethrough.api.reading.tables.columns import Use
from ridethrough.api.reading.tables.csv_format import CsvFormat, Gaps, known_clock
from ridethrough.domain.validation import Checks
from ridethrough.tariffs.documents.acceptance import accept

_LONGEST_STEP_MIN = 24 * 60
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesDocument:
    """Values from `start` on, one every `interval_minutes`."""

    start: WrittenTime
    interval_minutes: int
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        checks = Checks()
        minutes = self.interval_minutes
        checks.require(1 <= minutes <= _LONGEST_STEP_MIN, "interval_minutes", minutes, "from 1 minute to a day")
        checks.require(bool(self.values), "values", "an empty list", "at least one value")
        checks.raise_faults()

    def time_series(self, source: str) -> TimeSeries:
        """The series, named after where it came from."""
        step = timedelta(minutes=self.interval_minutes)
        return TimeSeries(source=source, start=self.start, step=step, values=self.values)


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesTextDocument:
    """The text of a CSV file, and how it is written."""

    csv_text: str
    csv_format: CsvFormat | None = None
    column: str | None = None
    gaps: Gaps | None = None


SeriesDocument.__pydantic_config__ = _STRICT  # type: ignore[attr-defined]
SeriesTextDocument.__pydantic_config__ = _STRICT  # type: ignore[attr-defined]
_VALUES = TypeAdapter(SeriesDocument)
_TEXT = TypeAdapter(SeriesTextDocument)


def series_from_document(document: object, *, source: str, use: Use, timezone: object) -> TimeSeries:
    """Read a series that a request sends along: `values` from `start` on, or `csv_text` with its `csv_format`.

    Raises `UnableToAccept` with every fault in it. `timezone` is the clock of text without UTC offsets.
    """
    if not isinstance(document, Mapping) or "csv_text" not in document:
        values: SeriesDocument = accept(_VALUES, document, source=source)
        return values.time_series(source)
    text: SeriesTextDocument = accept(_TEXT, document, source=source)
    query = SeriesQuery(
        source=source,
        use=use,
        form=text.csv_format,
        column=text.column,
        gaps=text.gaps,
        timezone=known_clock(timezone),
    )
    return read_series(text.csv_text.encode("utf-8", "replace"), query)
