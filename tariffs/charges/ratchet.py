"""Billed demand that depends on past peaks."""

from dataclasses import dataclass

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import MONTHS, ByMonth, Months, TariffPart

_ALL = (1.0,) * 12
_MOST_MONTHS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandRatchet(TariffPart):
    """A lower limit of billed demand: a fraction of the highest peak of the last `months_back` billing periods.

    `fractions` (12) are the fractions by billed month. Only peaks of `counted_months` count, each times its
    `counted_fractions` (12, by the month of the peak), for example 95 % of summer peaks and 60 % of winter peaks
    (Georgia Power). `own_fractions` (12) are the fractions of a month's own peak that are billed, nearly always 1.
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
            checks.require(len(values) == len(MONTHS), name, f"{len(values)} values", "12, one for each month")
            for index, value in enumerate(values):
                checks.fraction(f"{name}.{index}", value)
        checks.require(1 <= self.months_back <= _MOST_MONTHS, "months_back", self.months_back, "from 1 to 60")
        for month in self.counted_months:
            checks.require(month in MONTHS, "counted_months", month, "from 1 to 12")
        checks.raise_faults()

    def share(self, billed_month: int, peak_month: int) -> float:
        """The fraction of a past peak that is billed, by the billed month and the month of the peak (1 to 12)."""
        if peak_month not in self.counted_months:
            return 0.0
        return self.fractions[billed_month - 1] * self.counted_fractions[peak_month - 1]
