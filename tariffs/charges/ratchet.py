"""Billed demand that remembers."""

from dataclasses import dataclass

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import MONTHS, ByMonth, Months, Written

_ALL = (1.0,) * 12
_MOST_MONTHS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandRatchet(Written):
    """A floor under billed demand: a fraction of the highest peak of the `months_back` billing periods before.

    `fractions` (12) is the floor's fraction by the month that is billed. Only peaks of `counted_months` count, each
    times its `counted_fractions` (12, by the month of the peak): Georgia Power's 95 % of summer and 60 % of winter
    peaks. `own_fractions` (12) is how much of a month's own peak is billed, nearly always all of it.
    """

    fractions: ByMonth = _ALL
    months_back: int = 11
    counted_months: Months = MONTHS
    counted_fractions: ByMonth = _ALL
    own_fractions: ByMonth = _ALL

    def __post_init__(self) -> None:
        checks = Checks()
        for name in ("fractions", "counted_fractions", "own_fractions"):
            values = getattr(self, name)
            checks.require(len(values) == len(MONTHS), name, f"{len(values)} values", "12, one a month")
            for index, value in enumerate(values):
                checks.fraction(f"{name}.{index}", value)
        checks.require(1 <= self.months_back <= _MOST_MONTHS, "months_back", self.months_back, "from 1 to 60")
        for month in self.counted_months:
            checks.require(month in MONTHS, "counted_months", month, "from 1 to 12")
        checks.raise_faults()

    def share(self, billed_month: int, peak_month: int) -> float:
        """The fraction of a past peak that is billed, by the months (1 to 12) that are billed and that had the peak."""
        if peak_month not in self.counted_months:
            return 0.0
        return self.fractions[billed_month - 1] * self.counted_fractions[peak_month - 1]
