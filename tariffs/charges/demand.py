"""The price of a kilowatt."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import MINUTES_PER_DAY, MONTHS, Months, TariffPart
from ridethrough.tariffs.charges.peak_rule import PeakRule
from ridethrough.tariffs.charges.ratchet import DemandRatchet

DemandUnit = Literal["kW", "kVA", "hp"]
Stretch = Literal["period", "day", "week"]

KW_PER_HP = 0.7457


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandTier(TariffPart):
    """Billed demand up to a cumulative limit in the charge's unit (`None`: the rest), at one rate for each unit."""

    rate_per_kw: float
    up_to_kw: float | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(math.isfinite(self.rate_per_kw), "rate_per_kw", self.rate_per_kw, "a finite number")
        if self.up_to_kw is not None:
            checks.positive("up_to_kw", self.up_to_kw)
        checks.raise_faults()


def check_tiers(checks: Checks, tiers: tuple[DemandTier, ...]) -> None:
    """Note a fault unless limits rise and only the last tier has no limit."""
    limits = [math.inf if tier.up_to_kw is None else tier.up_to_kw for tier in tiers]
    rising = all(low < high for low, high in pairwise(limits))
    complete = bool(limits) and math.isinf(limits[-1])
    checks.require(rising and complete, "tiers", limits, "limits that rise, and a last tier without one")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandSeason(TariffPart):
    """The rates of a demand charge in some months of the year."""

    tiers: tuple[DemandTier, ...]
    months: Months = MONTHS

    def __post_init__(self) -> None:
        checks = Checks()
        check_tiers(checks, self.tiers)
        for month in self.months:
            checks.require(month in MONTHS, "months", month, "from 1 to 12")
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractDemand(TariffPart):
    """Demand by contract: at least `billed_fraction` of it is billed, and kW above it cost `overrun_rate_per_kw`.

    The overrun rate replaces the charge's own rate for kW above the contract. Without an overrun rate, the charge's own
    rate applies.
    """

    contract_kw: float
    billed_fraction: float = 1.0
    overrun_rate_per_kw: float | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.positive("contract_kw", self.contract_kw)
        checks.fraction("billed_fraction", self.billed_fraction)
        if self.overrun_rate_per_kw is not None:
            checks.not_negative("overrun_rate_per_kw", self.overrun_rate_per_kw)
        checks.raise_faults()


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandCharge(TariffPart):
    """The highest demand of a billing period, or of each day or week of it, in the hours of `period` of `schedule`.

    With `yearly` it is the highest of the calendar year, and rates are those of a year: each billing period is billed
    its twelfth, and what a new peak adds to the periods before (a German Leistungspreis). `peak` says where the peak is
    a mean. A week begins on Monday; one that a billing period cuts is billed in both, each with its own part.

    `unit` is the unit of rates, limits and minimum; kVA is kW divided by the power factor, a horsepower is 0.7457 kW.
    Demand is the mean over `window_minutes` on the clock (0: over the metering interval). Without a schedule every hour
    counts.
    """

    name: str
    seasons: tuple[DemandSeason, ...]
    schedule: str = ""
    period: str = ""
    unit: DemandUnit = "kW"
    daily: bool = False
    weekly: bool = False
    yearly: bool = False
    peak: PeakRule | None = None
    window_minutes: int = 0
    minimum_kw: float = 0.0
    ratchet: DemandRatchet | None = None
    contract: ContractDemand | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(bool(self.name), "name", self.name, "a name, which state files use")
        checks.require(bool(self.schedule) == bool(self.period), "period", self.period, "a period of its schedule")
        checks.require(0 <= self.window_minutes <= MINUTES_PER_DAY, "window_minutes", self.window_minutes, "0 to 1440")
        checks.not_negative("minimum_kw", self.minimum_kw)
        months = [month for season in self.seasons for month in season.months]
        checks.require(len(months) == len(set(months)), "seasons", months, "each month at most once")
        ways = [way for way in ("daily", "weekly", "yearly") if getattr(self, way)]
        checks.require(len(ways) < 2, "daily", ways, "one of daily, weekly and yearly")  # noqa: PLR2004 - one
        if ways:
            checks.require(self.ratchet is None, "ratchet", ways[0], f"none where demand is {ways[0]}")
            checks.require(self.peak is None, "peak", ways[0], f"none where demand is {ways[0]}")
        if self.yearly:
            same = len(self.seasons) == 1 and self.seasons[0].months == MONTHS
            checks.require(same, "seasons", self.seasons, "one for all months, as demand is yearly")
        if self.peak is not None:
            checks.require(self.ratchet is None, "ratchet", "a mean", "none where the peak is a mean")
        if self.peak is not None or self.yearly:
            rates = [tier.rate_per_kw for season in self.seasons for tier in season.tiers]
            checks.require(min(rates, default=0.0) >= 0, "rate_per_kw", rates, "at least 0 for such a peak")
        checks.raise_faults()

    @property
    def stretch(self) -> Stretch:
        """What is billed by itself: the billing period, or each day or week of it."""
        return "day" if self.daily else "week" if self.weekly else "period"

    @property
    def apart(self) -> Stretch:
        """What the meter keeps a peak of: the billing period, or its days or weeks."""
        averaged = self.peak is not None and self.peak.mean_of_highest > 1
        return self.peak.apart if averaged and self.peak is not None else self.stretch

    @property
    def highest(self) -> int:
        """The mean of how many peaks of `apart` is billed."""
        return 1 if self.peak is None else self.peak.mean_of_highest

    @property
    def periods(self) -> int:
        """The mean of how many billing periods is billed."""
        return 1 if self.peak is None else self.peak.mean_of_periods

    def tiers(self, month: int) -> tuple[DemandTier, ...]:
        """The tiers of a month from 1 to 12; none if the charge is not billed in that month."""
        return next((season.tiers for season in self.seasons if month in season.months), ())

    def units_per_kw(self, power_factor: float) -> float:
        """The number of the charge's units in one kW."""
        return {"kW": 1.0, "kVA": 1 / power_factor, "hp": 1 / KW_PER_HP}[self.unit]
