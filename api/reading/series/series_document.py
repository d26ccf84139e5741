"""A series as a request sends it along."""

from dataclasses import dataclass
from datetime import timedelta

from pydantic import ConfigDict

from ridethrough.api.reading.series.csv_series import TimeSeries
from ridethrough.api.reading.series.written_time import WrittenTime
from ridethrough.domain.validation import Checks

_LONGEST_STEP_MIN = 24 * 60


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


SeriesDocument.__pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)  # type: ignore[attr-defined]
