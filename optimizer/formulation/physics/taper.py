"""Taper: a battery takes less charge as it fills.

    c[t] <= limit * (at_zero[k] + slope[k] * E[t+1] / capacity)        for every falling line k of the maker's table

The table is concave, so all its lines hold at once. The end of the interval counts, because the battery is fuller
there.
"""

from collections.abc import Iterator

import numpy as np
import pyomo.core as pyo

from ridethrough.domain.equipment.curves import segments
from ridethrough.optimizer.formulation.horizon import Parameters, Sets, declare_set
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem


def taper_sets(problem: DispatchProblem) -> Sets:
    """The falling lines of each system's table."""
    return {"TAPER": tuple((ups_id, k) for ups_id, k, _, _ in _lines(problem))}


def add_taper(model: pyo.AbstractModel, sets: Sets) -> None:
    """Limit charging near full, for the systems whose battery has a taper."""
    declare_set(model, sets, "TAPER", dimen=2)
    model.taper_at_zero_kw = pyo.Param(model.TAPER, mutable=True)
    model.taper_kw_per_kwh = pyo.Param(model.TAPER, mutable=True)
    model.charge_tapers_near_full = pyo.Constraint(
        model.SCENARIOS, model.TAPER, model.INTERVALS, rule=charge_tapers_near_full
    )


def taper_parameters(problem: DispatchProblem) -> Parameters:
    """Each line by its value at empty and its slope."""
    lines = list(_lines(problem))
    return {
        "taper_at_zero_kw": np.array([at_zero_kw for _, _, at_zero_kw, _ in lines]),
        "taper_kw_per_kwh": np.array([slope for _, _, _, slope in lines]),
    }


def _lines(problem: DispatchProblem) -> Iterator[tuple[str, int, float, float]]:
    for ups in problem.site.ups:
        for k, (at_zero, slope) in enumerate(segments(ups.battery.charge_taper_by_fraction)):
            if slope < 0:
                limit_kw = ups.charge_limit_kw
                yield ups.id, k, limit_kw * at_zero, limit_kw * slope / ups.capacity_kwh


def charge_tapers_near_full(model: pyo.AbstractModel, s: int, ups: str, line: int, t: int) -> object:
    """c <= limit * (at_zero + slope * E[t+1] / capacity)."""
    slope = model.taper_kw_per_kwh[ups, line]
    return model.charge_kw[s, ups, t] - slope * model.stored_kwh[s, ups, t + 1] <= model.taper_at_zero_kw[ups, line]
