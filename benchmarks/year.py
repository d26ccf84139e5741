"""A year at 15 minutes with 12 monthly peaks: from Pyomo to the result, beside HiGHS by hand, and linopy where it is.

PYTHONPATH=. python -m benchmarks.year [--rounds 3] [--linopy VENV/bin/python]

Two years of the same structure and other numbers. `--linopy` names a Python that has linopy (see `benchmarks/peers`),
in which the same problem is stated and solved by linopy's direct path.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import highspy
import numpy as np

from benchmarks.cases import Case, pod_cases
from benchmarks.lean import lean_of
from benchmarks.timing import AGREE, brief, cpu_s, keep, say, say_load, table
from ridethrough.optimizer.dynamic_program import cheapest_plan
from ridethrough.optimizer.formulation.model import model_data
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.engine import Engine

STEPS = 35_040
LIMIT_S = 3600.0
_PEER = Path(__file__).parent / "peers" / "with_linopy.py"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--linopy", type=Path, help="a Python with linopy")
    asked = arguments.parse_args()
    say_load()
    ways: dict[str, Callable[[list[Case]], list[tuple[float, float]]]] = {
        "ours, from Pyomo": ours,
        "HiGHS by hand, lean form, anew": by_hand_anew,
        "HiGHS by hand, lean form, warm": by_hand_warm,
        "dynamic program": by_dynamic_program,
    }
    if asked.linopy:
        ways["linopy, direct"] = lambda cases: by_linopy(asked.linopy, cases)
    found = {name: [work(pod_cases(STEPS, 2)) for _ in range(asked.rounds)] for name, work in ways.items()}
    seconds = {
        name: [statistics.median(each[k][0] for each in rounds) for k in (0, 1)] for name, rounds in found.items()
    }
    table(
        ("way", "first year", "second year", "cost of the first", "of the second"),
        [
            (name, *(brief(each * 1e3) for each in seconds[name]), *(f"{cost:,.6f}" for _, cost in found[name][0]))
            for name in found
        ],
    )
    best_s = min(seconds["HiGHS by hand, lean form, anew"][1], seconds["HiGHS by hand, lean form, warm"][1])
    say(f"Second year, ours / best by hand: {seconds['ours, from Pyomo'][1] / best_s:.2f}\n")
    keep("year", seconds)
    costs = np.array([[cost for _, cost in rounds[0]] for rounds in found.values()])
    return 1 if np.max(np.abs(costs / costs[0] - 1)) > AGREE else 0


def ours(cases: list[Case]) -> list[tuple[float, float]]:
    """From the problem: parameters, model stated and compiled for the first, solved by a live solver."""
    engine = Engine(warm=True)
    return [_timed(lambda case=case: _by_engine(engine, case)) for case in cases]  # type: ignore[misc]


def _by_engine(engine: Engine, case: Case) -> float:
    data = model_data(basis_of(case.problem))
    prepared = engine.prepared(data.sets)
    return prepared.solve(prepared.program(data.parameters), time_limit_s=LIMIT_S).objective


def by_hand_anew(cases: list[Case]) -> list[tuple[float, float]]:
    """Arrays written by hand for each year, a new solver for each."""
    return [_timed(lambda case=case: lean_of(case.problem).solve(highspy.Highs())) for case in cases]  # type: ignore[misc]


def by_hand_warm(cases: list[Case]) -> list[tuple[float, float]]:
    """Arrays written by hand; the second year starts at the basis of the first."""
    solver = highspy.Highs()
    first = _timed(lambda: lean_of(cases[0].problem).solve(solver))
    return [first, *(_timed(lambda case=case: lean_of(case.problem).again(solver)) for case in cases[1:])]  # type: ignore[misc]


def by_dynamic_program(cases: list[Case]) -> list[tuple[float, float]]:
    """No solver at all."""
    cheapest_plan(basis_of(pod_cases(96, 1)[0].problem))  # compiled by then
    return [_timed(lambda case=case: _cheapest(case)) for case in cases]  # type: ignore[misc]


def _cheapest(case: Case) -> float:
    optimum = cheapest_plan(basis_of(case.problem))
    assert optimum is not None
    return optimum.objective


def by_linopy(python: Path, cases: list[Case]) -> list[tuple[float, float]]:
    """The same years in another environment, which tells its own CPU seconds from model to result."""
    with tempfile.TemporaryDirectory() as folder:
        files = []
        for number, case in enumerate(cases):
            files.append(Path(folder) / f"{number}.npz")
            lean_of(case.problem).write(files[-1])
        told = subprocess.run([python, _PEER, *files], check=True, capture_output=True, text=True)  # noqa: S603
    return [(each["cpu_s"], each["objective"]) for each in json.loads(told.stdout.splitlines()[-1])]


def _timed(work: Callable[[], float]) -> tuple[float, float]:
    cost, seconds = cpu_s(work)
    return seconds, cost


if __name__ == "__main__":
    sys.exit(main())
