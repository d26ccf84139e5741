"""The optimum of many systems that share only their meter."""

import numpy as np
from numpy.typing import NDArray

from ridethrough.optimizer.dynamic_program.compiled import require_numba
from ridethrough.optimizer.dynamic_program.eligibility import UnableToApply
from ridethrough.optimizer.dynamic_program.layout import trajectory
from ridethrough.optimizer.dynamic_program.optimum import Optimum
from ridethrough.optimizer.fleet.columns import MOST_ROUNDS, cheapest_paths
from ridethrough.optimizer.fleet.layout import fleet_of, reasons_against_fleet
from ridethrough.optimizer.problem.plan_basis import PlanBasis

RELATIVE_GAP = 1e-6


def cheapest_fleet_plan(
    basis: PlanBasis, *, relative_gap: float = RELATIVE_GAP, most_rounds: int = MOST_ROUNDS
) -> Optimum | None:
    """Find the cheapest trajectories of all systems to a relative gap; None if none keep every limit.

    After `most_rounds` rounds of prices the best result so far is returned, with its gap.

    Raises `UnableToApply` with reasons if systems share more than the meter (see `reasons_against_fleet`), and
    `UnableToCompile` if numba is not installed.
    """
    require_numba()
    reasons = reasons_against_fleet(basis)
    if reasons:
        raise UnableToApply(reasons)
    fleet = fleet_of(basis)
    found = cheapest_paths(fleet.members, fleet.meter, relative_gap=relative_gap, most_rounds=most_rounds)
    if found is None or np.isnan(found.cost):
        return None
    each_kwh: NDArray[np.float64] = found.stored_kwh[fleet.member_of]
    return Optimum(
        trajectories=tuple(
            trajectory(basis, ups, stored_kwh) for ups, stored_kwh in zip(basis.problem.site.ups, each_kwh, strict=True)
        ),
        objective=found.cost,
        bound=found.bound,
        effort=found.rounds,
    )
