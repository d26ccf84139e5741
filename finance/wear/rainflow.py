"""Rainflow counting of the cycles in a series by the package `rainflow`, as ASTM E1049-85 (2017), 5.4.4, has it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rainflow import extract_cycles

from ridethrough.domain.validation import Checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A cycle of the series: its `depth` is its highest value less its lowest, and it runs from index `start` to `end`.

    `count` is 1, or 0.5 where the series does not come back.
    """

    depth: float
    mean: float
    count: float
    start: int
    end: int


def rainflow(series: Sequence[float]) -> tuple[Cycle, ...]:
    """The cycles of a series in its own unit, in the order in which the standard counts them.

    UnableToAccept names every value that is not a finite number.

    >>> [(cycle.depth, cycle.count) for cycle in rainflow([0.0, 1.0, 0.4, 0.8, 0.0])]
    [(0.4, 1.0), (1.0, 0.5), (1.0, 0.5)]
    """
    _check(series)
    last = len(series) - 1
    held = [*series, *series[-1:]]  # of two values the package counts nothing, of three that end level it does
    return tuple(
        Cycle(depth=depth, mean=mean, count=count, start=start, end=min(end, last))
        for depth, mean, count, start, end in extract_cycles(held)
        if depth > 0  # a series that never moves has no cycle
    )


def _check(series: Sequence[float]) -> None:
    checks = Checks()
    for index, value in enumerate(series):
        checks.require(math.isfinite(value), f"series.{index}", value, "a finite number")
    checks.raise_faults()
