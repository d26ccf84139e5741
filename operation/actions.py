"""A plan in blocks for a person: from, to, what the batteries do, at how many kW, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np

from ridethrough.domain.conditions import ConditionPhase, ConditionTimes
from ridethrough.domain.plan import DispatchPlan

_LEAST_FRACTION = 0.02
"""Power below this fraction of the plan's highest battery power is not an action of its own."""
_ON_TARGET_KW = 1.0
_CHARGE, _DISCHARGE, _REST = "charge", "discharge", "rest"
_PRECEDENCE = (ConditionPhase.HOLDS, ConditionPhase.HOLD_OFF, ConditionPhase.RAMP)
Phase = tuple[ConditionTimes, ConditionPhase]
"""A condition, and the part of the time about it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What all batteries together do in a block of a plan, at how many kW on average at the meter, and why."""

    start: datetime
    end: datetime
    does: str
    kw: float
    why: str


def actions_of(plan: DispatchPlan) -> tuple[Action, ...]:
    """The blocks of a plan, one after the other, without gaps; a block ends where a condition or its times do."""
    power_kw = np.array(plan.grid_kw) - np.array(plan.baseline_grid_kw)
    least_kw = max(1.0, _LEAST_FRACTION * float(np.abs(power_kw).max(initial=0.0)))
    does = [_CHARGE if kw >= least_kw else _DISCHARGE if kw <= -least_kw else _REST for kw in power_kw.tolist()]
    return tuple(_actions(plan, power_kw.tolist(), list(zip(does, phases_of(plan), strict=True))))


def phases_of(plan: DispatchPlan, ups_id: str | None = None) -> list[Phase | None]:
    """For each interval, the condition that asks most there, and its phase; of one system, or of all of them."""
    concerned = [each for each in plan.conditions if ups_id is None or each.ups in (None, ups_id)]
    found = []
    for start in plan.horizon.starts():
        phases = [(each, each.phase_of(start, start + plan.horizon.step)) for each in concerned]
        there = [(each, phase) for each, phase in phases if phase is not None]
        found.append(min(there, key=lambda each: _PRECEDENCE.index(each[1]), default=None))
    return found


def clock(plan: DispatchPlan, moment: datetime) -> str:
    """A time on the local clock, with its day where that is not the first of the plan."""
    same = moment.date() == plan.horizon.start_of(0).date()
    return f"{moment:%H:%M}" if same else f"{moment:%d %b %H:%M}"


def _actions(plan: DispatchPlan, power_kw: list[float], blocks: list[tuple[str, Phase | None]]) -> Iterator[Action]:
    for (what, phase), group in groupby(range(len(blocks)), key=lambda index: blocks[index]):
        run = list(group)
        yield Action(
            start=plan.horizon.start_of(run[0]),
            end=plan.horizon.start_of(run[-1] + 1),
            does=what,
            kw=0.0 if what == _REST else round(abs(float(np.mean([power_kw[index] for index in run]))), 1),
            why=_why(plan, what, run) if phase is None else _why_in(plan, what, run, phase),
        )


def _why_in(plan: DispatchPlan, what: str, run: list[int], phase: Phase) -> str:
    """Why batteries do this before, in or after a condition; what a condition does not cause keeps its own reason."""
    condition, when = phase
    start, end, until = (clock(plan, each) for each in (condition.start, condition.end, condition.ramp_until))
    ramps = f", ramps back until {until}" if condition.ramp_until > condition.end else ""
    for_all = condition.ups is None or len(plan.ups) == 1
    if when is ConditionPhase.HOLD_OFF:
        held = f"holds for the {condition.name} from {start} to {end}, discharges nothing"
        charged = f"to be full for the {condition.name} from {start}" if condition.full_charge else ""
    elif when is ConditionPhase.HOLDS:
        held = f"holds through the {condition.name} until {end}{ramps}"
        charged = f"to be full in the {condition.name} until {end}" if condition.full_charge else ""
    else:
        held, charged = f"ramps back from the {condition.name} until {until}", ""
    usual = _why(plan, what, run)
    if for_all and what == _REST and when is not ConditionPhase.RAMP:
        return held
    if for_all and what == _CHARGE and charged:
        return charged
    return f"{usual}; {held}"


def _why(plan: DispatchPlan, what: str, run: list[int]) -> str:
    price = float(np.mean([plan.price_per_kwh[index] for index in run]))
    highest_kw = max(plan.baseline_grid_kw[index] for index in run)
    target_kw = min(plan.grid_target_kw[index] for index in run)
    held = any(plan.grid_kw[index] >= plan.grid_target_kw[index] - _ON_TARGET_KW for index in run)
    if what == _DISCHARGE:
        if held and highest_kw > target_kw:
            return f"to hold the meter under {target_kw:,.0f} kW: it would reach {highest_kw:,.0f} kW"
        return f"energy is expensive: {price:.4f} {plan.currency} a kWh"
    if what == _CHARGE:
        return f"to fill the batteries under {target_kw:,.0f} kW, at {price:.4f} {plan.currency} a kWh"
    if highest_kw > target_kw - _ON_TARGET_KW:
        return f"nothing to gain: the meter may reach {target_kw:,.0f} kW"
    return f"kept for a load above {target_kw:,.0f} kW"
