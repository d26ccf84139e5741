"""Charging as fast as is safe, one interval after the other: within charger, taper, rectifier and meter.

Batteries give only what the rectifiers cannot carry.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ridethrough.domain import UpsSystem

if TYPE_CHECKING:
    from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem


@dataclass(slots=True)
class Charging:
    """One system on its way to a target: stored energy at each boundary so far (kWh), charge in each interval (kW)."""

    ups: UpsSystem
    target_kwh: float
    stored_kwh: list[float]
    charge_kw: list[float] = field(default_factory=list)

    @property
    def fullness(self) -> float:
        """Stored energy as a fraction of capacity."""
        return self.stored_kwh[-1] / self.ups.capacity_kwh


def import_headroom_kw(problem: DispatchProblem, t: int) -> float:
    """Import left at the meter for charging, while every load is carried and batteries give only what they must."""
    given_kw = sum(
        problem.power_bounds(ups).discharge_floor_kw[t] / ups.rectifier_efficiency for ups in problem.site.ups
    )
    return problem.site.interconnection.import_limit_kw - problem.resting_kw[t] + given_kw


def charge_interval(problem: DispatchProblem, system: Charging, t: int, headroom_kw: float, target_kwh: float) -> float:
    """Charge one system for interval `t`, no further than a target, and return what that draws at the meter (kW)."""
    ups, battery, h = system.ups, system.ups.battery, problem.horizon.interval_h
    bounds = problem.power_bounds(ups)
    kept_kwh = system.stored_kwh[-1] * battery.kept_fraction(h)
    kept_kwh -= bounds.discharge_floor_kw[t] / battery.discharge_efficiency * h
    wanted_kw = (target_kwh - kept_kwh) / battery.charge_efficiency / h
    battery_kw = min(bounds.charge_ceiling_kw[t], ups.charge_below_taper_kw(kept_kwh, h))
    charge_kw = max(0.0, min(wanted_kw, battery_kw, headroom_kw * ups.rectifier_efficiency))
    system.charge_kw.append(charge_kw)
    system.stored_kwh.append(kept_kwh + charge_kw * battery.charge_efficiency * h)
    return charge_kw / ups.rectifier_efficiency
