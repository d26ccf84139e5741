"""The dispatch plan: what each battery does in each interval, the cost, and the proof of safety."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ridethrough.domain.certificate import Certificate
from ridethrough.domain.conditions import ConditionTimes
from ridethrough.domain.horizon import Horizon


class PlanStatus(StrEnum):
    """How a plan was made; only `optimal` is a proven optimum."""

    OPTIMAL = "optimal"
    TIME_LIMIT = "time_limit"
    RECOVERY = "recovery"
    HOLD = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanCost:
    """The cost of a plan, in the site's currency; a peak costs only the part above what is already billed.

    `by_kind` holds what each kind of charge comes to, by its name on a bill; what exports earn is below zero.
    """

    by_kind: Mapping[str, float]
    wear: float

    @property
    def total(self) -> float:
        """The sum of all charges and of wear."""
        return math.fsum(self.by_kind.values()) + self.wear

    def of(self, *kinds: str) -> float:
        """What some kinds of charge come to."""
        return math.fsum(self.by_kind.get(kind, 0.0) for kind in kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsTrajectory:
    """One UPS system over `n` intervals: power in each (kW), stored energy and reserve at `n + 1` boundaries."""

    ups_id: str
    load_kw: tuple[float, ...]
    charge_kw: tuple[float, ...]
    discharge_kw: tuple[float, ...]
    stored_kwh: tuple[float, ...]
    reserve_kwh: tuple[float, ...]

    def first(self, intervals: int) -> "UpsTrajectory":
        """The trajectory of the first `intervals` intervals."""
        return UpsTrajectory(
            ups_id=self.ups_id,
            load_kw=self.load_kw[:intervals],
            charge_kw=self.charge_kw[:intervals],
            discharge_kw=self.discharge_kw[:intervals],
            stored_kwh=self.stored_kwh[: intervals + 1],
            reserve_kwh=self.reserve_kwh[: intervals + 1],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class UpsSetpoint:
    """One UPS system in one interval; stored energy, reserve and ride-through are at the end of the interval."""

    ups_id: str
    load_kw: float
    charge_kw: float
    discharge_kw: float
    stored_kwh: float
    reserve_kwh: float
    ride_through_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Setpoint:
    """One interval of a plan: the meter, its target, and every UPS system."""

    start: datetime
    price_per_kwh: float
    grid_kw: float
    baseline_grid_kw: float
    grid_target_kw: float
    ups: tuple[UpsSetpoint, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SmallBlock:
    """A block of one UPS system below the site's least power or least dwell, its mean power (kW), and why it stays."""

    ups_id: str
    start: datetime
    end: datetime
    does: str
    kw: float
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimality:
    """The method that found a plan, and its largest distance from the cheapest plan, as a fraction of its cost."""

    method: str
    relative_gap: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DispatchPlan:
    """A dispatch plan over `horizon`.

    `grid_target_kw` is the level that the meter must stay below: the lowest peak that the plan pays for, among the
    demand charges that meter the interval, or the import limit if there is none. In the baseline every battery rests.
    `optimality` is None if nothing was optimized. `small_blocks` names what is below the site's
    least power or dwell. `conditions` are those that the plan prepares for, carries or returns from.
    """

    site_id: str
    status: PlanStatus
    issued_at: datetime
    horizon: Horizon
    currency: str
    price_per_kwh: tuple[float, ...]
    grid_kw: tuple[float, ...]
    baseline_grid_kw: tuple[float, ...]
    grid_target_kw: tuple[float, ...]
    ups: tuple[UpsTrajectory, ...]
    cost: PlanCost
    baseline_cost: PlanCost
    certificate: Certificate
    warnings: tuple[str, ...] = ()
    optimality: Optimality | None = None
    timing_ms: Mapping[str, float] = field(default_factory=dict)
    small_blocks: tuple[SmallBlock, ...] = ()
    conditions: tuple[ConditionTimes, ...] = ()

    @property
    def savings(self) -> float:
        """The cost of doing nothing less the cost of the plan."""
        return self.baseline_cost.total - self.cost.total

    def setpoints(self) -> Iterator[Setpoint]:
        """The plan interval by interval."""
        for index, start in enumerate(self.horizon.starts()):
            yield Setpoint(
                start=start,
                price_per_kwh=self.price_per_kwh[index],
                grid_kw=self.grid_kw[index],
                baseline_grid_kw=self.baseline_grid_kw[index],
                grid_target_kw=self.grid_target_kw[index],
                ups=tuple(self._ups_setpoint(ups, index) for ups in self.ups),
            )

    def _ups_setpoint(self, ups: UpsTrajectory, index: int) -> UpsSetpoint:
        return UpsSetpoint(
            ups_id=ups.ups_id,
            load_kw=ups.load_kw[index],
            charge_kw=ups.charge_kw[index],
            discharge_kw=ups.discharge_kw[index],
            stored_kwh=ups.stored_kwh[index + 1],
            reserve_kwh=ups.reserve_kwh[index + 1],
            ride_through_s=self.certificate.ride_through_s[ups.ups_id][index + 1],
        )
