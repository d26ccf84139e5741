"""Rainflow counting of the cycles in a series (ASTM E1049-85 (2017), 5.4.4), by the package `rainflow`."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rainflow import extract_cycles

from ridethrough.domain.validation import Checks

_NOTHING = 1e-100
"""Below it a value is 0: products of two differences underflow, and the package then misses where a series turns."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cycle:
    """A cycle from index `start` to index `end`; its `depth` is its highest value less its lowest.

    `count` is 1, or 0.5 if the cycle does not close.
    """

    depth: float
    mean: float
    count: float
    start: int
    end: int


def rainflow(series: Sequence[float]) -> tuple[Cycle, ...]:
    """The cycles of a series, in its own unit and in the order of the standard.

    UnableToAccept names every value that is not a finite number.

    >>> [(cycle.depth, cycle.count) for cycle in rainflow([0.0, 1.0, 0.4, 0.8, 0.0])]
    [(0.4, 1.0), (1.0, 0.5), (1.0, 0.5)]
    """
    _check(series)
    last = len(series) - 1
    held = [
        0.0 if abs(value) < _NOTHING else value for value in (*series, *series[-1:])
    ]  # none are counted in two values
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
