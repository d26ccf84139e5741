"""A plan in blocks for a person: from, to, what the batteries do, at how many kW, and why."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby

import numpy as np

from ridethrough.domain.plan import DispatchPlan

_LEAST_FRACTION = 0.02
"""Power below this fraction of the plan's highest battery power is not an action of its own."""
_ON_TARGET_KW = 1.0
_CHARGE, _DISCHARGE, _REST = "charge", "discharge", "rest"


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What all batteries together do in a block of a plan, at how many kW on average at the meter, and why."""

    start: datetime
    end: datetime
    does: str
    kw: float
    why: str


def actions_of(plan: DispatchPlan) -> tuple[Action, ...]:
    """The blocks of a plan, one after the other, without gaps."""
    power_kw = np.array(plan.grid_kw) - np.array(plan.baseline_grid_kw)
    least_kw = max(1.0, _LEAST_FRACTION * float(np.abs(power_kw).max(initial=0.0)))
    does = [_CHARGE if kw >= least_kw else _DISCHARGE if kw <= -least_kw else _REST for kw in power_kw.tolist()]
    return tuple(_actions(plan, power_kw.tolist(), does))


def _actions(plan: DispatchPlan, power_kw: list[float], does: list[str]) -> Iterator[Action]:
    for what, group in groupby(range(len(does)), key=lambda index: does[index]):
        run = list(group)
        yield Action(
            start=plan.horizon.start_of(run[0]),
            end=plan.horizon.start_of(run[-1] + 1),
            does=what,
            kw=0.0 if what == _REST else round(abs(float(np.mean([power_kw[index] for index in run]))), 1),
            why=_why(plan, what, run),
        )


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
