"""What a plan orders, in the form in which it is kept, and the plan that is in force at a moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from ridethrough.domain import Horizon
from ridethrough.domain.plan import DispatchPlan, PlanStatus
from ridethrough.operation.ceilings.policy import HourPolicy
from ridethrough.operation.control.orders import Orders

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedSystem:
    """One UPS system in a plan: powers in each interval (kW), stored energy and reserve at boundaries (kWh).

    `protected_load_kw` is the load that the plan's reserve carries.
    """

    protected_load_kw: float
    load_kw: tuple[float, ...]
    charge_kw: tuple[float, ...]
    discharge_kw: tuple[float, ...]
    stored_kwh: tuple[float, ...]
    reserve_kwh: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOrders:
    """What a plan orders over its horizon.

    `hours` holds the policy of every hour: the response to the load that is met. Without it the setpoints are
    followed. `spare_below_kw` is that of `Orders`, None where an interval has none. `unprotected_load_kw` is what the
    plan expects besides the UPS systems. A plan is `blind` if it was made without a reading that could be believed.
    """

    horizon: Horizon
    systems: Mapping[str, PlannedSystem]
    grid_target_kw: tuple[float, ...]
    spare_below_kw: tuple[float | None, ...]
    unprotected_load_kw: tuple[float, ...]
    hours: tuple[HourPolicy, ...] = ()
    blind: bool = False

    def index_at(self, now: datetime) -> int:
        """The interval that contains a moment of the horizon."""
        return int((now - self.horizon.start) // self.horizon.step)

    def policy_at(self, now: datetime) -> HourPolicy | None:
        """The policy of the hour that contains a moment; None where setpoints are followed, as in hours without one."""
        return next((each for each in reversed(self.hours) if each.start <= now < each.start + _HOUR), None)

    def expected_kwh(self, ups_id: str, now: datetime) -> float:
        """The stored energy that the plan expects at a moment; linear inside an interval."""
        system = self.systems[ups_id]
        steps = (now - self.horizon.start) / self.horizon.step
        return float(np.interp(steps, np.arange(len(system.stored_kwh)), system.stored_kwh))


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanInForce:
    """A certified plan that is in force, and what it was made from."""

    plan_id: str
    site_version: int
    made_at: datetime
    status: PlanStatus
    warnings: tuple[str, ...]
    expires_at: datetime
    orders: PlanOrders


def orders_to_keep(
    plan: DispatchPlan,
    protected_load_kw: Mapping[str, float],
    orders: Orders,
    hours: tuple[HourPolicy, ...],
    unprotected_load_kw: tuple[float, ...],
) -> PlanOrders:
    """What is kept of a plan to act by it later; `orders` are those of `orders_of`."""
    intervals = plan.horizon.intervals
    spare = [None] * intervals if orders.spare_below_kw is None else orders.spare_below_kw.tolist()
    return PlanOrders(
        horizon=plan.horizon,
        systems={
            each.ups_id: PlannedSystem(
                protected_load_kw=protected_load_kw[each.ups_id],
                load_kw=each.load_kw,
                charge_kw=each.charge_kw,
                discharge_kw=each.discharge_kw,
                stored_kwh=each.stored_kwh,
                reserve_kwh=each.reserve_kwh,
            )
            for each in plan.ups
        },
        grid_target_kw=plan.grid_target_kw,
        spare_below_kw=tuple(None if kw is None or not np.isfinite(kw) else kw for kw in spare),
        unprotected_load_kw=unprotected_load_kw[:intervals],
        hours=hours,
    )
