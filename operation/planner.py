"""The interface between the closed loop and a planner: what is known at a moment, and the plan."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, PriceSeries, Site, SiteState
from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.operation.control.orders import Orders
from ridethrough.tariffs.horizon.charges import HorizonCharges, charges_over
from ridethrough.tariffs.tariff import Tariff

FloatArray = NDArray[np.float64]
_ON_TARGET_KW = 1e-3


class Information(StrEnum):
    """The knowledge that plans are made from."""

    PERFECT = "perfect"
    """The real loads of the whole horizon of each plan; no real planner has this knowledge."""

    DAY_AHEAD = "day-ahead"
    """Prices as published the day before; scenarios of the load, drawn from the site's own past."""

    PERSISTENCE = "persistence"
    """Prices as published the day before; each load is taken from the same time a day earlier."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What is known when a plan is made at `issued_at`, and nothing later.

    `past` holds the measured intervals until then (None at the start of the record), with their loads, one row for each
    UPS system in the site's order. `price_per_kwh` are market prices from the start of the record, as far as they are
    published (None if energy is not indexed). `block` holds the intervals until the next plan; orders are needed for
    these. Plans may look ahead to `latest`. The billing period of the block ends at `period_end`. `state` holds stored
    energy, peaks and energy of the billing period so far, and past peaks.
    """

    issued_at: datetime
    site: Site
    tariff: Tariff
    block: Horizon
    latest: datetime
    period_end: datetime
    study_end: datetime
    state: SiteState
    past: Horizon | None
    load_kw: FloatArray
    unprotected_load_kw: FloatArray
    price_per_kwh: FloatArray | None = None

    def horizon(self, length: timedelta) -> Horizon:
        """A horizon from now on, of the given length, but not beyond `latest` and not shorter than the block."""
        intervals = (min(self.block.start + length, self.latest) - self.block.start) // self.block.step
        return self.block.first(max(intervals, self.block.intervals))

    def charges(self, horizon: Horizon, price_per_kwh: FloatArray | None = None) -> HorizonCharges:
        """The tariff over a horizon that starts now, with the state's peaks and energy."""
        prices = None
        if price_per_kwh is not None:
            prices = PriceSeries(horizon=horizon, price_per_kwh=tuple(price_per_kwh.tolist()))
        return charges_over(self.tariff, horizon, prices=prices, state=self.state)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Planned:
    """A plan for the closed loop: the orders of its block, its status, and whether it was certified."""

    orders: Orders
    status: PlanStatus = PlanStatus.OPTIMAL
    certified: bool = True
    warnings: tuple[str, ...] = field(default=())


class Planner(Protocol):
    """Makes plans from what is known.

    A plan depends only on what is known and on the plans since `begin_period`, because a study that continues from a
    checkpoint starts at a billing period.
    """

    @property
    def information(self) -> Information:
        """The knowledge that plans are made from."""

    @property
    def fingerprint(self) -> str:
        """Identifies the planner with its settings: a study does not continue from another planner's checkpoint."""

    @property
    def assumptions(self) -> tuple[str, ...]:
        """How plans are made, for the reader of a study."""

    def begin_period(self) -> None:
        """Reset everything carried from plan to plan, because a billing period begins."""

    def plan(self, known: Known) -> Planned:
        """Plan the block of `known`."""


def orders_of(plan: DispatchPlan, site: Site) -> Orders:
    """The orders of a dispatch plan.

    If the plan holds the meter at its target, it discharges because of the peak. If the load is lower than planned, the
    meter then need not go below the target.
    """
    rows = {each.ups_id: each for each in plan.ups}
    ordered = [rows[ups.id] for ups in site.ups]
    grid_kw, target_kw = np.array(plan.grid_kw), np.array(plan.grid_target_kw)
    at_target = (grid_kw >= target_kw - _ON_TARGET_KW) & (grid_kw < np.array(plan.baseline_grid_kw) - _ON_TARGET_KW)
    return Orders(
        charge_kw=np.array([each.charge_kw for each in ordered]),
        discharge_kw=np.array([each.discharge_kw for each in ordered]),
        grid_target_kw=target_kw,
        spare_below_kw=np.where(at_target, target_kw, -np.inf) if at_target.any() else None,
        floor_kwh=np.array([each.reserve_kwh for each in ordered]) if site.conditions else None,
    )
