"""Ways to solve the built-in problem at some length, for `ridethrough bench`; `benchmarks/` compares with others."""

from collections.abc import Callable
from itertools import cycle

from ridethrough.api.cases.bench_problem import example_problem
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.dynamic_program import UnableToCompile, cheapest_plan
from ridethrough.optimizer.formulation.model import build_model, model_data
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.tariffs import catalog

_TARIFF = "pge-b-20"
"""Three demand charges, and none that the dynamic program cannot take."""
_TIME_LIMIT_S = 300.0


def ways(steps: int) -> dict[str, Callable[[], object]]:
    """Each way, from a problem to its answer; every call takes another of two problems of one structure."""
    tariff = catalog.load(_TARIFF)
    problems = [example_problem(tariff, steps, first) for first in (0, 96)]
    found: dict[str, Callable[[], object]] = {
        "cold": _turns(problems, _by(Engine())),
        "warm": _turns(problems, _by(Engine(warm=True))),
        "Pyomo model written out, unsolved": _turns(problems, build_model),
    }
    try:
        cheapest_plan(problems[0])
    except UnableToCompile:
        return found
    return found | {"dynamic program": _turns(problems, cheapest_plan)}


def _by(engine: Engine) -> Callable[[DispatchProblem], object]:
    def solve(problem: DispatchProblem) -> object:
        data = model_data(problem)
        prepared = engine.prepared(data.sets)
        return prepared.solve(prepared.program(data.parameters), time_limit_s=_TIME_LIMIT_S)

    return solve


def _turns(problems: list[DispatchProblem], work: Callable[[DispatchProblem], object]) -> Callable[[], object]:
    turns = cycle(problems)
    return lambda: work(next(turns))
