"""Plans that do not trade: hold what is stored, or return to the reserve as fast as is safe.

Below the reserve there is no optimization: every battery that lacks reserve charges at the most that charger,
rectifier and meter allow, the emptiest first, and nothing discharges but what the rectifiers cannot carry.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ridethrough.domain import Binding, ReserveRequirement, UpsSystem
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.problem.charging import Charging, charge_interval, import_headroom_kw

if TYPE_CHECKING:
    from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem

_ROUNDING = 1e-9


def hold(problem: DispatchProblem) -> tuple[UpsTrajectory, ...]:
    """Keep every battery as it is: charge only what standing by loses."""
    stored_kwh = {ups.id: problem.stored_at_start_kwh(ups) for ups in problem.site.ups}
    steady_kw = {ups.id: _steady_charge_kw(problem, ups, stored_kwh[ups.id]) for ups in problem.site.ups}
    if not _every_interval_allows(problem, steady_kw):
        return _charge_towards(problem, stored_kwh)
    intervals = problem.horizon.intervals
    return tuple(
        UpsTrajectory(
            ups_id=ups.id,
            load_kw=problem.load_kw[ups.id],
            charge_kw=(steady_kw[ups.id],) * intervals,
            discharge_kw=(0.0,) * intervals,
            stored_kwh=(stored_kwh[ups.id],) * (intervals + 1),
            reserve_kwh=problem.reserve_kwh(ups),
        )
        for ups in problem.site.ups
    )


def _steady_charge_kw(problem: DispatchProblem, ups: UpsSystem, stored_kwh: float) -> float:
    """The charge that makes up for standing by; infinite where the taper leaves less than that."""
    h = problem.horizon.interval_h
    kept_kwh = stored_kwh * ups.battery.kept_fraction(h)
    charge_kw = (stored_kwh - kept_kwh) / ups.battery.charge_efficiency / h
    return charge_kw if charge_kw <= ups.charge_below_taper_kw(kept_kwh, h) else math.inf


def _every_interval_allows(problem: DispatchProblem, charge_kw: dict[str, float]) -> bool:
    """Whether all systems may charge steadily at this: no rectifier lacks power, and neither charger nor meter."""
    bounds = {ups.id: problem.power_bounds(ups) for ups in problem.site.ups}
    if any(any(each.discharge_floor_kw) for each in bounds.values()):
        return False
    if any(charge_kw[ups_id] > min(each.charge_ceiling_kw) for ups_id, each in bounds.items()):
        return False
    drawn_kw = sum(charge_kw[ups.id] / ups.rectifier_efficiency for ups in problem.site.ups)
    limit_kw = problem.site.interconnection.import_limit_kw
    return drawn_kw == 0 or max(problem.resting_kw) + drawn_kw <= limit_kw


def recover(problem: DispatchProblem) -> tuple[UpsTrajectory, ...]:
    """Charge every system that lacks reserve at the safe maximum; the others hold.

    A reserve above what the batteries can hold is approached as far as they go: to full.
    """
    targets = {}
    for ups in problem.site.ups:
        needed_kwh = min(max(problem.reserve_kwh(ups)), ups.max_stored_kwh)
        targets[ups.id] = max(needed_kwh, problem.stored_at_start_kwh(ups))
    return _charge_towards(problem, targets)


def _charge_towards(problem: DispatchProblem, target_kwh: dict[str, float]) -> tuple[UpsTrajectory, ...]:
    systems = [
        Charging(ups=ups, target_kwh=target_kwh[ups.id], stored_kwh=[problem.stored_at_start_kwh(ups)])
        for ups in problem.site.ups
    ]
    for t in range(problem.horizon.intervals):
        headroom_kw = import_headroom_kw(problem, t)
        for system in sorted(systems, key=lambda each: each.fullness):
            headroom_kw -= charge_interval(problem, system, t, headroom_kw, system.target_kwh)
    return tuple(_trajectory(problem, system) for system in systems)


def _trajectory(problem: DispatchProblem, system: Charging) -> UpsTrajectory:
    return UpsTrajectory(
        ups_id=system.ups.id,
        load_kw=problem.load_kw[system.ups.id],
        charge_kw=tuple(system.charge_kw),
        discharge_kw=problem.power_bounds(system.ups).discharge_floor_kw,
        stored_kwh=tuple(system.stored_kwh),
        reserve_kwh=problem.reserve_kwh(system.ups),
    )


def reserve_alarms(problem: DispatchProblem) -> list[str]:
    """Say for each system whose reserve is not there what is missing, in kWh and in seconds."""
    alarms = []
    for ups, required in zip(problem.site.ups, problem.requirements, strict=True):
        stored_kwh = problem.stored_at_start_kwh(ups)
        floor_kwh = problem.reserve_kwh(ups)[0]
        if ups.lock:
            alarms.append(f"{ups.id}: {ups.lock}, no trading")
        if not required.feasible and ups.id not in problem.reserve_profile_kwh:
            alarms.append(f"{ups.id}: reserve is infeasible ({required.binding.value}): {_lacking(ups, required)}")
        elif stored_kwh < floor_kwh * (1 - _ROUNDING):
            seconds = required.required_s * (floor_kwh - stored_kwh) / (floor_kwh - _unavailable_kwh(ups))
            alarms.append(
                f"{ups.id}: {stored_kwh:.1f} kWh stored is below the reserve of {floor_kwh:.1f} kWh, short by "
                f"{floor_kwh - stored_kwh:.1f} kWh and {seconds:.0f} s; charging at the safe maximum, no trading"
            )
    return alarms


def _lacking(ups: UpsSystem, required: ReserveRequirement) -> str:
    if required.binding is Binding.RECHARGE:
        return f"recharging takes {required.recharge_h:.2f} h of {ups.reserve.recharge_limit_h:g} h allowed; no trading"
    return (
        f"fully charged it rides through {required.ride_through_s:.0f} s of the {required.required_s:.0f} s required, "
        f"short by {required.deficit_kwh:.1f} kWh and {required.deficit_s:.0f} s; no trading"
    )


def _unavailable_kwh(ups: UpsSystem) -> float:
    return (ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction) * ups.capacity_kwh


def recovery_times(problem: DispatchProblem, trajectories: Sequence[UpsTrajectory]) -> list[str]:
    """Say when each system that lacks reserve has it again."""
    times = []
    for each in trajectories:
        safe = [b for b, stored in enumerate(each.stored_kwh) if stored >= each.reserve_kwh[b] * (1 - _ROUNDING)]
        if safe and safe[0] > 0:
            times.append(f"{each.ups_id}: reserve restored at {problem.horizon.start_of(safe[0]).isoformat()}")
        elif not safe:
            times.append(f"{each.ups_id}: reserve is not restored within this plan")
    return times
