"""The meter behind a set of trajectories: what they import, and the level to hold it under."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.pricing.price import billed_demand_kw
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.powers import Powers

FloatArray = NDArray[np.float64]


def grid_kw(problem: DispatchProblem, powers: Powers, trajectories: Sequence[UpsTrajectory]) -> FloatArray:
    """Import at the meter per interval (kW), by the laws of `formulation.rectifier` and `formulation.meter`."""
    total = np.array(problem.unprotected_load_kw, dtype=float)
    for trajectory in trajectories:
        ups = problem.site.ups_system(trajectory.ups_id)
        carried_kw = np.array(powers.dc_load_kw[ups.id][: len(trajectory.load_kw)])
        dc_kw = carried_kw + np.array(trajectory.charge_kw) - np.array(trajectory.discharge_kw)
        total += np.where(dc_kw >= 0, dc_kw / ups.rectifier_efficiency, dc_kw * ups.rectifier_efficiency)
    return total


def grid_target_kw(problem: DispatchProblem, meter_kw: FloatArray) -> FloatArray:
    """The level to hold the meter under in each interval (kW).

    It is the lowest demand that is billed anyway among the priced charges that meter the interval, else the import
    limit.
    """
    target = np.full(len(meter_kw), problem.site.interconnection.import_limit_kw)
    billed = billed_demand_kw(problem.charges, meter_kw, len(meter_kw))
    for term, kw in zip(problem.charges.demand, billed, strict=True):
        if not term.is_expected and term.own_fraction > 0 and any(step.rate_per_kw > 0 for step in term.steps):
            target[term.intervals] = np.minimum(target[term.intervals], kw / term.own_fraction)
    return target
