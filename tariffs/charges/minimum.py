"""The least that a bill comes to."""

from dataclasses import dataclass
from typing import Literal

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import Written


@dataclass(frozen=True, slots=True, kw_only=True)
class MinimumCharge(Written):
    """What a billing period, each of its days, or a calendar year costs at least, before taxes.

    The bill has a line for what is missing. A minimum per month is shared by days over a part of a billing period; one
    per year is settled with the last billing period of a year that the meter series covers fully.
    """

    amount: float
    per: Literal["day", "month", "year"] = "month"

    def __post_init__(self) -> None:
        checks = Checks()
        checks.not_negative("amount", self.amount)
        checks.raise_faults()
