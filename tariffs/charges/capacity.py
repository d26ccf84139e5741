"""A capacity obligation: what a market or a utility bills for a demand that was set in an earlier season."""

from dataclasses import dataclass
from datetime import date, timedelta

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import TariffPart


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityObligation(TariffPart):
    """So many kW, each at a rate per day, on the local days `[start, end)`.

    PJM's peak load contribution holds from June to May after the summer of its five peaks; New York's ICAP tag from May
    to April. Nothing that batteries do now changes it: what they may set for the next year is a coincident charge.
    """

    name: str
    kw: float
    rate_per_kw_day: float
    start: date
    end: date

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.name), "name", self.name, "a name")
        checks.not_negative("kw", self.kw)
        checks.not_negative("rate_per_kw_day", self.rate_per_kw_day)
        checks.require(self.start < self.end, "end", f"{self.end}", f"after {self.start}")
        checks.raise_faults()

    def holds_on(self, day: date) -> bool:
        """Whether it is billed for a local day."""
        return self.start <= day < self.end

    def days(self, first: date, shares: list[float]) -> float:
        """How many of the days from `first` it is billed for; `shares` has the share of each that counts."""
        each = (share for number, share in enumerate(shares) if self.holds_on(first + timedelta(days=number)))
        return sum(each)
