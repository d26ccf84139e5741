"""Ageing by time at a state of charge: a convex curve, and the lines that it is the highest of."""

from collections.abc import Mapping
from itertools import pairwise

from ridethrough.domain.validation import Checks

Line = tuple[float, float]
"""The value at an empty battery, and the slope by the fraction of charge."""


def check_resting(checks: Checks, name: str, table: Mapping[float, float]) -> None:
    """Note a fault for points that are no fractions, values that are no fade, and a table of one point."""
    for fraction, fade in sorted(table.items()):
        checks.fraction(f"{name}.{fraction:g}", fraction)
        checks.require(0 <= fade < 1, f"{name}.{fraction:g}", fade, "a fraction of capacity a year, from 0 below 1")
    checks.require(len(table) != 1, name, dict(table), "at least two points, or left out")


def convex_lines(table: Mapping[float, float]) -> tuple[Line, ...]:
    """The lines of the lower convex hull of a table; the curve is the highest of them at each fraction.

    A table that is not convex is read below its points: ageing is never priced above what the table says.

    >>> convex_lines({0.5: 0.5, 0.8: 0.5, 1.0: 0.75})
    ((0.5, 0.0), (-0.5, 1.25))
    """
    hull: list[tuple[float, float]] = []
    for point in sorted(table.items()):
        while len(hull) > 1 and _slope(hull[-2], hull[-1]) >= _slope(hull[-1], point):
            hull.pop()
        hull.append(point)
    return tuple(_line(one, other) for one, other in pairwise(hull))


def _slope(one: tuple[float, float], other: tuple[float, float]) -> float:
    return (other[1] - one[1]) / (other[0] - one[0])


def _line(one: tuple[float, float], other: tuple[float, float]) -> Line:
    slope = round(_slope(one, other), 15)
    return round(one[1] - slope * one[0], 15), slope
