"""Systems with a missing reserve: their alarms, and the plan that only restores the reserve.

A system below its reserve charges at the safe maximum until it is restored, and trades from then on. The other systems
trade all the time. The model gets this from the floors of a problem (`floors`). If the model has no answer, `recover`
is the plan: every battery that lacks reserve charges at the maximum of charger, rectifier and meter, the emptiest
first, and batteries discharge only the load that rectifiers cannot carry.
"""

from collections.abc import Iterator, Sequence

from ridethrough.domain import Binding, ReserveRequirement, UpsSystem
from ridethrough.domain.plan import UpsTrajectory
from ridethrough.optimizer.problem.baseline import charge_towards
from ridethrough.optimizer.problem.limits.needed import SAME_ENERGY
from ridethrough.optimizer.problem.plan_basis import PlanBasis


def recover(basis: PlanBasis) -> tuple[UpsTrajectory, ...]:
    """Charge every system that lacks reserve at the safe maximum; the others hold.

    If the reserve is above full batteries, they charge until they are full.
    """
    problem, targets = basis.problem, {}
    for ups in problem.site.ups:
        needed_kwh = min(max(basis.floors.floor_kwh[ups.id]), ups.max_stored_kwh)
        target_kwh = max(needed_kwh, problem.stored_at_start_kwh(ups))
        targets[ups.id] = (target_kwh,) * (problem.horizon.intervals + 1)
    return charge_towards(problem, basis.powers, basis.floors, targets)


def charge_in_time(basis: PlanBasis) -> tuple[UpsTrajectory, ...]:
    """Charge every system only by what it needs then to reach its floors: that comes before swings and ramps."""
    reached_kwh = {ups_id: need.reached_kwh for ups_id, need in basis.powers.need.items()}
    return charge_towards(basis.problem, basis.powers, basis.floors, reached_kwh)


def boundaries_short(basis: PlanBasis, trajectories: Sequence[UpsTrajectory]) -> int:
    """The number of boundaries, over all systems, at which these trajectories store less than the floor."""
    short = 0
    for each in trajectories:
        slack_kwh = SAME_ENERGY * basis.problem.site.ups_system(each.ups_id).capacity_kwh
        floor_kwh = basis.floors.floor_kwh[each.ups_id]
        short += sum(kwh < floor - slack_kwh for kwh, floor in zip(each.stored_kwh, floor_kwh, strict=False))
    return short


def reserve_alarms(basis: PlanBasis) -> list[str]:
    """An alarm for each system with a missing reserve: the deficit in kWh and in seconds."""
    alarms = []
    for ups in basis.problem.site.ups:
        required, lock = basis.reserves.requirement[ups.id], basis.reserves.lock[ups.id]
        if ups.lock:
            alarms.append(f"{ups.id}: {ups.lock}, no trading")
        if lock and lock != ups.lock:
            alarms.append(f"{ups.id}: {lock}: {_lacking(ups, required)}")
        elif not required.feasible and ups.lock and ups.id not in basis.problem.reserve_profile_kwh:
            alarms.append(f"{ups.id}: reserve is infeasible ({required.binding.value}): {_lacking(ups, required)}")
        else:
            alarms += _shortfall(basis, ups, required)
    return alarms


def _shortfall(basis: PlanBasis, ups: UpsSystem, required: ReserveRequirement) -> Iterator[str]:
    """Name the time from which the reserve is missing, and its deficit then."""
    slack_kwh = SAME_ENERGY * ups.capacity_kwh
    there_kwh = (basis.problem.stored_at_start_kwh(ups), *basis.floors.floor_kwh[ups.id][1:])
    usual_kwh = basis.reserves.usual_kwh[ups.id]
    short = [b for b, (there, usual) in enumerate(zip(there_kwh, usual_kwh, strict=True)) if there < usual - slack_kwh]
    if not short or (short[0] and ups.id in basis.problem.reserve_profile_kwh):
        return  # a profile that was given for later is come as near to as can be
    stored_kwh, reserve_kwh = there_kwh[short[0]], usual_kwh[short[0]]
    missing_kwh = reserve_kwh - stored_kwh
    seconds = required.required_s * missing_kwh / (reserve_kwh - _unavailable_kwh(ups))
    when = f" at {basis.problem.horizon.start_of(short[0]).isoformat()}" if short[0] else ""
    yield (
        f"{ups.id}: {stored_kwh:.1f} kWh stored{when} is below the reserve of {reserve_kwh:.1f} kWh, short by "
        f"{missing_kwh:.1f} kWh and {seconds:.0f} s; charging at the safe maximum, no trading until it is restored"
    )


def _lacking(ups: UpsSystem, required: ReserveRequirement) -> str:
    if required.binding is Binding.RECHARGE:
        return f"recharging takes {required.recharge_h:.2f} h of {ups.reserve.recharge_limit_h:g} h allowed; no trading"
    return (
        f"fully charged it rides through {required.ride_through_s:.0f} s of the {required.required_s:.0f} s required, "
        f"short by {required.deficit_kwh:.1f} kWh and {required.deficit_s:.0f} s; no trading"
    )


def _unavailable_kwh(ups: UpsSystem) -> float:
    return (ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction) * ups.capacity_kwh


def recovery_times(basis: PlanBasis, trajectories: Sequence[UpsTrajectory]) -> list[str]:
    """A note for each system that lacks reserve: when its reserve is restored."""
    times = []
    for each in trajectories:
        ups = basis.problem.site.ups_system(each.ups_id)
        usual_kwh, slack_kwh = basis.reserves.usual_kwh[each.ups_id], SAME_ENERGY * ups.capacity_kwh
        lacking = [b for b, kwh in enumerate(each.stored_kwh) if kwh < usual_kwh[b] - slack_kwh]
        if not lacking:
            continue
        if lacking[-1] == len(each.stored_kwh) - 1:
            times.append(f"{each.ups_id}: reserve is not restored within this plan")
        else:
            restored = basis.problem.horizon.start_of(lacking[-1] + 1).isoformat()
            times.append(f"{each.ups_id}: reserve restored at {restored}")
    return times
