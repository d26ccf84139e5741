"""Ways to solve the built-in problem at some length, for `ridethrough bench`; `benchmarks/` compares with others."""

from collections.abc import Callable
from itertools import cycle

from ridethrough.api.cases.bench.problem import example_problem
from ridethrough.optimizer.dynamic_program import UnableToCompile, cheapest_plan
from ridethrough.optimizer.formulation.model import build_model, model_data
from ridethrough.optimizer.problem.plan_basis import PlanBasis, basis_of
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.tariffs import catalog

_TARIFF = "pge-b-20"
"""Three demand charges, and none that the dynamic program cannot take."""
_TIME_LIMIT_S = 300.0


def ways(steps: int) -> dict[str, Callable[[], object]]:
    """Each way, from a problem to its answer; every call takes another of two problems of one structure."""
    tariff = catalog.load(_TARIFF)
    bases = [basis_of(example_problem(tariff, steps, first)) for first in (0, 96)]
    found: dict[str, Callable[[], object]] = {
        "cold": _turns(bases, _by(Engine())),
        "warm": _turns(bases, _by(Engine(warm=True))),
        "Pyomo model written out, unsolved": _turns(bases, build_model),
    }
    try:
        cheapest_plan(bases[0])
    except UnableToCompile:
        return found
    return found | {"dynamic program": _turns(bases, cheapest_plan)}


def _by(engine: Engine) -> Callable[[PlanBasis], object]:
    def solve(basis: PlanBasis) -> object:
        data = model_data(basis)
        prepared = engine.prepared(data.sets)
        return prepared.solve(prepared.program(data.parameters), time_limit_s=_TIME_LIMIT_S)

    return solve


def _turns(bases: list[PlanBasis], work: Callable[[PlanBasis], object]) -> Callable[[], object]:
    turns = cycle(bases)
    return lambda: work(next(turns))
