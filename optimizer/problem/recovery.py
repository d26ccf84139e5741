"""The plan that returns to the reserve as fast as is safe, and what is said of a reserve that is not there.

Below the reserve there is no optimization: every battery that lacks reserve charges at the most that charger,
rectifier and meter allow, the emptiest first, and nothing discharges but what the rectifiers cannot carry.
"""

from collections.abc import Sequence

from ridethrough.domain import Binding, ReserveRequirement, UpsSystem
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.problem.baseline import charge_towards
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.plan_basis import PlanBasis

_ROUNDING = 1e-9


def recover(basis: PlanBasis) -> tuple[UpsTrajectory, ...]:
    """Charge every system that lacks reserve at the safe maximum; the others hold.

    A reserve above what the batteries can hold is approached as far as they go: to full.
    """
    problem, targets = basis.problem, {}
    for ups in problem.site.ups:
        needed_kwh = min(max(basis.floors.floor_kwh[ups.id]), ups.max_stored_kwh)
        targets[ups.id] = max(needed_kwh, problem.stored_at_start_kwh(ups))
    return charge_towards(problem, basis.powers, basis.floors, targets)


def reserve_alarms(basis: PlanBasis) -> list[str]:
    """Say for each system whose reserve is not there what is missing, in kWh and in seconds."""
    alarms, problem = [], basis.problem
    for ups in problem.site.ups:
        required, stored_kwh = basis.reserves.requirement[ups.id], problem.stored_at_start_kwh(ups)
        floor_kwh = basis.floors.floor_kwh[ups.id][0]
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
