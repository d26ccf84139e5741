"""Charging as fast as is safe, interval by interval: within charger, taper, rectifier and meter.

Batteries give only what the rectifiers cannot carry, and what the meter's limit asks of the energy above their floor.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from ridethrough.domain import UpsSystem
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.limits.powers import Powers


@dataclass(slots=True)
class Charging:
    """One system on its way to a target: stored energy at each boundary so far (kWh), powers in each interval (kW)."""

    ups: UpsSystem
    target_kwh: float
    stored_kwh: list[float]
    charge_kw: list[float] = field(default_factory=list)
    discharge_kw: list[float] = field(default_factory=list)

    @property
    def fullness(self) -> float:
        """Stored energy as a fraction of capacity."""
        return self.stored_kwh[-1] / self.ups.capacity_kwh

    def charge(self, powers: Powers, interval_h: float, headroom_kw: float, target_kwh: float) -> float:
        """Charge for one more interval, at most to a target; return the power that this draws at the meter (kW).

        `headroom_kw` is the import that the meter has left for charging. An empty battery gives nothing more.
        """
        ups, battery, t = self.ups, self.ups.battery, len(self.charge_kw)
        bounds = powers.bounds[ups.id]
        kept_kwh = self.stored_kwh[-1] * battery.kept_fraction(interval_h)
        given_kw = min(bounds.discharge_floor_kw[t], kept_kwh * battery.discharge_efficiency / interval_h)
        kept_kwh -= given_kw / battery.discharge_efficiency * interval_h
        wanted_kw = (target_kwh - kept_kwh) / battery.charge_efficiency / interval_h
        battery_kw = min(bounds.charge_ceiling_kw[t], ups.charge_below_taper_kw(kept_kwh, interval_h))
        charge_kw = max(0.0, min(wanted_kw, battery_kw, headroom_kw * ups.rectifier_efficiency))
        self._leave(charge_kw, given_kw, kept_kwh + charge_kw * battery.charge_efficiency * interval_h)
        return charge_kw / ups.rectifier_efficiency

    def relieve(self, powers: Powers, interval_h: float, excess_kw: float, floor_kwh: float) -> float:
        """Discharge for one more interval for a meter above its limit; return what that takes off the meter (kW).

        Only what lies above a floor is given, besides what the rectifiers cannot carry.
        """
        ups, battery, t = self.ups, self.ups.battery, len(self.charge_kw)
        bounds = powers.bounds[ups.id]
        kept_kwh = self.stored_kwh[-1] * battery.kept_fraction(interval_h)
        above_kw = max(0.0, kept_kwh - floor_kwh) * battery.discharge_efficiency / interval_h
        forced_kw = min(bounds.discharge_floor_kw[t], kept_kwh * battery.discharge_efficiency / interval_h)
        wanted_kw = forced_kw + max(0.0, excess_kw) * ups.rectifier_efficiency
        given_kw = max(forced_kw, min(wanted_kw, bounds.discharge_ceiling_kw[t], above_kw))
        self._leave(0.0, given_kw, max(0.0, kept_kwh - given_kw / battery.discharge_efficiency * interval_h))
        return (given_kw - forced_kw) / ups.rectifier_efficiency

    def _leave(self, charge_kw: float, discharge_kw: float, stored_kwh: float) -> None:
        self.charge_kw.append(charge_kw)
        self.discharge_kw.append(discharge_kw)
        self.stored_kwh.append(stored_kwh)


def import_headroom_kw(problem: DispatchProblem, powers: Powers, t: int) -> float:
    """Import left at the meter for charging, if batteries discharge only what they must."""
    given_kw = sum(powers.bounds[ups.id].discharge_floor_kw[t] / ups.rectifier_efficiency for ups in problem.site.ups)
    return problem.site.interconnection.import_limit_kw - powers.resting_kw[t] + given_kw


def charge_all(
    problem: DispatchProblem, powers: Powers, systems: Sequence[Charging], targets_kwh: Sequence[float]
) -> None:
    """Charge systems for one more interval, each towards its target, the first of them first."""
    headroom_kw = import_headroom_kw(problem, powers, len(systems[0].charge_kw))
    for system, target_kwh in zip(systems, targets_kwh, strict=True):
        headroom_kw -= system.charge(powers, problem.horizon.interval_h, headroom_kw, target_kwh)
