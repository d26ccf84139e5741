"""The audit: a sample of the problems solved by the dynamic program, solved again as linear programs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from ridethrough.optimizer.dynamic_program.optimum import Optimum
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem

RELATIVE_TOLERANCE = 1e-9


class UnableToAgree(RuntimeError):
    """The dynamic program and the linear program found different optima; `disagreements` lists them."""

    def __init__(self, disagreements: tuple[str, ...]) -> None:
        self.disagreements = disagreements
        super().__init__("; ".join(disagreements))


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """The problems solved twice (their index in the run), and the largest relative difference of the optima."""

    audited: tuple[int, ...]
    largest_difference: float
    disagreements: tuple[str, ...]

    def raise_disagreements(self) -> None:
        """Raise `UnableToAgree` if any two optima differ."""
        if self.disagreements:
            raise UnableToAgree(self.disagreements)


def sample_of(count: int, sample: int) -> tuple[int, ...]:
    """`sample` indices of `count`, spread evenly, with the first and the last; all if there are not more."""
    return tuple(np.unique(np.linspace(0, count - 1, min(sample, count)).round().astype(int)).tolist())


def audit(
    solved: Sequence[tuple[DispatchProblem, Optimum | None]],
    least_cost: Callable[[DispatchProblem], float | None],
    *,
    sample: int = 10,
    relative_tolerance: float = RELATIVE_TOLERANCE,
) -> Audit:
    """Solve a sample again with `least_cost` (None: no plan keeps every limit), and compare objectives and bounds.

    The difference is relative to the objective, or to 1 if the objective is smaller.
    """
    places = sample_of(len(solved), sample) if solved else ()
    largest, disagreements = 0.0, []
    for place in places:
        problem, optimum = solved[place]
        expected = least_cost(problem)
        difference = _difference(optimum, expected)
        largest = max(largest, difference)
        if difference > relative_tolerance:
            found = "no plan" if optimum is None else f"{optimum.objective:.9g} (bound {optimum.bound:.9g})"
            proven = "no plan" if expected is None else f"{expected:.9g}"
            disagreements.append(f"problem {place}: the dynamic program found {found}, the linear program {proven}")
    return Audit(audited=places, largest_difference=largest, disagreements=tuple(disagreements))


def _difference(optimum: Optimum | None, expected: float | None) -> float:
    if optimum is None or expected is None:
        return 0.0 if optimum is None and expected is None else np.inf
    scale = max(1.0, abs(expected))
    above = abs(optimum.objective - expected)
    bound_above = max(0.0, optimum.bound - expected)
    return max(above, bound_above) / scale
