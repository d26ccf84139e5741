"""An oracle for rainflow counting: the three-point rules of ASTM E1049-85, 5.4.4, followed step by step."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise


def three_point_counts(series: Sequence[float]) -> Counter[float]:
    """Cycles by range: X is the latest range, Y the one before it, and S the point that the history starts with."""
    unread = _peaks_and_valleys(series)
    read: list[float] = []
    counts: Counter[float] = Counter()
    while unread:
        read.append(unread.pop(0))
        while len(read) >= 3:
            x = abs(read[-1] - read[-2])
            y = abs(read[-2] - read[-3])
            if x < y:
                break
            if len(read) == 3:  # Y contains S: half a cycle, and S moves on
                counts[y] += 0.5  # type: ignore[assignment]  # a Counter may hold halves
                read.pop(0)
            else:
                counts[y] += 1
                del read[-3:-1]
    for before, after in pairwise(read):
        counts[abs(after - before)] += 0.5  # type: ignore[assignment]  # a Counter may hold halves
    return counts


def _peaks_and_valleys(series: Sequence[float]) -> list[float]:
    points: list[float] = []
    for value in series:
        if points and value == points[-1]:
            continue
        if len(points) >= 2 and (points[-1] > points[-2]) == (value > points[-1]):
            points[-1] = value
        else:
            points.append(value)
    return points
