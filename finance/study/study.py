"""A savings study: how much trading with the UPS batteries would have saved on the bill, and the evidence.

Both bills are exact bills of meter series, one without trading and one from the closed loop. The saving is their
difference, less wear (IPMVP's avoided cost). The saving of perfect foresight is reported beside it as a ceiling.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from ridethrough.domain import Horizon
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.finance.figure import Figure
from ridethrough.finance.project.cash_flow import CashFlow
from ridethrough.finance.project.sensitivity import TornadoBar
from ridethrough.finance.project.uncertainty import Range
from ridethrough.finance.wear.wear import Wear
from ridethrough.operation.planner import Information
from ridethrough.tariffs.billing.bill import Bill
from ridethrough.tariffs.charges.kind import SAVINGS_FIGURES


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """Savings by kind of charge, in the site's currency, with riders and taxes; a negative saving is a cost.

    `by_kind` has the kinds' names on a bill. `stored` is what the change of stored energy is worth: below 0 where the
    batteries end with less than without trading, and somebody has to buy that back. `wear` is subtracted from the sum.
    """

    by_kind: Mapping[str, float]
    stored: float = 0.0
    wear: float = 0.0

    @property
    def on_the_bill(self) -> float:
        """The saving on the bill, before wear."""
        return math.fsum(self.by_kind.values())

    def of(self, *kinds: str) -> float:
        """The saving on some kinds of charge."""
        return math.fsum(self.by_kind.get(kind, 0.0) for kind in kinds)

    def figure(self, name: str) -> float:
        """A figure as reports name it: one of `SAVINGS_FIGURES`, `stored`, `wear`, `on_the_bill` or `total`."""
        if name in SAVINGS_FIGURES:
            return self.of(*SAVINGS_FIGURES[name])
        others = {"stored": self.stored, "wear": self.wear, "on_the_bill": self.on_the_bill, "total": self.total}
        return others[name]

    @property
    def before_wear(self) -> float:
        """The saving on the bill, with stored energy paid for."""
        return self.on_the_bill + self.stored

    @property
    def total(self) -> float:
        """The saving after wear."""
        return self.before_wear - self.wear


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSavings:
    """One billing period: the totals of both bills, and the savings.

    `month` (1 to 12) is the month whose rates the period has. `whole` says whether all its days were studied.
    """

    label: str
    month: int
    whole: bool
    baseline_total: float
    total: float
    savings: Savings


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsRecord(UpsTrajectory):
    """One UPS system as it went, and the wear of its batteries."""

    wear: Wear

    @classmethod
    def of(cls, trajectory: UpsTrajectory, wear: Wear) -> "UpsRecord":
        """The record of a trajectory."""
        went = {each.name: getattr(trajectory, each.name) for each in fields(UpsTrajectory)}
        return cls(**went, wear=wear)


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRecord:
    """The safety of the closed loop.

    `plans` is the number of plans, `certified` of them were certified, and `by_status` counts them by status. Outages
    were also replayed against the closed loop itself: `outages_lost` of `outages_replayed` outages lost their load. The
    worst outage was ridden through for `worst_ride_through_s` of `required_s`. `violations` lists limits that the
    closed loop broke.
    """

    plans: int
    certified: int
    by_status: Mapping[str, int]
    outages_replayed: int
    outages_lost: int
    worst_ride_through_s: float
    required_s: float
    violations: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginalValues:
    """The additional saving over the studied time from a little more energy, power or time; each may be unknown."""

    of_a_tradable_kwh: Figure
    of_a_kw_of_power: Figure
    of_a_minute_less_ride_through: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether to trade, and the reason in words that a finance reader can check."""

    worthwhile: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A savings study over `horizon`.

    `replanned_every_h` is the time between plans. `baseline_grid_kw` and `grid_kw` are the two meter series (kW, one
    value for each interval). `ceiling` is the saving of perfect foresight over whole billing periods, and `capture` is
    the share of it that the closed loop saved. `annual` is the saving of a year, worked out from whole billing periods;
    `season_by_month` numbers the seasons of the tariff from January on, and `years` is the length of the studied time.
    """

    site_id: str
    site_name: str
    tariff: str
    currency: str
    horizon: Horizon
    information: Information
    replanned_every_h: float
    baseline: Bill
    bill: Bill
    baseline_grid_kw: tuple[float, ...]
    grid_kw: tuple[float, ...]
    ups: tuple[UpsRecord, ...]
    savings: Savings
    periods: tuple[PeriodSavings, ...]
    ceiling: Savings | None
    capture: Figure
    safety: SafetyRecord
    verdict: Verdict
    annual: Figure
    season_by_month: tuple[int, ...]
    marginal: MarginalValues | None = None
    range_of_year: Range | None = None
    cash_flow: CashFlow | None = None
    net_present_value_range: Range | None = None
    tornado: tuple[TornadoBar, ...] = ()
    assumptions: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)

    @property
    def years(self) -> float:
        """The length of the studied time, in years of 365 days."""
        return self.horizon.intervals * self.horizon.interval_h / (365 * 24)
