"""Depth segments: where the energy of a battery stands in the cycles that it is in.

A battery's energy below full is cut into equal segments. Discharging empties the shallowest filled segment first and
charging fills the shallowest empty one, so how full each is says which cycles are open: what rainflow counting would
still close. A plan that starts in the middle of a cycle goes on from there.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

Filled = tuple[float, ...]
"""The share of each segment that is filled, the shallowest first."""


def filled_at(stored_kwh: float, *, full_kwh: float, width_kwh: float, segments: int, carried: Filled = ()) -> Filled:
    """How full each segment is with `stored_kwh` in the battery.

    `carried` is how full they were last; what is stored may differ from it, and segments it does not have were full.
    Without it the battery is taken to have come from full in one discharge.

    >>> filled_at(70.0, full_kwh=100.0, width_kwh=25.0, segments=3)
    (0.0, 0.8, 1.0)
    >>> filled_at(70.0, full_kwh=100.0, width_kwh=25.0, segments=3, carried=(1.0, 0.0, 0.8))
    (1.0, 0.0, 0.8)
    """
    last = [*carried[:segments], *(1.0,) * (segments - len(carried))]
    held_kwh = full_kwh - width_kwh * sum(1.0 - share for share in last)
    return moved(tuple(last), stored_kwh - held_kwh, width_kwh)


def moved(filled: Filled, added_kwh: float, width_kwh: float) -> Filled:
    """How full each segment is after energy was added, or taken where it is below 0.

    >>> moved((0.0, 0.8, 1.0), 20.0, 25.0)
    (0.8, 0.8, 1.0)
    """
    after, left = list(filled), abs(added_kwh) / width_kwh
    for j, share in enumerate(filled):
        part = min(left, 1.0 - share if added_kwh > 0 else share)
        after[j] = share + part if added_kwh > 0 else share - part
        left -= part
    return tuple(after)


def after_moves(filled: Filled, stored_kwh: Sequence[float] | Iterable[float], width_kwh: float) -> Filled:
    """How full each segment is after stored energy went through some values, the first of which is where it was."""
    for before, after in pairwise(stored_kwh):
        if before != after:
            filled = moved(filled, after - before, width_kwh)
    return filled
