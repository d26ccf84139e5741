"""Taper: a battery takes less charge as it fills.

    c[t] <= limit * (at_zero[k] + slope[k] * E[t+1] / capacity)        for every falling line k of the maker's table

The table is concave, so that all its lines hold at once; the fuller end of the interval decides.
"""

import pyomo.core as pyo

from domain.curves import segments
from optimizer.problem import DispatchProblem


def add_taper(model: pyo.ConcreteModel, problem: DispatchProblem) -> None:
    """Limit charging near full, for the systems whose battery has a taper."""
    lines = {
        (ups.id, k): (ups.charge_limit_kw * at_zero, ups.charge_limit_kw * slope / ups.capacity_kwh)
        for ups in problem.site.ups
        for k, (at_zero, slope) in enumerate(segments(ups.battery.charge_taper_by_fraction))
        if slope < 0
    }
    model.TAPER = pyo.Set(dimen=2, initialize=list(lines))
    model.taper_at_zero_kw = pyo.Param(model.TAPER, mutable=True, initialize={k: line[0] for k, line in lines.items()})
    model.taper_kw_per_kwh = pyo.Param(model.TAPER, mutable=True, initialize={k: line[1] for k, line in lines.items()})
    model.charge_tapers_near_full = pyo.Constraint(model.TAPER, model.INTERVALS, rule=charge_tapers_near_full)


def charge_tapers_near_full(model: pyo.ConcreteModel, ups: str, line: int, t: int) -> object:
    """c <= limit * (at_zero + slope * E[t+1] / capacity)."""
    slope = model.taper_kw_per_kwh[ups, line]
    return model.charge_kw[ups, t] - slope * model.stored_kwh[ups, t + 1] <= model.taper_at_zero_kw[ups, line]
