"""Fleets of unequal units behind one meter, one day: one linear program of all, against column generation.

PYTHONPATH=. python -m benchmarks.fleets [--units 10 100 500 2000] [--lp-limit-s 1800]

Each way runs in a process of its own, which tells its CPU time and the most memory it held. The linear program of the
largest fleet is given `--lp-limit-s` of CPU and may not end by then: the ratio is then a lower bound.
"""

import argparse
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from typing import Any

from benchmarks.cases import fleet_case
from benchmarks.timing import brief, cpu_s, keep, say_load, table
from ridethrough.optimizer import DispatchProblem
from ridethrough.optimizer.fleet import cheapest_fleet_plan
from ridethrough.optimizer.formulation.model import model_data
from ridethrough.optimizer.problem.plan_basis import basis_of
from ridethrough.optimizer.solvers.engine import Engine
from ridethrough.optimizer.solvers.highs import SolveStatus

UNITS = (10, 100, 500, 2000)
GAP = 1e-6
_REHEARSAL_UNITS = 3


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--units", type=int, nargs="+", default=list(UNITS))
    arguments.add_argument("--lp-limit-s", type=float, default=1800.0)
    arguments.add_argument("--one", nargs=2, metavar=("WAY", "UNITS"), help="one way in this process; prints JSON")
    asked = arguments.parse_args()
    if asked.one:
        print(json.dumps(one(asked.one[0], int(asked.one[1]), asked.lp_limit_s)))
        return 0
    say_load()
    found = {units: {way: _apart(way, units, asked.lp_limit_s) for way in WAYS} for units in asked.units}
    print_fleets(found)
    keep("fleets", {str(units): ways for units, ways in found.items()})
    return 0 if all(agree(ways) for ways in found.values()) else 1


def one(way: str, units: int, lp_limit_s: float) -> dict[str, Any]:
    """What one way takes from the problem to the trajectories, after a small fleet that imports and compiles."""
    WAYS[way](fleet_case(_REHEARSAL_UNITS).problem, lp_limit_s)
    problem = fleet_case(units).problem
    before_mb = _most_mb()
    told, seconds = cpu_s(lambda: WAYS[way](problem, lp_limit_s))
    return {**told, "cpu_s": seconds, "most_mb": _most_mb(), "before_mb": before_mb}


def monolithic(problem: DispatchProblem, limit_s: float) -> dict[str, Any]:
    """One linear program, compiled for this fleet."""
    data = model_data(basis_of(problem))
    prepared = Engine().prepared(data.sets)
    solution = prepared.solve(prepared.program(data.parameters), time_limit_s=limit_s)
    done = solution.status is SolveStatus.OPTIMAL
    return {"objective": solution.objective, "bound": solution.bound, "done": done}


def by_columns(problem: DispatchProblem, _limit_s: float) -> dict[str, Any]:
    """Column generation to a gap of 1e-6."""
    optimum = cheapest_fleet_plan(basis_of(problem), relative_gap=GAP)
    assert optimum is not None
    return {"objective": optimum.objective, "bound": optimum.bound, "done": True, "rounds": optimum.effort}


WAYS: dict[str, Callable[[DispatchProblem, float], dict[str, Any]]] = {
    "one linear program": monolithic,
    "column generation": by_columns,
}


def agree(ways: dict[str, dict[str, Any]]) -> bool:
    """Whether the gap is proven, and the linear program (where it ended) lies within it."""
    whole, columns = ways["one linear program"], ways["column generation"]
    tolerance = GAP * abs(columns["objective"])
    proven = columns["objective"] - columns["bound"] <= tolerance
    return proven and (not whole["done"] or abs(whole["objective"] - columns["objective"]) <= tolerance)


def print_fleets(found: dict[int, dict[str, dict[str, Any]]]) -> None:
    rows = []
    for units, ways in found.items():
        whole, columns = ways["one linear program"], ways["column generation"]
        gap = (columns["objective"] - columns["bound"]) / abs(columns["objective"])
        apart = columns["objective"] / whole["objective"] - 1 if whole["done"] else float("nan")
        sign = "" if whole["done"] else "> "
        rows.append(
            (
                f"{units:,}",
                f"{sign}{brief(whole['cpu_s'] * 1e3)}",
                f"{whole['most_mb']:.0f} MB",
                brief(columns["cpu_s"] * 1e3),
                f"{columns['most_mb']:.0f} MB",
                f"{gap:.0e}",
                f"{apart:.0e}",
                f"{sign}{whole['cpu_s'] / columns['cpu_s']:.1f}",
            )
        )
    header = ("units", "one LP", "memory", "columns", "memory", "proven gap", "above the LP by", "LP / columns")
    table(header, rows)


def _apart(way: str, units: int, lp_limit_s: float) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.fleets", "--one", way, str(units), "--lp-limit-s", str(lp_limit_s)]
    told = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603 - ourselves
    return dict(json.loads(told.stdout.splitlines()[-1]))


def _most_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main())
