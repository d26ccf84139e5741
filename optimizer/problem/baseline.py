"""The plan that trades nothing: every battery keeps what it has, as far as its charger and its meter allow."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridethrough.domain import UpsSystem
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.problem.charging import Charging, import_headroom_kw
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.floors import Floors
from ridethrough.optimizer.problem.meter import grid_kw
from ridethrough.optimizer.problem.powers import Powers

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What every system does where nothing is traded, and the meter per interval (kW)."""

    trajectories: tuple[UpsTrajectory, ...]
    grid_kw: FloatArray


def baseline_of(problem: DispatchProblem, powers: Powers, floors: Floors) -> Baseline:
    """Keep every battery as it is: charge only what standing by loses."""
    stored_kwh = {ups.id: problem.stored_at_start_kwh(ups) for ups in problem.site.ups}
    steady_kw = {ups.id: _steady_charge_kw(problem, ups, stored_kwh[ups.id]) for ups in problem.site.ups}
    if _every_interval_allows(problem, powers, steady_kw):
        trajectories = _steady(problem, floors, steady_kw, stored_kwh)
    else:
        trajectories = charge_towards(problem, powers, floors, stored_kwh)
    return Baseline(trajectories=trajectories, grid_kw=grid_kw(problem, powers, trajectories))


def charge_towards(
    problem: DispatchProblem, powers: Powers, floors: Floors, target_kwh: Mapping[str, float]
) -> tuple[UpsTrajectory, ...]:
    """Charge every system towards its target at the safe maximum, in each interval the emptiest first."""
    systems = [
        Charging(ups=ups, target_kwh=target_kwh[ups.id], stored_kwh=[problem.stored_at_start_kwh(ups)])
        for ups in problem.site.ups
    ]
    for t in range(problem.horizon.intervals):
        headroom_kw = import_headroom_kw(problem, powers, t)
        for system in sorted(systems, key=lambda each: each.fullness):
            headroom_kw -= system.charge(powers, problem.horizon.interval_h, headroom_kw, system.target_kwh)
    return tuple(
        UpsTrajectory(
            ups_id=system.ups.id,
            load_kw=problem.load_kw[system.ups.id],
            charge_kw=tuple(system.charge_kw),
            discharge_kw=powers.bounds[system.ups.id].discharge_floor_kw,
            stored_kwh=tuple(system.stored_kwh),
            reserve_kwh=floors.floor_kwh[system.ups.id],
        )
        for system in systems
    )


def _steady(
    problem: DispatchProblem, floors: Floors, charge_kw: Mapping[str, float], stored_kwh: Mapping[str, float]
) -> tuple[UpsTrajectory, ...]:
    """Every system with the same charge in each interval, and what is stored as it is."""
    intervals = problem.horizon.intervals
    return tuple(
        UpsTrajectory(
            ups_id=ups.id,
            load_kw=problem.load_kw[ups.id],
            charge_kw=(charge_kw[ups.id],) * intervals,
            discharge_kw=(0.0,) * intervals,
            stored_kwh=(stored_kwh[ups.id],) * (intervals + 1),
            reserve_kwh=floors.floor_kwh[ups.id],
        )
        for ups in problem.site.ups
    )


def _steady_charge_kw(problem: DispatchProblem, ups: UpsSystem, stored_kwh: float) -> float:
    """The charge that makes up for standing by; infinite where the taper leaves less than that."""
    h = problem.horizon.interval_h
    kept_kwh = stored_kwh * ups.battery.kept_fraction(h)
    charge_kw = (stored_kwh - kept_kwh) / ups.battery.charge_efficiency / h
    return charge_kw if charge_kw <= ups.charge_below_taper_kw(kept_kwh, h) else math.inf


def _every_interval_allows(problem: DispatchProblem, powers: Powers, charge_kw: Mapping[str, float]) -> bool:
    """Whether all systems may charge steadily at this: no rectifier lacks power, and neither charger nor meter."""
    if any(any(each.discharge_floor_kw) for each in powers.bounds.values()):
        return False
    if any(charge_kw[ups_id] > min(each.charge_ceiling_kw) for ups_id, each in powers.bounds.items()):
        return False
    drawn_kw = sum(charge_kw[ups.id] / ups.rectifier_efficiency for ups in problem.site.ups)
    limit_kw = problem.site.interconnection.import_limit_kw
    return drawn_kw == 0 or max(powers.resting_kw) + drawn_kw <= limit_kw
