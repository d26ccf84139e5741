"""DispatchProblem -> Pyomo model -> HiGHS -> DispatchPlan -> Certificate."""

from ridethrough.optimizer.certificate.certify import certify
from ridethrough.optimizer.dispatch import plan_dispatch
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem

__all__ = ["DispatchProblem", "certify", "plan_dispatch"]
