"""The seam between the closed loop and whoever plans: what is known at a moment, and what comes back."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, PriceSeries, Site, SiteState
from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.operation.orders import Orders
from ridethrough.tariffs.horizon.charges import HorizonCharges, charges_over
from ridethrough.tariffs.tariff import Tariff

FloatArray = NDArray[np.float64]


class Information(StrEnum):
    """What plans were made from."""

    PERFECT = "perfect"
    """The loads that came, over the whole horizon of each plan: no one has that."""

    DAY_AHEAD = "day-ahead"
    """Prices as published the day before; loads from scenarios drawn from the site's own past."""

    PERSISTENCE = "persistence"
    """Prices as published the day before; the load of the same time a day before stands for each day's."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Known:
    """What is known when a plan is made at `issued_at`, and nothing of what comes after.

    `past` is the run of measured intervals until then (None at the start of the record), with their loads: one row a
    UPS system in the site's order. `price_per_kwh` are market prices from the start of the record on, as far as they
    are published (None where energy is not indexed). `block` holds the intervals until the next plan, for which orders
    are wanted. Plans may look ahead to `latest`; the billing period that the block lies in ends at `period_end`.
    `state` has what is stored, the peaks and energy of the billing period so far, and past peaks.
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
        """From now for so long, but no further than `latest`, and no shorter than the block."""
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
    """A plan as the loop needs it: the orders of its block, how it came about, and whether it was certified."""

    orders: Orders
    status: PlanStatus = PlanStatus.OPTIMAL
    certified: bool = True
    warnings: tuple[str, ...] = field(default=())


class Planner(Protocol):
    """Makes plans from what is known.

    A plan depends on what is known and on nothing else but the plans since `begin_period`: a study that goes on from a
    checkpoint starts there.
    """

    @property
    def information(self) -> Information:
        """What plans are made from."""

    @property
    def fingerprint(self) -> str:
        """Names the planner and every setting of it: a study does not go on from another's checkpoint."""

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What a reader of the study is to know of how plans were made."""

    def begin_period(self) -> None:
        """Forget what was carried from plan to plan: a billing period begins."""

    def plan(self, known: Known) -> Planned:
        """Plan the block of `known`."""


def orders_of(plan: DispatchPlan, site: Site) -> Orders:
    """The orders of a dispatch plan.

    Where the plan holds the meter at its target, the discharge is for the peak: where the load comes in lower, the
    meter need not go below the target.
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


_ON_TARGET_KW = 1e-3
