"""Standing by: whether every battery can keep what it has, and the charge that this takes."""

import math
from collections.abc import Mapping

from ridethrough.domain import UpsSystem
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.limits.powers import Powers


def steady_charge_kw(problem: DispatchProblem, ups: UpsSystem) -> float:
    """The charge that makes up for standing by; infinite where the taper leaves less than that."""
    h, stored_kwh = problem.horizon.interval_h, problem.stored_at_start_kwh(ups)
    kept_kwh = stored_kwh * ups.battery.kept_fraction(h)
    charge_kw = (stored_kwh - kept_kwh) / ups.battery.charge_efficiency / h
    return charge_kw if charge_kw <= ups.charge_below_taper_kw(kept_kwh, h) else math.inf


def can_keep_what_it_has(problem: DispatchProblem, powers: Powers) -> bool:
    """Whether all systems may charge steadily at that: no rectifier lacks power, and neither charger nor meter."""
    charge_kw: Mapping[str, float] = {ups.id: steady_charge_kw(problem, ups) for ups in problem.site.ups}
    if any(any(each.discharge_floor_kw) for each in powers.bounds.values()):
        return False
    if any(charge_kw[ups_id] > min(each.charge_ceiling_kw) for ups_id, each in powers.bounds.items()):
        return False
    drawn_kw = sum(charge_kw[ups.id] / ups.rectifier_efficiency for ups in problem.site.ups)
    return drawn_kw == 0 or max(powers.resting_kw) + drawn_kw <= problem.site.interconnection.import_limit_kw
