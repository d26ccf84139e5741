"""Billed demand that remembers."""

from dataclasses import dataclass

from domain.validation import Checks
from tariffs.written import MONTHS, ByMonth, Months, Written

_ALL = (1.0,) * 12


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandRatchet(Written):
    """A floor under billed demand: a fraction of the highest peak of the `months_back` billing periods before.

    Only peaks of `counted_months` count. `fractions` holds the floor's fraction for each month that is billed (12), and
    `own_fractions` how much of a month's own peak is billed (GPC's winter months: 0.6; nearly always 1).
    """

    fractions: ByMonth
    months_back: int = 11
    counted_months: Months = MONTHS
    own_fractions: ByMonth = _ALL

    def __post_init__(self) -> None:
        checks = Checks()
        for name in ("fractions", "own_fractions"):
            values = getattr(self, name)
            checks.require(len(values) == len(MONTHS), name, f"{len(values)} values", "12, one a month")
            for index, value in enumerate(values):
                checks.fraction(f"{name}.{index}", value)
        checks.require(1 <= self.months_back <= MOST_MONTHS, "months_back", self.months_back, "from 1 to 60")
        for month in self.counted_months:
            checks.require(month in MONTHS, "counted_months", month, "from 1 to 12")
        checks.raise_faults()


MOST_MONTHS = 60
