"""An evenly spaced series of values, and the times that we believe."""

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone

from ridethrough.domain import Fault

FIRST_YEAR, LAST_YEAR = 1970, 2200
_MOST_FAULTS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeries:
    """Evenly spaced values from `start`, one each `step`, without gaps; `source` names where they came from.

    `notes` say what was filled in, left out or understood on the way, in sentences. `clock_named`: the times were
    written without UTC offset, and a person named their clock.
    """

    source: str
    start: datetime
    step: timedelta
    values: tuple[float, ...]
    notes: tuple[str, ...] = ()
    clock_named: bool = False

    def __post_init__(self) -> None:
        """Keep `start` with its plain UTC offset: times of a zone are subtracted by the clock, not by what elapsed."""
        offset = self.start.utcoffset()
        if offset is not None:
            object.__setattr__(self, "start", self.start.replace(tzinfo=timezone(offset), fold=0))

    @property
    def end(self) -> datetime:
        """The instant after the last value."""
        return self.start + len(self.values) * self.step


def is_plausible(moment: datetime) -> bool:
    """Whether a time has a UTC offset and lies in the years `FIRST_YEAR` to `LAST_YEAR`."""
    return moment.tzinfo is not None and FIRST_YEAR <= moment.year <= LAST_YEAR


def first_of(faults: list[Fault], of: str = "rows") -> list[Fault]:
    """The first of many faults, and how many there are."""
    if len(faults) <= _MOST_FAULTS:
        return faults
    rest = Fault(
        field=of, value=f"{len(faults)} faults", allowed=f"free of faults; the first {_MOST_FAULTS} are listed"
    )
    return [*faults[:_MOST_FAULTS], rest.in_source(faults[0].source)]
