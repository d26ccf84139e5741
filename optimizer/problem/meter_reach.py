"""The highest and the lowest possible meter power, for any use of the batteries."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.limits.powers import Powers

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReach:
    """The highest possible import and the highest possible billed demand (kW).

    `excess_kw` is what the loads alone draw above the import limit, per interval: so far it may be broken.

    `could_break_limits` says whether batteries could take the meter beyond a limit of the interconnection. If they
    could not, the model needs no law for it.
    """

    most_grid_kw: float
    most_billed_kw: float
    excess_kw: FloatArray
    could_break_limits: bool


def meter_reach_of(problem: DispatchProblem, powers: Powers) -> MeterReach:
    """Work out the reach of the meter: all loads with all chargers, or all batteries discharging."""
    limits = problem.site.interconnection
    resting_kw = np.array(powers.resting_kw)
    beyond_expected_kw = problem.scenarios.unprotected_load_kw - np.array(problem.unprotected_load_kw)
    highest_kw = resting_kw + beyond_expected_kw.max(axis=0)
    most_kw = highest_kw.copy()
    least_kw = resting_kw + beyond_expected_kw.min(axis=0)
    for ups in problem.site.ups:
        bounds = powers.bounds[ups.id]
        most_kw += np.array(bounds.charge_ceiling_kw) / ups.rectifier_efficiency
        least_kw -= np.array(bounds.discharge_ceiling_kw) / ups.rectifier_efficiency
        least_kw -= np.array(bounds.feed_back_ceiling_kw)
    most_grid_kw = min(max(limits.import_limit_kw, float(highest_kw.max())), float(most_kw.max()))
    billed = [max(term.floor_kw, term.peak_so_far_kw, term.added_kw + most_grid_kw) for term in problem.charges.demand]
    return MeterReach(
        most_grid_kw=most_grid_kw,
        excess_kw=np.maximum(0.0, highest_kw - limits.import_limit_kw),
        most_billed_kw=max([most_grid_kw, *billed]),
        could_break_limits=(
            float(most_kw.max()) > limits.import_limit_kw or float(least_kw.min()) < -limits.export_limit_kw
        ),
    )
