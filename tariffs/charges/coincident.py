"""Demand at the hours in which a whole system peaks."""

from dataclasses import dataclass
from typing import Literal

from ridethrough.domain.horizon import Interval
from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import Written
from ridethrough.tariffs.charges.demand import DemandSeason, DemandUnit, Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class CoincidentPeakCharge(Written):
    """Demand while the utility or grid operator has its peak.

    Which hours these are is known afterwards, or guessed ahead: pass `CoincidentEvent`s. Where none are given for the
    charge, the highest demand in the hours of `period` of `schedule` is billed, which is the most that it can be, and
    the bill says so. Several events in one billing period bill the highest of them, or their mean (`combine`). Where
    the operator takes `peaks` hours of a season, each event counts a `peaks`-th of its demand, times its probability:
    the probabilities of all events sum to `peaks` (ERCOT's 4CP: 4, PJM's 5CP: 5).
    """

    name: str
    seasons: tuple[DemandSeason, ...]
    schedule: str = ""
    period: str = ""
    unit: DemandUnit = "kW"
    combine: Literal["highest", "mean"] = "highest"
    peaks: int = 0

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.name), "name", self.name, "a name")
        checks.require(bool(self.schedule) == bool(self.period), "period", self.period, "a period of its schedule")
        checks.not_negative("peaks", self.peaks)
        checks.raise_faults()

    @property
    def apart(self) -> Stretch:
        """What the meter keeps a peak of: the billing period."""
        return "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoincidentEvent:
    """A stretch of time that is billed by the coincident charge named `charge`.

    `probability` is 1 for an event that happened or is called; below 1 for an hour that may become the peak: exactly
    one of such hours will, so their probabilities in a billing period sum to at most 1.
    """

    charge: str
    interval: Interval
    probability: float = 1.0

    def __post_init__(self) -> None:
        checks = Checks()
        checks.fraction("probability", self.probability)
        checks.raise_faults()
