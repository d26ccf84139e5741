"""Certificates of plans that tests have changed, by what a problem knows."""

from collections.abc import Sequence
from typing import Any

from ridethrough.domain.certificate import Certificate
from ridethrough.domain.plan import DispatchPlan, UpsTrajectory
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.certificate.certify import certify
from ridethrough.optimizer.certificate.stated import StatedPlan
from ridethrough.optimizer.dispatch import evidence_in


def stated(plan: DispatchPlan, **changes: Any) -> StatedPlan:  # noqa: ANN401
    """A plan as it is handed in, with some of what it states changed."""
    return StatedPlan(**{"horizon": plan.horizon, "ups": plan.ups, "grid_kw": plan.grid_kw, **changes})


def judged(
    made: DispatchProblem,
    plan: DispatchPlan,
    ups: Sequence[UpsTrajectory] | None = None,
    grid_kw: Sequence[float] | None = None,
) -> Certificate:
    """Judge a plan, or other trajectories or another meter in its place, by what a problem knows."""
    handed_in = stated(
        plan,
        ups=plan.ups if ups is None else tuple(ups),
        grid_kw=plan.grid_kw if grid_kw is None else tuple(grid_kw),
    )
    return certify(evidence_in(made, plan.horizon.intervals), handed_in)
