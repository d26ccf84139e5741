"""One battery behind one meter, over 96 to 35,040 steps: every way from numbers to a solved plan, side by side.

PYTHONPATH=. python -m benchmarks.steps [--steps 96 672 2976 35040] [--quick]

CPU time of one process; ratios are medians of rounds taken side by side. Exits with 1 where objectives differ.
"""

import argparse
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from benchmarks.cases import Case, pod_cases
from benchmarks.paths import Compiled, FromProblem, Persistent, Raw, dynamic_program, naive
from benchmarks.timing import AGREE, Timed, brief, keep, once, say, say_load, side_by_side, table
from ridethrough.optimizer.solvers.engine import Engine

REFERENCE = "raw HiGHS, warm"
TARGETS: tuple[tuple[str, str, float, bool], ...] = (
    ("compiled, cold", "raw HiGHS, cold", 1.3, False),
    ("compiled, warm", "raw HiGHS, warm", 1.25, False),
    ("naive Pyomo", "compiled, warm", 35.0, True),
)
"""What must be shown at 96 steps: one way, another, the ratio, and whether it is the least or the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How many plans of a size are made in a round, how many rounds, and how many plans the slow ways make."""

    plans: int
    rounds: int
    slow_plans: int


EFFORT = {
    96: Effort(plans=50, rounds=9, slow_plans=10),
    672: Effort(plans=20, rounds=7, slow_plans=4),
    2976: Effort(plans=6, rounds=5, slow_plans=2),
    35_040: Effort(plans=2, rounds=3, slow_plans=1),
}


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--steps", type=int, nargs="+", default=list(EFFORT), choices=list(EFFORT))
    arguments.add_argument("--quick", action="store_true", help="two rounds each")
    asked = arguments.parse_args()
    say_load()
    found = {}
    for steps in asked.steps:
        effort = EFFORT[steps]
        rounds = 2 if asked.quick else effort.rounds
        found[steps] = measured(steps, effort, rounds)
        print_size(steps, found[steps])
    if 96 in found:
        print_targets(found[96])
    keep("steps", {str(steps): {name: each.ms for name, each in ways.items()} for steps, ways in found.items()})
    return 1 if any(disagreement(ways) > AGREE for ways in found.values()) else 0


def measured(steps: int, effort: Effort, rounds: int) -> dict[str, Timed]:
    """Every way at one size; Pyomo's own ways are slow, and make fewer plans."""
    cases = pod_cases(steps, effort.plans)
    slow = cases[: effort.slow_plans]
    ways = side_by_side(fast_ways(cases), cases, rounds)
    if steps == 35_040:  # half a minute each, once
        return ways | {"naive Pyomo": once("naive Pyomo", naive, slow)}
    slow_ways: dict[str, Callable[[Case], float]] = {"naive Pyomo": naive, "appsi, persistent": Persistent(cases[0])}
    return ways | side_by_side(slow_ways, slow, min(rounds, 5))


def fast_ways(cases: list[Case]) -> Mapping[str, Callable[[Case], float]]:
    engine = Engine()
    for case in cases:
        _ = case.data  # worked out before the clock starts, for the ways that begin at numbers
    programs = {id(case): engine.prepared(case.data.sets).program(case.data.parameters) for case in cases}
    return {
        "raw HiGHS, cold": Raw(programs, warm=False),
        "compiled, cold": Compiled(cases[0], warm=False),
        "raw HiGHS, warm": Raw(programs, warm=True),
        "compiled, warm": Compiled(cases[0], warm=True),
        "compiled, warm, from the problem": FromProblem(warm=True),
        "dynamic program, from the problem": dynamic_program,
    }


def print_size(steps: int, ways: Mapping[str, Timed]) -> None:
    say(f"{steps:,} steps:\n")
    reference = ways[REFERENCE]
    table(
        ("way", "CPU a plan", "to raw, warm", "differs from raw by"),
        [
            (name, brief(each.ms), f"{each.ratio_to(reference):.2f}", f"{each.differs_from(reference):.0e}")
            for name, each in sorted(ways.items(), key=lambda pair: -pair[1].ms)
        ],
    )


def print_targets(ways: Mapping[str, Timed]) -> None:
    say("Ratios at 96 steps:\n")
    rows = []
    for one, other, bound, least in TARGETS:
        ratio = ways[one].ratio_to(ways[other])
        met = ratio >= bound if least else ratio <= bound
        rows.append(
            (f"{one} / {other}", f"{ratio:.2f}", f"{'>=' if least else '<='} {bound:g}", "yes" if met else "NO")
        )
    table(("ratio", "measured", "asked", "met"), rows)


def disagreement(ways: Mapping[str, Timed]) -> float:
    return max(each.differs_from(ways[REFERENCE]) for each in ways.values())


if __name__ == "__main__":
    sys.exit(main())
