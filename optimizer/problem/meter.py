"""The meter under a set of trajectories: its import, and the level that it must stay below."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.pricing.price import billed_demand_kw, metered_peak_kw
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.limits.powers import Powers
from ridethrough.tariffs.horizon.charges import DemandTerm

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
    """The level that the meter must stay below in each interval (kW).

    It is the lowest demand that is billed in any case, among the priced charges that meter the interval; without such a
    charge it is the import limit.
    """
    target = np.full(len(meter_kw), problem.site.interconnection.import_limit_kw)
    billed = billed_demand_kw(problem.charges, meter_kw, len(meter_kw))
    for term, kw in zip(problem.charges.demand, billed, strict=True):
        if not term.is_expected and term.own_fraction > 0 and any(step.rate_per_kw > 0 for step in term.steps):
            target[term.intervals] = np.minimum(target[term.intervals], _held_kw(term, kw, meter_kw))
    return target


def _held_kw(term: DemandTerm, billed_kw: float, meter_kw: FloatArray) -> float | FloatArray:
    """The level under which nothing is added to what a charge bills: one, or one for each interval."""
    if term.apart is None:
        mean = term.added_kw > 0 or any(link.adds for link in term.links)
        return metered_peak_kw(term, meter_kw, len(meter_kw)) if mean else billed_kw / term.own_fraction
    peaks_kw = term.apart.so_far_kw.copy()
    for day, window in zip(term.apart.day.tolist(), term.windows, strict=True):
        peaks_kw[day] = max(peaks_kw[day], float(meter_kw[window].mean()))
    least_kw = float(np.sort(peaks_kw)[-term.apart.number]) if len(peaks_kw) >= term.apart.number else 0.0
    level_kw = np.zeros(len(meter_kw))
    for day, window in zip(term.apart.day.tolist(), term.windows, strict=True):
        level_kw[window] = max(least_kw, float(peaks_kw[day]))
    return level_kw[term.intervals]
