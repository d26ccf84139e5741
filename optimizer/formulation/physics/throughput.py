"""Throughput: a warranty limits what a battery discharges in a calendar year.

    sum over the year's t of h * d[t] <= what is left of the year's limit

What loads need beyond the rectifiers is discharged in any case.
"""

import numpy as np
import pyomo.core as pyo

from ridethrough.optimizer.formulation.horizon import Parameters, Sets, declare_set, per_system_and_step
from ridethrough.optimizer.problem.plan_basis import PlanBasis
from ridethrough.optimizer.problem.throughput import intervals_of_the_year, throughput_left_kwh


def throughput_sets(basis: PlanBasis) -> Sets:
    """The systems whose warranty has a yearly limit."""
    return {"WARRANTED": tuple(each.id for each in basis.problem.site.ups if each.throughput_limit_kwh is not None)}


def add_throughput(model: pyo.AbstractModel, sets: Sets) -> None:
    """Limit what is discharged in the rest of the year."""
    declare_set(model, sets, "WARRANTED")
    model.counted_h = pyo.Param(model.UPS, model.INTERVALS, mutable=True)
    model.throughput_left_kwh = pyo.Param(model.WARRANTED, mutable=True)
    model.throughput_is_warranted = pyo.Constraint(model.SCENARIOS, model.WARRANTED, rule=throughput_is_warranted)


def throughput_parameters(basis: PlanBasis) -> Parameters:
    """The hours of this year in each interval, and what is left of the limit (or what loads need, if that is more)."""
    problem, h = basis.problem, basis.problem.horizon.interval_h
    counted = np.zeros(problem.horizon.intervals)
    counted[: intervals_of_the_year(problem)] = h
    left = []
    for ups in problem.site.ups:
        if ups.throughput_limit_kwh is not None:
            needed_kwh = float(counted @ np.array(basis.powers.bounds[ups.id].discharge_floor_kw))
            left.append(max(needed_kwh, throughput_left_kwh(problem, ups)))
    return {
        "counted_h": per_system_and_step(problem, lambda _: counted),
        "throughput_left_kwh": np.array(left),
    }


def throughput_is_warranted(model: pyo.AbstractModel, s: int, ups: str) -> object:
    """sum of h * d <= left."""
    given_kwh = sum(model.counted_h[ups, t] * model.discharge_kw[s, ups, t] for t in model.INTERVALS)
    return given_kwh <= model.throughput_left_kwh[ups]
