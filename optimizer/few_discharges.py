"""Plans in which no system begins to discharge more often in a local day than its site allows.

Counting blocks needs a binary for each interval. Instead the cheapest plan is made, and where a day has too many blocks
those that are worth most are kept: everything else of that day may not discharge, and the plan is made again. Each
round leaves out more, so the search ends with a plan that keeps the limit; it may cost more than the cheapest of them.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from ridethrough.domain import UpsSystem
from ridethrough.domain.plan import PlanStatus, UpsTrajectory
from ridethrough.optimizer.problem.meter import grid_target_kw
from ridethrough.optimizer.problem.plan_basis import PlanBasis
from ridethrough.optimizer.solvers.simplex import Answer

_GIVES_KW = 1e-4
_ON_TARGET_KW = 1.0
_MOST_ROUNDS = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """Intervals `first` to before `end` in which a system discharges for trade, the local day, and what it is worth."""

    first: int
    end: int
    day: date
    worth: tuple[bool, float]


def with_few_discharges(basis: PlanBasis, solve: Callable[[PlanBasis], Answer]) -> tuple[PlanBasis, Answer]:
    """Solve a problem within the site's limit; the basis that is answered allows no discharge where none may be."""
    answer = solve(basis)
    most = basis.problem.site.dispatch.most_discharges_per_day
    for _ in range(_MOST_ROUNDS if most is not None else 0):
        if most is None or answer.status is PlanStatus.HOLD:
            break
        closed = {each.ups_id: _closed(basis, each, answer, most) for each in answer.trajectories}
        if not any(closed.values()):
            break
        basis = without_discharge(basis, closed)
        answer = solve(basis)
    return basis, answer


def _closed(basis: PlanBasis, each: UpsTrajectory, answer: Answer, most: int) -> frozenset[int]:
    """The intervals in which a system may not discharge: those of days with too many blocks, outside the best."""
    ups, horizon = basis.problem.site.ups_system(each.ups_id), basis.problem.horizon
    blocks = list(_blocks(basis, ups, each, answer))
    today, used = horizon.start_of(0).date(), basis.problem.state.discharges_today.get(each.ups_id, 0)
    dates = [start.date() for start in horizon.starts()]
    closed: set[int] = set()
    for day in {block.day for block in blocks}:
        allowed = max(0, most - used) if day == today else most
        of_day = sorted((block for block in blocks if block.day == day), key=lambda block: block.worth, reverse=True)
        if len(of_day) > allowed:
            kept = {t for block in of_day[:allowed] for t in range(block.first, block.end)}
            kept |= {t for block in blocks if block.day != day for t in range(block.first, block.end)}
            closed |= {t for t, when in enumerate(dates) if when == day} - kept
    return frozenset(closed)


def _blocks(basis: PlanBasis, ups: UpsSystem, each: UpsTrajectory, answer: Answer) -> Iterator[_Block]:
    """The runs of discharge for trade, on the day on which they begin; one that holds a peak is worth most."""
    given = np.array(each.discharge_kw) - np.array(basis.powers.bounds[ups.id].discharge_floor_kw)
    meter_kw = basis.grid_kw(answer.trajectories)
    on_target = meter_kw >= grid_target_kw(basis.problem, meter_kw) - _ON_TARGET_KW
    price, horizon = basis.problem.charges.energy_per_kwh, basis.problem.horizon
    edges = np.diff((given > _GIVES_KW).astype(int), prepend=0, append=0)
    for first, end in zip(np.flatnonzero(edges > 0).tolist(), np.flatnonzero(edges < 0).tolist(), strict=True):
        worth = bool(on_target[first:end].any()), float(given[first:end] @ price[first:end])
        yield _Block(first=first, end=end, day=horizon.start_of(first).date(), worth=worth)


def without_discharge(basis: PlanBasis, closed: Mapping[str, frozenset[int]]) -> PlanBasis:
    """The basis in which systems give in some intervals only what the rectifiers cannot carry."""
    bounds = dict(basis.powers.bounds)
    for ups_id, shut in closed.items():
        each = bounds[ups_id]
        pairs = zip(each.discharge_floor_kw, each.discharge_ceiling_kw, strict=True)
        ceiling = tuple(least if t in shut else most for t, (least, most) in enumerate(pairs))
        bounds[ups_id] = replace(each, discharge_ceiling_kw=ceiling)
    return replace(basis, powers=replace(basis.powers, bounds=bounds))
