"""The lowest total of a bill."""

from dataclasses import dataclass
from typing import Literal

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import TariffPart


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumCharge(TariffPart):
    """The lowest cost of a billing period, of each of its days, or of a calendar year, before taxes.

    The bill has a line for the shortfall. A minimum per month is divided by days for a part of a billing period. A
    minimum per year is billed with the last billing period of a year that the meter series covers fully.
    """

    amount: float
    per: Literal["day", "month", "year"] = "month"

    def __post_init__(self) -> None:
        checks = Checks()
        checks.not_negative("amount", self.amount)
        checks.raise_faults()
