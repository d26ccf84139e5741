"""A problem with all values that follow from it, worked out once for each plan."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.plan import PlanCost, UpsTrajectory
from ridethrough.optimizer.pricing.price import ChargesCost, price
from ridethrough.optimizer.pricing.wear import wear_cost
from ridethrough.optimizer.problem.baseline import Baseline, baseline_of
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.floors import Floors, floors_of
from ridethrough.optimizer.problem.limits.powers import Powers, powers_of
from ridethrough.optimizer.problem.limits.reserves import Reserves, reserves_asked
from ridethrough.optimizer.problem.meter import grid_kw
from ridethrough.optimizer.problem.meter_reach import MeterReach, meter_reach_of

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class PlanBasis:
    """The question, the limits that follow from it, and the baseline.

    Costs are worked out when first needed, because not every plan is priced.
    """

    problem: DispatchProblem
    reserves: Reserves
    powers: Powers
    floors: Floors
    reach: MeterReach
    baseline: Baseline

    @cached_property
    def already_billed(self) -> ChargesCost:
        """The cost that is already billed before the horizon: peaks and energy so far."""
        return price(self.problem.charges, np.zeros(self.problem.horizon.intervals), 0)

    @cached_property
    def baseline_cost(self) -> PlanCost:
        """The cost of the whole horizon without trading."""
        return self.cost_of(self.baseline.trajectories, self.baseline.grid_kw, self.problem.horizon.intervals)

    def grid_kw(self, trajectories: Sequence[UpsTrajectory]) -> FloatArray:
        """Import at the meter in each interval (kW) under these trajectories."""
        return grid_kw(self.problem, self.powers, trajectories)

    def cost_of(self, trajectories: Sequence[UpsTrajectory], meter_kw: FloatArray, intervals: int) -> PlanCost:
        """Price the first `intervals` intervals, without the cost that is already billed before them."""
        after, before = price(self.problem.charges, meter_kw, intervals), self.already_billed
        problem, h = self.problem, self.problem.horizon.interval_h
        wear = sum(
            wear_cost(
                problem.site.ups_system(each.ups_id),
                each,
                h,
                intervals,
                problem.state.segments_filled.get(each.ups_id, ()),
            )
            for each in trajectories
        )
        return PlanCost(
            by_kind={
                kind: cost if kind == "minimum" else cost - before.by_kind[kind] for kind, cost in after.by_kind.items()
            },
            wear=wear,
        )


def basis_of(problem: DispatchProblem) -> PlanBasis:
    """Work out everything that follows from a problem."""
    reserves = reserves_asked(problem)
    powers = powers_of(problem, reserves)
    floors = floors_of(problem, reserves, powers)
    return PlanBasis(
        problem=problem,
        reserves=reserves,
        powers=powers,
        floors=floors,
        reach=meter_reach_of(problem, powers),
        baseline=baseline_of(problem, powers, floors),
    )
