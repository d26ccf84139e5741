"""Plans without setpoints that are too small or too short to be worth a battery's while.

A block is a run of intervals in which one system charges, or discharges. Where a cheapest plan has intervals below the
least power, or blocks below the least dwell, their power is bound to zero, or else to no less than the least, and the
problem is solved again: for all of them together, then block by block. What is found keeps every law, because the model
is the same. It is taken if the cost rises, over the whole search, by no more than 1 % of what the plan saves. What
cannot be left out stays, and has a reason.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import groupby

import numpy as np

from ridethrough.domain.plan import DispatchPlan, Optimality, PlanStatus, SmallBlock, UpsTrajectory
from ridethrough.optimizer.problem.plan_basis import PlanBasis
from ridethrough.optimizer.solvers.simplex import Answer, Pair

SHARE_OF_SAVING = 0.01
"""The cost may rise by this share of the plan's saving."""
_MOST_SYSTEMS = 200
_ROUNDS = 4
_MOST_SOLVES = 60
_LONGEST_S = 3.0
_NO_POWER_KW = 1e-6
_SAME_COST = 1e-6
_ON_TARGET_KW = 1.0
_ROUNDING = 1.05
_CHARGE, _DISCHARGE, _REST = "charge", "discharge", "rest"
_BREAKS_A_LAW = "without it a limit, a reserve or the return of energy is not kept"
_COSTS_MORE = f"without it the plan saves over {SHARE_OF_SAVING:.0%} less"
_MOVES = "left out or raised, another setpoint becomes too small"
_NOT_TRIED = "not tried without it, for lack of time"

