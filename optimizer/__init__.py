"""DispatchProblem -> Pyomo model -> HiGHS -> DispatchPlan -> Certificate."""

from optimizer.certificate import certify
from optimizer.dispatch import plan_dispatch
from optimizer.problem import DispatchProblem

__all__ = ["DispatchProblem", "certify", "plan_dispatch"]
