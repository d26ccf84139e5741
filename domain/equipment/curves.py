"""Makers' tables: values at points of a quantity, linear between the points and constant outside."""

from bisect import bisect_left
from collections.abc import Mapping
from itertools import pairwise

from ridethrough.domain.validation import Checks


def interpolate(table: Mapping[float, float], at: float) -> float:
    """Read a table at a point.

    >>> interpolate({1: 1.0, 2: 0.98, 4: 0.94}, 3)
    0.96
    """
    points = sorted(table)
    above = bisect_left(points, at)
    if above == 0:
        return table[points[0]]
    if above == len(points):
        return table[points[-1]]
    low, high = points[above - 1], points[above]
    return table[low] + (at - low) / (high - low) * (table[high] - table[low])


def segments(table: Mapping[float, float]) -> list[tuple[float, float]]:
    """The lines through each pair of neighbouring points, as (value at 0, slope)."""
    lines = []
    for (low, at_low), (high, at_high) in pairwise(sorted(table.items())):
        slope = (at_high - at_low) / (high - low)
        lines.append((at_low - slope * low, slope))
    return lines


def check_fractions(checks: Checks, name: str, table: Mapping[float, float]) -> None:
    """Note a fault for a table whose points or values are not fractions above 0."""
    for point, value in sorted(table.items()):
        path = f"{name}.{point:g}"
        checks.fraction(path, point)
        checks.efficiency(path, value)


def check_falls(checks: Checks, name: str, table: Mapping[float, float], where: str) -> None:
    """Note a fault for each value that is above the one before it."""
    for (_, before), (point, value) in pairwise(sorted(table.items())):
        checks.require(value <= before, f"{name}.{point:g}", value, f"at most {before:g}, the value {where}")


def check_rises(checks: Checks, name: str, table: Mapping[float, float], where: str) -> None:
    """Note a fault for each value that is below the one before it."""
    for (_, before), (point, value) in pairwise(sorted(table.items())):
        checks.require(value >= before, f"{name}.{point:g}", value, f"at least {before:g}, the value {where}")
