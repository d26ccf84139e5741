"""The load that an outage from each boundary must carry: the protected load, or the highest known where that is higher.

    carried[b] = max(protected_load, load[t] for b - 1 <= t < b + ride_through / interval)

The interval before a boundary belongs to it: stored energy is linear inside an interval, and an outage that starts just
before the boundary still carries the load of that interval. What is known after the horizon counts, so that a plan that
ends at midnight holds what the load after midnight takes.
"""

import math
from itertools import accumulate

from ridethrough.domain import UpsSystem
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem

_ROUNDING = 1e-9


def carried_kw(problem: DispatchProblem, ups: UpsSystem, ride_through_s: float) -> tuple[float, ...]:
    """The load to carry from each boundary of the horizon, in kW AC."""
    known = (*problem.load_kw[ups.id], *problem.load_after_kw.get(ups.id, ()))
    boundaries = problem.horizon.intervals + 1
    if max(known) <= ups.protected_load_kw:
        return (ups.protected_load_kw,) * boundaries
    span = max(1, math.ceil(ride_through_s / problem.horizon.step.total_seconds() - _ROUNDING)) + 1
    padded = (0.0, *known, *(0.0,) * (boundaries + span))
    # the highest of a window is that of the end of one block and the beginning of the next, both as long as the window
    blocks = [padded[first : first + span] for first in range(0, len(padded), span)]
    from_start = [kw for block in blocks for kw in accumulate(block, max)]
    to_end = [kw for block in blocks for kw in reversed(list(accumulate(reversed(block), max)))]
    return tuple(max(ups.protected_load_kw, to_end[b], from_start[b + span - 1]) for b in range(boundaries))
