"""A savings study: what trading with the UPS batteries would have saved on the bill, and what stands behind the figure.

Both bills are exact bills of meter series: the one without trading, and the one that the closed loop left. The saving
is their difference, less wear (IPMVP's avoided cost). Perfect foresight stands beside it as the ceiling.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ridethrough.domain import Horizon
from ridethrough.finance.figure import Figure
from ridethrough.finance.project.cash_flow import CashFlow
from ridethrough.finance.project.sensitivity import TornadoBar
from ridethrough.finance.project.uncertainty import Range
from ridethrough.finance.wear.wear import Wear
from ridethrough.operation.planner import Information
from ridethrough.tariffs.billing.bill import Bill


@dataclass(frozen=True, slots=True, kw_only=True)
class Savings:
    """What was saved by kind of charge (site's currency), riders and taxes on it included; negative where it cost.

    `other` is what fixed and minimum charges changed. `wear` is taken off.
    """

    energy: float
    demand: float
    coincident: float = 0.0
    export: float = 0.0
    other: float = 0.0
    wear: float = 0.0

    @property
    def on_the_bill(self) -> float:
        """The difference of the two bills."""
        return self.energy + self.demand + self.coincident + self.export + self.other

    @property
    def total(self) -> float:
        """What is left of it after wear."""
        return self.on_the_bill - self.wear


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodSavings:
    """One billing period: both bills' totals and what was saved."""

    label: str
    baseline_total: float
    total: float
    savings: Savings


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsRecord:
    """What one UPS system did, interval by interval (kW; kWh at boundaries), and what that wore off its batteries."""

    ups_id: str
    load_kw: tuple[float, ...]
    charge_kw: tuple[float, ...]
    discharge_kw: tuple[float, ...]
    stored_kwh: tuple[float, ...]
    reserve_kwh: tuple[float, ...]
    wear: Wear


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetyRecord:
    """How safe the closed loop was.

    `plans` were made, `certified` of them certified; `by_status` counts them. The closed loop itself was replayed too:
    `outages_replayed` outages, of which `outages_lost` lost their load; the worst rode through `worst_ride_through_s`
    of `required_s`. `violations` are limits that the closed loop itself broke.
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
    """What a little more would have saved over the studied time, each with its reason where it is not known."""

    of_a_tradable_kwh: Figure
    of_a_kw_of_power: Figure
    of_a_minute_less_ride_through: Figure


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Whether to trade at all, and the reason in words a finance reader can check."""

    worthwhile: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """A savings study over `horizon`.

    `replanned_every_h` is the time between plans. `baseline_grid_kw` and `grid_kw` are the two meter series (kW, one
    value an interval). `ceiling` is what perfect foresight over whole billing periods would have saved, `capture` the
    share of it that the closed loop did save. `years` holds how much of a year was studied, `annual` the saving scaled
    to a year (a plain proportion: seasons that were not studied are not in it).
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
        """How much of a year of 365 days was studied."""
        return self.horizon.intervals * self.horizon.interval_h / (365 * 24)

    @property
    def annual(self) -> float:
        """The saving scaled to a year."""
        return self.savings.total / self.years
