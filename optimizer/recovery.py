"""Plans that do not trade: hold what is stored, or return to the reserve as fast as is safe.

Below the reserve there is no optimization: every battery that lacks reserve charges at the most that charger,
rectifier and meter allow, the emptiest first, and nothing discharges until the horizon ends.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from domain import Binding, ReserveRequirement, UpsSystem
from domain.plan import UpsTrajectory
from optimizer.problem import DispatchProblem

_ROUNDING = 1e-9


@dataclass(slots=True)
class _Charging:
    """One system while its trajectory is written."""

    ups: UpsSystem
    target_kwh: float
    stored_kwh: list[float]
    charge_kw: list[float]


def hold(problem: DispatchProblem) -> tuple[UpsTrajectory, ...]:
    """Keep every battery as it is: charge only what standing by loses."""
    return _charge_towards(problem, {ups.id: problem.stored_at_start_kwh(ups) for ups in problem.site.ups})


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
        _Charging(ups=ups, target_kwh=target_kwh[ups.id], stored_kwh=[problem.stored_at_start_kwh(ups)], charge_kw=[])
        for ups in problem.site.ups
    ]
    for t in range(problem.horizon.intervals):
        headroom_kw = _import_headroom_kw(problem, t)
        for system in sorted(systems, key=lambda each: each.stored_kwh[-1] / each.ups.capacity_kwh):
            charge_kw = _charge_kw(problem, system, t, headroom_kw)
            headroom_kw -= charge_kw / system.ups.rectifier_efficiency
    return tuple(_trajectory(problem, system) for system in systems)


def _import_headroom_kw(problem: DispatchProblem, t: int) -> float:
    """Import left at the meter in interval `t` while every load is carried and every battery rests."""
    loads_kw = sum(ups.dc_load_kw(problem.load_kw[ups.id][t]) / ups.rectifier_efficiency for ups in problem.site.ups)
    return problem.site.interconnection.import_limit_kw - problem.unprotected_load_kw[t] - loads_kw


def _charge_kw(problem: DispatchProblem, system: _Charging, t: int, headroom_kw: float) -> float:
    """Charge one system for one interval, no further than its target, and return the power it took."""
    ups = system.ups
    h = problem.horizon.interval_h
    kept_kwh = system.stored_kwh[-1] * (1 - ups.battery.standby_loss_per_h) ** h
    rectifier_kw = ups.input_limit_kw * ups.rectifier_efficiency - ups.dc_load_kw(problem.load_kw[ups.id][t])
    wanted_kw = (system.target_kwh - kept_kwh) / ups.battery.charge_efficiency / h
    battery_kw = min(problem.power_bounds(ups).charge_ceiling_kw[t], ups.charge_below_taper_kw(kept_kwh, h))
    charge_kw = max(0.0, min(wanted_kw, battery_kw, rectifier_kw, headroom_kw * ups.rectifier_efficiency))
    system.charge_kw.append(charge_kw)
    system.stored_kwh.append(kept_kwh + charge_kw * ups.battery.charge_efficiency * h)
    return charge_kw


def _trajectory(problem: DispatchProblem, system: _Charging) -> UpsTrajectory:
    return UpsTrajectory(
        ups_id=system.ups.id,
        load_kw=problem.load_kw[system.ups.id],
        charge_kw=tuple(system.charge_kw),
        discharge_kw=(0.0,) * problem.horizon.intervals,
        stored_kwh=tuple(system.stored_kwh),
        reserve_kwh=problem.reserve_kwh(system.ups),
    )


def reserve_alarms(problem: DispatchProblem) -> list[str]:
    """Say for each system whose reserve is not there what is missing, in kWh and in seconds."""
    alarms = []
    for ups, required in zip(problem.site.ups, problem.requirements, strict=True):
        stored_kwh = problem.stored_at_start_kwh(ups)
        floor_kwh = problem.reserve_kwh(ups)[0]
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
