"""The exact optimum of one battery without a solver."""

from dataclasses import dataclass

import numpy as np

from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.dynamic_program.compiled import require_numba
from ridethrough.optimizer.dynamic_program.eligibility import UnableToApply, reasons_against
from ridethrough.optimizer.dynamic_program.layout import battery_steps, meter_of_battery, resting_cost, trajectory
from ridethrough.optimizer.dynamic_program.search import cheapest_path
from ridethrough.optimizer.problem.plan_basis import PlanBasis

RELATIVE_GAP = 1e-11
_MOST_PLANES = 5000


@dataclass(frozen=True, slots=True, kw_only=True)
class Optimum:
    """Trajectories over the whole horizon, their cost by the model's objective, and a lower bound of any cost.

    `objective` counts energy, wear and all billed demand, as `formulation.cost` does, in the site's currency; `effort`
    is the number of dynamic programs that were solved.
    """

    trajectories: tuple[UpsTrajectory, ...]
    objective: float
    bound: float
    effort: int

    @property
    def gap(self) -> float:
        """The largest distance of the objective from the optimum, as a fraction of the objective."""
        return (self.objective - self.bound) / max(1.0, abs(self.objective))


def cheapest_plan(basis: PlanBasis) -> Optimum | None:
    """Find the cheapest trajectory of a problem's only UPS system; None if no trajectory keeps every limit.

    Raises `UnableToApply` with reasons if the dynamic program would not be exact (see `reasons_against`), and
    `UnableToCompile` if numba is not installed.
    """
    require_numba()
    reasons = reasons_against(basis)
    if reasons:
        raise UnableToApply(reasons)
    ups = basis.problem.site.ups[0]
    battery, meter = battery_steps(basis, ups), meter_of_battery(basis, ups)
    stored_kwh = np.empty(basis.problem.horizon.intervals + 1)
    cost, bound, effort = cheapest_path(battery, meter, RELATIVE_GAP, _MOST_PLANES, stored_kwh)
    if not np.isfinite(cost):
        return None
    resting = resting_cost(basis)
    return Optimum(
        trajectories=(trajectory(basis, ups, stored_kwh),),
        objective=resting + cost,
        bound=resting + bound,
        effort=effort,
    )
