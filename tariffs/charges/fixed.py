"""Charges that do not depend on meter readings."""

import math
from dataclasses import dataclass
from typing import Literal

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import TariffPart


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedCharge(TariffPart):
    """An amount per day, per month (a billing period) or per year.

    An amount per day is billed for each local day. An amount per month or year is divided by days if the meter series
    covers only part of a billing period; a year has twelve equal months.
    """

    name: str
    amount: float
    per: Literal["day", "month", "year"] = "month"

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.name), "name", self.name, "a name")
        checks.require(math.isfinite(self.amount), "amount", self.amount, "a finite number")
        checks.raise_faults()
