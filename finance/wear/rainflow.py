"""Rainflow counting of the cycles in a series, as ASTM E1049-85 (2017), 5.4.4, counts them.

Four turning points in a row hold a closed cycle where the inner two lie within the range of the outer two. It is
counted and taken out, until none is left. What remains, the residue, first widens and then narrows; each of its ranges
counts as half a cycle. This four-point form gives the same counts as the three-point form of the standard (Amzallag and
others, "Standardization of the rainflow counting method for fatigue analysis", Int. J. Fatigue 16, 1994).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

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
    """The cycles of a series in its own unit: those that close, as they close, then the halves that do not.

    UnableToAccept names every value that is not a finite number.

    >>> [(cycle.depth, cycle.count) for cycle in rainflow([0.0, 1.0, 0.4, 0.8, 0.0])]
    [(0.4, 1.0), (1.0, 0.5), (1.0, 0.5)]
    """
    _check(series)
    closed, waiting = [], []
    for point in turning_points(series):
        waiting.append(point)
        while len(waiting) > _INNER_AND_OUTER - 1 and _closes(series, waiting[-_INNER_AND_OUTER:]):
            closed.append(_cycle(series, waiting[-3], waiting[-2], count=1.0))
            del waiting[-3:-1]
    return (*closed, *(_cycle(series, start, end, count=0.5) for start, end in pairwise(waiting)))


def turning_points(series: Sequence[float]) -> Iterator[int]:
    """The indices at which a series begins, turns and ends; of equal values in a row the first.

    >>> list(turning_points([0.0, 1.0, 1.0, 0.5, 0.7, 0.7]))
    [0, 1, 3, 4]
    """
    moves = [index for index, value in enumerate(series) if index == 0 or value != series[index - 1]]
    for place, index in enumerate(moves):
        inside = 0 < place < len(moves) - 1
        before, after = moves[place - 1], moves[min(place + 1, len(moves) - 1)]
        if not inside or (series[index] > series[before]) != (series[after] > series[index]):
            yield index


_INNER_AND_OUTER = 4


def _closes(series: Sequence[float], points: list[int]) -> bool:
    first, low, high, last = (series[index] for index in points)
    return abs(high - low) <= min(abs(low - first), abs(last - high))


def _cycle(series: Sequence[float], start: int, end: int, *, count: float) -> Cycle:
    one, other = series[start], series[end]
    return Cycle(depth=abs(other - one), mean=(one + other) / 2, count=count, start=start, end=end)


def _check(series: Sequence[float]) -> None:
    checks = Checks()
    for index, value in enumerate(series):
        checks.require(math.isfinite(value), f"series.{index}", value, "a finite number")
    checks.raise_faults()
