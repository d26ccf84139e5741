"""What a kilowatt costs."""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from ridethrough.domain.validation import Checks
from ridethrough.tariffs.calendar.written import MINUTES_PER_DAY, MONTHS, Months, Written
from ridethrough.tariffs.charges.ratchet import DemandRatchet

DemandUnit = Literal["kW", "kVA", "hp"]

KW_PER_HP = 0.7457


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandTier(Written):
    """Billed demand up to a cumulative limit in the charge's unit (`None`: all that is left), at one rate a unit."""

    rate_per_kw: float
    up_to_kw: float | None = None

    def __post_init__(self) -> None:
        checks = Checks()
        checks.require(math.isfinite(self.rate_per_kw), "rate_per_kw", self.rate_per_kw, "a finite number")
        if self.up_to_kw is not None:
            checks.positive("up_to_kw", self.up_to_kw)
        checks.raise_faults()


def check_tiers(checks: Checks, tiers: tuple[DemandTier, ...]) -> None:
    """Note a fault unless limits rise and only the last tier has none."""
    limits = [math.inf if tier.up_to_kw is None else tier.up_to_kw for tier in tiers]
    rising = all(low < high for low, high in pairwise(limits))
    complete = bool(limits) and math.isinf(limits[-1])
    checks.require(rising and complete, "tiers", limits, "limits that rise, and a last tier without one")


@dataclass(frozen=True, slots=True, kw_only=True)
class DemandSeason(Written):
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
class ContractDemand(Written):
    """Demand agreed in advance: at least `billed_fraction` of it is billed, and kW above it at `overrun_rate_per_kw`.

    The overrun rate takes the place of the charge's own rate on the kW above the contract; without one, they cost what
    the charge says.
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
class DemandCharge(Written):
    """The highest demand of a billing period, or of each day of it, in the hours of `period` of `schedule`.

    `unit` is what rates, limits and minimum count; kVA is kW over the power factor, a horsepower is 0.7457 kW. Demand
    is the mean of `window_minutes` on the clock (0: of the metering interval). Without a schedule every hour counts.
    """

    name: str
    seasons: tuple[DemandSeason, ...]
    schedule: str = ""
    period: str = ""
    unit: DemandUnit = "kW"
    daily: bool = False
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
        ratcheted_by_day = self.daily and self.ratchet is not None
        checks.require(not ratcheted_by_day, "ratchet", "daily", "none where demand is billed by the day")
        checks.raise_faults()

    def tiers(self, month: int) -> tuple[DemandTier, ...]:
        """The tiers of a month from 1 to 12; none where the charge is not billed."""
        return next((season.tiers for season in self.seasons if month in season.months), ())

    def units_per_kw(self, power_factor: float) -> float:
        """How many of the charge's units one kW is."""
        return {"kW": 1.0, "kVA": 1 / power_factor, "hp": 1 / KW_PER_HP}[self.unit]
