"""Resting wear: what an hour costs in life, by the fraction of charge that a battery rests at.

    ageing[b] >= at_empty[k] + slope[k] * E[b] / capacity          for every line k of the convex curve

The cost is `sum_b weight[b] * h * ageing[b]`; the weight is 1/2 at both ends, because charge is linear in an interval.
"""

from collections.abc import Iterator

import numpy as np
import pyomo.core as pyo

from ridethrough.optimizer.formulation.horizon import Parameters, Sets, declare_set
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem


def resting_wear_sets(problem: DispatchProblem) -> Sets:
    """The systems that age at rest, and the lines of each."""
    lines = tuple((ups_id, k) for ups_id, k, _, _ in _lines(problem))
    return {"RESTING": tuple(dict.fromkeys(ups_id for ups_id, _ in lines)), "RESTING_LINES": lines}


def add_resting_wear(model: pyo.AbstractModel, sets: Sets) -> None:
    """Let each system age by what it stores."""
    declare_set(model, sets, "RESTING")
    declare_set(model, sets, "RESTING_LINES", dimen=2)
    model.ageing_at_empty_per_h = pyo.Param(model.RESTING_LINES, mutable=True)
    model.ageing_per_kwh_h = pyo.Param(model.RESTING_LINES, mutable=True)
    model.boundary_weight_h = pyo.Param(model.BOUNDARIES, mutable=True)
    model.ageing_per_h = pyo.Var(
        model.SCENARIOS, model.RESTING, model.BOUNDARIES, domain=pyo.NonNegativeReals, dense=False
    )
    model.rest_ages = pyo.Constraint(model.SCENARIOS, model.RESTING_LINES, model.BOUNDARIES, rule=rest_ages)


def resting_wear_parameters(problem: DispatchProblem) -> Parameters:
    """Each line in money an hour, and the hours that each boundary stands for."""
    lines = list(_lines(problem))
    weight = np.full(problem.horizon.intervals + 1, problem.horizon.interval_h)
    weight[[0, -1]] /= 2
    return {
        "ageing_at_empty_per_h": np.array([at_empty for _, _, at_empty, _ in lines]),
        "ageing_per_kwh_h": np.array([slope for _, _, _, slope in lines]),
        "boundary_weight_h": weight,
    }


def _lines(problem: DispatchProblem) -> Iterator[tuple[str, int, float, float]]:
    for ups in problem.site.ups:
        if ups.battery.wear is not None:
            for k, (at_empty, slope) in enumerate(ups.battery.wear.resting_lines_per_kwh_h):
                yield ups.id, k, ups.nominal_kwh * at_empty, ups.nominal_kwh * slope / ups.capacity_kwh


def rest_ages(model: pyo.AbstractModel, s: int, ups: str, line: int, boundary: int) -> object:
    """ageing >= at_empty + slope * E."""
    stored_kwh = model.stored_kwh[s, ups, boundary]
    by_charge = model.ageing_per_kwh_h[ups, line] * stored_kwh
    return model.ageing_per_h[s, ups, boundary] - by_charge >= model.ageing_at_empty_per_h[ups, line]


def resting_wear_cost(model: pyo.AbstractModel, s: int) -> pyo.NumericValue:
    """The sum of weight * ageing."""
    return sum(
        model.boundary_weight_h[boundary] * model.ageing_per_h[s, ups, boundary]
        for ups in model.RESTING
        for boundary in model.BOUNDARIES
    )
