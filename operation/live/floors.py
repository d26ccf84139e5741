"""The floors under stored energy that hold now besides the usual reserve: those of conditions, and of the plan."""

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import Horizon, Site, UpsSystem
from ridethrough.domain.conditions import conditions_on
from ridethrough.operation.live.situation import Situation
from ridethrough.optimizer.problem.limits.reserves import longer_kwh

FloatArray = NDArray[np.float64]


def raised_kwh(situation: Situation, site: Site, interval: Horizon, load_kw: FloatArray) -> FloatArray:
    """What conditions and the plan ask for above the usual reserve; the plan's counts where the plan does."""
    rows, plan = [], situation.plan
    for ups, (carried_kw,) in zip(site.ups, load_kw.tolist(), strict=True):
        asked_kwh = condition_floor_kwh(site, ups, interval, carried_kw)
        system = None if plan is None else plan.orders.systems.get(ups.id)
        if plan is not None and system is not None and plan.orders.horizon.start <= situation.now < plan.expires_at:
            index = min(plan.orders.index_at(situation.now), len(system.reserve_kwh) - 2)
            asked_kwh = max(asked_kwh, system.reserve_kwh[index], system.reserve_kwh[index + 1])
        rows.append([min(asked_kwh, ups.max_stored_kwh)])
    return np.array(rows)


def condition_floor_kwh(site: Site, ups: UpsSystem, interval: Horizon, load_kw: float) -> float:
    """The energy that conditions ask for in the interval, for a load: 0 without conditions."""
    held = conditions_on(interval, site.conditions, ups_id=ups.id, timezone=site.timezone).boundaries
    carried_kw = max(load_kw, ups.protected_load_kw)
    asked = {each: None for boundary in held for each in boundary}
    return max((min(ups.max_stored_kwh, longer_kwh(ups, carried_kw, each)) for each in asked), default=0.0)
