"""The plan that does not trade: every battery keeps its energy, as far as its charger and the meter allow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.problem.charging import Charging, charge_all
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.floors import Floors
from ridethrough.optimizer.problem.limits.powers import Powers
from ridethrough.optimizer.problem.meter import grid_kw
from ridethrough.optimizer.problem.standing_by import can_keep_what_it_has, steady_charge_kw

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The trajectory of every system without trading, and the meter in each interval (kW)."""

    trajectories: tuple[UpsTrajectory, ...]
    grid_kw: FloatArray


def baseline_of(problem: DispatchProblem, powers: Powers, floors: Floors) -> Baseline:
    """Keep the energy of every battery: charge only the standby loss."""
    stored_kwh = {ups.id: problem.stored_at_start_kwh(ups) for ups in problem.site.ups}
    if can_keep_what_it_has(problem, powers):
        steady_kw = {ups.id: steady_charge_kw(problem, ups) for ups in problem.site.ups}
        trajectories = _steady(problem, floors, steady_kw, stored_kwh)
    else:
        boundaries = problem.horizon.intervals + 1
        kept_kwh = {ups_id: (kwh,) * boundaries for ups_id, kwh in stored_kwh.items()}
        trajectories = charge_towards(problem, powers, floors, kept_kwh)
    return Baseline(trajectories=trajectories, grid_kw=grid_kw(problem, powers, trajectories))


def charge_towards(
    problem: DispatchProblem, powers: Powers, floors: Floors, target_kwh: Mapping[str, Sequence[float]]
) -> tuple[UpsTrajectory, ...]:
    """Charge every system towards its target at each boundary at the safe maximum, in each interval the emptiest first.

    A system never gives energy to come down to a target.
    """
    systems = [
        Charging(ups=ups, target_kwh=max(target_kwh[ups.id]), stored_kwh=[problem.stored_at_start_kwh(ups)])
        for ups in problem.site.ups
    ]
    for t in range(problem.horizon.intervals):
        systems.sort(key=lambda each: each.fullness)
        charge_all(problem, powers, systems, [target_kwh[each.ups.id][t + 1] for each in systems])
    done = {system.ups.id: system for system in systems}
    return tuple(
        UpsTrajectory(
            ups_id=system.ups.id,
            load_kw=problem.load_kw[system.ups.id],
            charge_kw=tuple(system.charge_kw),
            discharge_kw=tuple(system.discharge_kw),
            stored_kwh=tuple(system.stored_kwh),
            reserve_kwh=floors.reserve_kwh[system.ups.id],
        )
        for system in (done[ups.id] for ups in problem.site.ups)
    )


def _steady(
    problem: DispatchProblem, floors: Floors, charge_kw: Mapping[str, float], stored_kwh: Mapping[str, float]
) -> tuple[UpsTrajectory, ...]:
    """Every system with a constant charge and constant stored energy."""
    intervals = problem.horizon.intervals
    return tuple(
        UpsTrajectory(
            ups_id=ups.id,
            load_kw=problem.load_kw[ups.id],
            charge_kw=(charge_kw[ups.id],) * intervals,
            discharge_kw=(0.0,) * intervals,
            stored_kwh=(stored_kwh[ups.id],) * (intervals + 1),
            reserve_kwh=floors.reserve_kwh[ups.id],
        )
        for ups in problem.site.ups
    )
