"""What a set of trajectories costs at the meter, without the model that chose them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from domain.plan import PlanCost, UpsTrajectory
from optimizer.problem import DispatchProblem
from tariffs.horizon_charges import DemandStep, DemandTerm

FloatArray = NDArray[np.float64]


def grid_kw(problem: DispatchProblem, trajectories: Sequence[UpsTrajectory]) -> FloatArray:
    """Import at the meter per interval (kW), by the laws of `formulation.rectifier` and `formulation.meter`."""
    total = np.array(problem.unprotected_load_kw, dtype=float)
    for trajectory in trajectories:
        ups = problem.site.ups_system(trajectory.ups_id)
        dc_kw = (
            np.array(trajectory.load_kw) / ups.inverter_efficiency
            + np.array(trajectory.charge_kw)
            - np.array(trajectory.discharge_kw)
        )
        total += np.where(dc_kw >= 0, dc_kw / ups.rectifier_efficiency, dc_kw * ups.rectifier_efficiency)
    return total


def cost_of(
    problem: DispatchProblem, trajectories: Sequence[UpsTrajectory], meter_kw: FloatArray, intervals: int
) -> PlanCost:
    """Price the first `intervals` intervals; demand counts only increases over what is billed already."""
    h = problem.horizon.interval_h
    energy = float(problem.charges.energy_per_kwh[:intervals] @ meter_kw[:intervals]) * h
    demand = sum(
        stepped_cost(term.steps, billed_kw(term, meter_kw, intervals)) - stepped_cost(term.steps, _already_kw(term))
        for term in problem.charges.demand
    )
    wear = sum(
        problem.site.ups_system(each.ups_id).battery.wear_cost_per_kwh * sum(each.discharge_kw[:intervals]) * h
        for each in trajectories
    )
    return PlanCost(energy=energy, demand=demand, wear=wear)


def billed_kw(term: DemandTerm, meter_kw: FloatArray, intervals: int) -> float:
    """The demand that a charge bills after the first `intervals` intervals, in kW."""
    metered = term.intervals[term.intervals < intervals]
    return max(_already_kw(term), float(meter_kw[metered].max())) if len(metered) else _already_kw(term)


def stepped_cost(steps: Sequence[DemandStep], demand_kw: float) -> float:
    """The price of `demand_kw` filled into steps from below."""
    cost, below_kw = 0.0, 0.0
    for step in steps:
        cost += max(0.0, min(demand_kw, step.up_to_kw) - below_kw) * step.rate_per_kw
        below_kw = step.up_to_kw
    return cost


def grid_target_kw(problem: DispatchProblem, meter_kw: FloatArray) -> FloatArray:
    """The level to hold the meter under in each interval (kW).

    It is the lowest peak that is paid for anyway among the priced charges that meter the interval, else the import
    limit.
    """
    target = np.full(len(meter_kw), problem.site.interconnection.import_limit_kw)
    for term in problem.charges.demand:
        if any(step.rate_per_kw > 0 for step in term.steps):
            paid_kw = billed_kw(term, meter_kw, len(meter_kw))
            target[term.intervals] = np.minimum(target[term.intervals], paid_kw)
    return target


def _already_kw(term: DemandTerm) -> float:
    return max(term.floor_kw, term.peak_so_far_kw)
