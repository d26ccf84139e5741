"""The exact optimum of one battery by dynamic programming: no solver, a few hundred microseconds a day.

`reasons_against` says where it does not apply, `cheapest_plan` solves, `audit` compares a sample with the linear
program. Compiled by numba on first use (`pip install "ridethrough[studies]"`).
"""

from ridethrough.optimizer.dynamic_program.audit import Audit, UnableToAgree, audit
from ridethrough.optimizer.dynamic_program.compiled import UnableToCompile
from ridethrough.optimizer.dynamic_program.eligibility import UnableToApply, reasons_against
from ridethrough.optimizer.dynamic_program.optimum import Optimum, cheapest_plan

__all__ = [
    "Audit",
    "Optimum",
    "UnableToAgree",
    "UnableToApply",
    "UnableToCompile",
    "audit",
    "cheapest_plan",
    "reasons_against",
]