Solve = Callable[[PlanBasis, float], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """The least power of each system (kW), and the least number of intervals in a row."""

    power_kw: Mapping[str, float]
    intervals: int

    @classmethod
    def asked_of(cls, basis: PlanBasis) -> "Least":
        """What the site asks for."""
        site = basis.problem.site
        return cls(
            power_kw={ups.id: site.dispatch.least_kw(ups) for ups in site.ups},
            intervals=site.dispatch.least_intervals(basis.problem.horizon.interval_minutes),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Intervals `first` to before `end`, in which a system charges or discharges too little or too briefly."""

    ups_id: str
    does: str
    first: int
    end: int

    @property
    def pairs(self) -> frozenset[Pair]:
        """The system with each of the intervals."""
        return frozenset((self.ups_id, t) for t in range(self.first, self.end))


def small_blocks(trajectories: tuple[UpsTrajectory, ...], least: Least, planned: int) -> tuple[Block, ...]:
    """The blocks within the plan that are too short, and of the others the parts that are too weak."""
    return tuple(block for each in trajectories for block in _small_blocks_of(each, least, planned))


def _small_blocks_of(each: UpsTrajectory, least: Least, planned: int) -> Iterator[Block]:
    for does, power_kw in ((_CHARGE, each.charge_kw), (_DISCHARGE, each.discharge_kw)):
        for first, end in _runs([kw > _NO_POWER_KW for kw in power_kw]):
            short = end - first < least.intervals
            weak = [short or kw < least.power_kw[each.ups_id] - _NO_POWER_KW for kw in power_kw[first:end]]
            for start, stop in _runs(weak):
                if first + start < planned:
                    until = min(planned, first + stop)
                    yield Block(ups_id=each.ups_id, does=does, first=first + start, end=until)


def _runs(flags: list[bool]) -> Iterator[tuple[int, int]]:
    for flag, group in groupby(range(len(flags)), key=lambda index: flags[index]):
        run = list(group)
        if flag:
            yield run[0], run[-1] + 1


@dataclass(slots=True, kw_only=True)
class _Search:
    """The best answer so far, the power (kW, by what it does) that it was given in some intervals, and what stays."""

    basis: PlanBasis
    least: Least
    solve: Solve
    most_cost: float
    until: float
    best: Answer
    fixed: dict[Pair, str] = field(default_factory=dict)
    kept_because: dict[Pair, str] = field(default_factory=dict)
    solves: int = 0

    @property
    def may_solve(self) -> bool:
        return self.solves < _MOST_SOLVES and time.perf_counter() < self.until

    def blocks(self) -> tuple[Block, ...]:
        return small_blocks(self.best.trajectories, self.least, self.basis.problem.planned)

    def better_without(self, blocks: tuple[Block, ...]) -> str:
        """Leave blocks out, or else raise them, if the plan then has fewer small blocks; otherwise return why not."""
        reason = self._take({pair: _REST for block in blocks for pair in block.pairs})
        if not reason:
            return ""
        raised = self._take({pair: block.does for block in blocks for pair in self._long_enough(block)})
        return reason if raised else ""

    def all_left_out(self) -> bool:
        """Leave out all small blocks, and those that come in their place; take the plan only if none is left."""
        before = self.best, self.fixed
        for _ in range(_ROUNDS):
            if self._take({pair: _REST for block in self.blocks() for pair in block.pairs}, fewer=False):
                break
            if not self.blocks():
                return True
        self.best, self.fixed = before
        return False

    def _long_enough(self, block: Block) -> Iterator[Pair]:
        last = self.basis.problem.planned
        first = max(0, min(block.first, last - self.least.intervals))
        for t in range(first, min(last, max(block.end, first + self.least.intervals))):
            yield block.ups_id, t

    def _take(self, more: Mapping[Pair, str], *, fewer: bool = True) -> str:
        if not self.may_solve:
            return _NOT_TRIED
        self.solves += 1
        fixed = {**self.fixed, **more}
        found = self.solve(_fixed(self.basis, fixed, self.least), max(0.1, self.until - time.perf_counter()))
        if found.status is PlanStatus.TIME_LIMIT:
            return _NOT_TRIED
        if found.status is PlanStatus.HOLD:
            return _BREAKS_A_LAW
        if _total(self.basis, found) > self.most_cost:
            return _COSTS_MORE
        left = small_blocks(found.trajectories, self.least, self.basis.problem.planned)
        if fewer and len(left) >= len(self.blocks()):
            return _MOVES
        self.best, self.fixed = found, fixed
        return ""


def without_small_blocks(basis: PlanBasis, answer: Answer, least: Least, solve: Solve) -> Answer:
    """Leave small blocks out of a cheapest answer, as far as laws and cost allow."""
    plain = answer.status is PlanStatus.OPTIMAL and basis.problem.uncertain is None
    few = len(basis.problem.site.ups) <= _MOST_SYSTEMS
    if not (plain and few and small_blocks(answer.trajectories, least, basis.problem.planned)):
        return answer
    began, cost = time.perf_counter(), _total(basis, answer)
    most_cost = cost + _SAME_COST + SHARE_OF_SAVING * max(0.0, basis.baseline_cost.total - cost)
    search = _Search(basis=basis, least=least, solve=solve, most_cost=most_cost, until=began + _LONGEST_S, best=answer)
    _search(search)
    timing_ms = {**answer.timing_ms, "small_blocks": (time.perf_counter() - began) * 1e3}
    return replace(
        search.best,
        warnings=answer.warnings,
        optimality=_distance(answer, _total(basis, search.best) - cost, cost),
        timing_ms=timing_ms,
        kept_because=search.kept_because,
    )


def _search(search: _Search) -> None:
    """All small blocks together, as long as that helps; then those that are left, one by one."""
    if search.all_left_out():
        return
    while search.may_solve and (blocks := search.blocks()):
        if search.better_without(blocks):
            break
    while search.may_solve:
        block = next((each for each in search.blocks() if not each.pairs <= search.kept_because.keys()), None)
        if block is None:
            break
        reason = search.better_without((block,))
        if reason:
            search.kept_because |= dict.fromkeys(block.pairs, reason)


def _distance(answer: Answer, rise: float, cost: float) -> Optimality | None:
    """The distance from the cheapest plan, with what the cost rose by."""
    found = answer.optimality
    more = max(0.0, rise) / max(1.0, abs(cost))
    return found if found is None or more <= _SAME_COST else replace(found, relative_gap=found.relative_gap + more)


def _total(basis: PlanBasis, answer: Answer) -> float:
    meter_kw = basis.grid_kw(answer.trajectories)
    return basis.cost_of(answer.trajectories, meter_kw, basis.problem.horizon.intervals).total


def _fixed(basis: PlanBasis, fixed: Mapping[Pair, str], least: Least) -> PlanBasis:
    """The basis in which systems rest, or do a thing at the least power or above, in some intervals.

    A battery at rest still carries what the rectifiers cannot.
    """
    bounds = dict(basis.powers.bounds)
    for ups_id, each in basis.powers.bounds.items():
        least_kw = least.power_kw[ups_id]
        asked = [fixed.get((ups_id, t), "") for t in range(len(each.charge_ceiling_kw))]
        charges = [
            what == _CHARGE and most >= least_kw for what, most in zip(asked, each.charge_ceiling_kw, strict=True)
        ]
        gives = [
            what == _DISCHARGE and most >= least_kw for what, most in zip(asked, each.discharge_ceiling_kw, strict=True)
        ]
        at = range(len(asked))
        bounds[ups_id] = replace(
            each,
            charge_floor_kw=tuple(least_kw if charges[t] else 0.0 for t in at),
            charge_ceiling_kw=tuple(0.0 if asked[t] and not charges[t] else each.charge_ceiling_kw[t] for t in at),
            discharge_floor_kw=tuple(max(least_kw if gives[t] else 0.0, each.discharge_floor_kw[t]) for t in at),
            discharge_ceiling_kw=tuple(
                each.discharge_floor_kw[t] if asked[t] and not gives[t] else each.discharge_ceiling_kw[t] for t in at
            ),
        )
    return replace(basis, powers=replace(basis.powers, bounds=bounds))


def explained(basis: PlanBasis, plan: DispatchPlan, kept_because: Mapping[Pair, str]) -> tuple[SmallBlock, ...]:
    """The small blocks that a plan has, each with its reason."""
    blocks = small_blocks(plan.ups, Least.asked_of(basis), plan.horizon.intervals)
    trajectories = {each.ups_id: each for each in plan.ups}
    return tuple(
        SmallBlock(
            ups_id=block.ups_id,
            start=plan.horizon.start_of(block.first),
            end=plan.horizon.start_of(block.end),
            does=block.does,
            kw=_mean_kw(trajectories[block.ups_id], block),
            why=_why(basis, plan, trajectories[block.ups_id], block, kept_because),
        )
        for block in blocks
    )


def _mean_kw(each: UpsTrajectory, block: Block) -> float:
    power_kw = each.charge_kw if block.does == _CHARGE else each.discharge_kw
    return float(np.mean(power_kw[block.first : block.end]))


def _why(
    basis: PlanBasis, plan: DispatchPlan, each: UpsTrajectory, block: Block, kept_because: Mapping[Pair, str]
) -> str:
    run, ups = slice(block.first, block.end), basis.problem.site.ups_system(block.ups_id)
    at_target = np.array(plan.grid_kw[run]) >= np.array(plan.grid_target_kw[run]) - _ON_TARGET_KW
    tried = kept_because.get((block.ups_id, block.first), _NOT_TRIED)
    if block.does == _DISCHARGE:
        if any(basis.powers.bounds[ups.id].discharge_floor_kw[run]):
            return "carries load beyond the rectifiers"
        return f"holds the peak: {tried}" if at_target.any() else tried
    if any(basis.powers.need[ups.id].charge_kw[run]):
        return "recovers the reserve"
    h = plan.horizon.interval_h
    lost_kwh = (1 - ups.battery.kept_fraction(h)) * sum(each.stored_kwh[run])
    gained_kwh = ups.battery.charge_efficiency * h * sum(each.charge_kw[run])
    if 0 < gained_kwh <= _ROUNDING * lost_kwh:
        return "makes up for standby loss"
    return f"charges under the peak: {tried}" if at_target.any() else tried
