"""The rule for charges that do not bill the highest demand of a billing period."""

from dataclasses import dataclass
from typing import Literal

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import TariffPart

_MOST_HIGHEST = 31
_MOST_PERIODS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class PeakRule(TariffPart):
    """A peak that is a mean: of several demands in a billing period, or of the peaks of several billing periods.

    `mean_of_highest` demands on distinct days or weeks (`apart`) are averaged; a day that was not metered counts as 0,
    so that each day adds its part. `mean_of_periods` averages the peak of this billing period with those of the periods
    before it, as many as are known (Flanders' capacity tariff: 12).
    """

    mean_of_highest: int = 1
    apart: Literal["day", "week"] = "day"
    mean_of_periods: int = 1

    def __post_init__(self) -> None:
        checks = Checks()
        highest, periods = self.mean_of_highest, self.mean_of_periods
        checks.require(1 <= highest <= _MOST_HIGHEST, "mean_of_highest", highest, "from 1 to 31")
        checks.require(1 <= periods <= _MOST_PERIODS, "mean_of_periods", periods, "from 1 to 60")
        checks.require(highest > 1 or periods > 1, "mean_of_highest", highest, "above 1, or mean_of_periods above 1")
        checks.raise_faults()
