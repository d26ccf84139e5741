"""From a `DispatchProblem` to a certified `DispatchPlan`.

The path: `problem`, `formulation` (Pyomo), `standard_form` (arrays), `solvers` (HiGHS), `dispatch`, `certificate`.
`operation`, `finance` and `api` may import it.
"""

from ridethrough.optimizer.certificate.certify import certify
from ridethrough.optimizer.dispatch import plan_dispatch
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem

__all__ = ["DispatchProblem", "certify", "plan_dispatch"]
