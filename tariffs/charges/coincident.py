"""Demand at the hours in which the whole grid has its peak."""

from dataclasses import dataclass
from typing import Literal

from ridethrough.domain.horizon import Interval
from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import TariffPart
from ridethrough.tariffs.charges.demand import DemandSeason, DemandUnit, Stretch


@dataclass(frozen=True, slots=True, kw_only=True)
class CoincidentPeakCharge(TariffPart):
    """Demand while the utility or grid operator has its peak.

    These hours are known afterwards, or estimated in advance: pass them as `CoincidentEvent`s. Without events for the
    charge, the highest demand in the hours of `period` of `schedule` is billed. This is the upper limit, and the bill
    says so. With several events in one billing period, their highest demand or their mean is billed (`combine`). Where
    the operator takes `peaks` hours of a season, each event counts a `peaks`-th of its demand, times its probability:
    the probabilities of all events sum to `peaks` (ERCOT's 4CP: 4, PJM's 5CP: 5). Without events
    each month of the season bills an equal part of its highest demand.
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
    def share_without_events(self) -> float:
        """The part of its highest demand that a billing period bills without events."""
        months = {month for season in self.seasons for month in season.months}
        return 1 / len(months) if self.peaks and months else 1.0

    @property
    def apart(self) -> Stretch:
        """What the meter keeps a peak of: the billing period."""
        return "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoincidentEvent:
    """A time that the coincident charge named `charge` bills.

    `probability` is 1 for an event that happened or is announced, and below 1 for an hour that may become the peak.
    Exactly one of these hours will be the peak, so their probabilities in a billing period sum to at most 1.
    """

    charge: str
    interval: Interval
    probability: float = 1.0

    def __post_init__(self) -> None:
        checks = Checks()
        checks.fraction("probability", self.probability)
        checks.raise_faults()
