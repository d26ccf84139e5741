"""The required energy of each system at every boundary: the usual reserve, and more while a condition holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from ridethrough.domain import BackupDuty, ReserveCondition, ReserveRequirement, UpsSystem, reserve_requirement
from ridethrough.domain.conditions import ConditionsOnHorizon, conditions_on
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.limits.carried_load import carried_kw

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserves:
    """By UPS system: the requirement, the conditions on the horizon, the energy to keep at each boundary (kWh).

    The requirement is that of the highest load. What a boundary asks for follows the load there (`carried_load`).
    `usual_kwh` is required without conditions, `asked_kwh` with them; a condition requires at most full batteries.
    `lock` says why a system trades nothing throughout; it is empty where trading is open.
    """

    requirement: Mapping[str, ReserveRequirement]
    conditions: Mapping[str, ConditionsOnHorizon]
    usual_kwh: Mapping[str, tuple[float, ...]]
    asked_kwh: Mapping[str, tuple[float, ...]]
    lock: Mapping[str, str]

    @property
    def raised(self) -> bool:
        """Whether a condition holds at any boundary."""
        return any(self.conditions.values())


def reserves_asked(problem: DispatchProblem) -> Reserves:
    """Work out the reserves of a problem, each for the larger of the protected load and the highest load."""
    highest_input_kw = max(problem.unprotected_load_kw) + sum(
        ups.input_kw(_highest_kw(problem, ups)) for ups in problem.site.ups
    )
    conditions = (*problem.site.conditions, *problem.state.conditions)
    requirement = {ups.id: _requirement(problem, ups, highest_input_kw) for ups in problem.site.ups}
    held = {
        ups.id: conditions_on(problem.horizon, conditions, ups_id=ups.id, timezone=problem.site.timezone)
        for ups in problem.site.ups
    }
    carried = {ups.id: _carried_kw(problem, ups, held[ups.id]) for ups in problem.site.ups}
    uncounted = {ups.id: _uncounted_kwh(problem, ups) for ups in problem.site.ups}
    usual = {ups.id: _usual_kwh(problem, ups, carried[ups.id], uncounted[ups.id]) for ups in problem.site.ups}
    return Reserves(
        requirement=requirement,
        lock={ups.id: _lock(problem, ups, requirement[ups.id]) for ups in problem.site.ups},
        conditions=held,
        usual_kwh=usual,
        asked_kwh={
            ups.id: _asked_kwh(ups, carried[ups.id], uncounted[ups.id], held[ups.id], usual[ups.id])
            for ups in problem.site.ups
        },
    )


def longer_kwh(ups: UpsSystem, load_kw: float, condition: ReserveCondition) -> float:
    """The energy for a condition's ride-through, even above full; full batteries if the condition requires them."""
    if condition.ride_through_s is None:
        return ups.max_stored_kwh
    return reserve_requirement(ups, protected_load_kw=load_kw, duties=(_longer_duty(ups, condition),)).reserve_kwh


def _longer_duty(ups: UpsSystem, condition: ReserveCondition) -> BackupDuty:
    seconds = condition.ride_through_s or 0.0
    return BackupDuty.at_full_load(seconds).repeated(ups.reserve.outages_before_recharge)


def _highest_kw(problem: DispatchProblem, ups: UpsSystem) -> float:
    return max(*problem.load_kw[ups.id], *problem.load_after_kw.get(ups.id, ()), 0.0)


def _carried_kw(problem: DispatchProblem, ups: UpsSystem, held: ConditionsOnHorizon) -> tuple[float, ...]:
    """The load to carry from each boundary, for as long as the policy asks, and longer where a condition does."""
    usual = carried_kw(problem, ups, max(duty.duration_s for duty in ups.reserve.duties))
    asking = {each for here in held.boundaries for each in here if each.ride_through_s is not None}
    if not asking:
        return usual
    longer = {each: carried_kw(problem, ups, _longer_duty(ups, each).duration_s) for each in asking}
    return tuple(
        max(least, *(longer[each][b] for each in here if each in longer), 0.0)
        for b, (least, here) in enumerate(zip(usual, held.boundaries, strict=True))
    )


def _lock(problem: DispatchProblem, ups: UpsSystem, required: ReserveRequirement) -> str:
    if ups.lock or required.feasible or ups.id in problem.reserve_profile_kwh:
        return ups.lock
    return f"reserve is infeasible ({required.binding.value})"


def _requirement(problem: DispatchProblem, ups: UpsSystem, highest_input_kw: float) -> ReserveRequirement:
    highest_kw = _highest_kw(problem, ups)
    protected_kw = max(ups.protected_load_kw, highest_kw)
    others_kw = highest_input_kw - ups.input_kw(highest_kw) + ups.input_kw(protected_kw)
    headroom_kw = max(0.0, problem.site.interconnection.import_limit_kw - others_kw)
    return reserve_requirement(ups, protected_load_kw=protected_kw, meter_headroom_kw=headroom_kw)


def _uncounted_kwh(problem: DispatchProblem, ups: UpsSystem) -> tuple[float, ...]:
    """What the count of a system's energy overstates at each boundary, because units differ.

    All units count like the one with the least energy above its cutoff. A larger unit has a higher cutoff, and its
    standby loss takes from what is below that too. A unit far below its cutoff counts as empty, and holds less.
    """
    unavailable = ups.battery.cutoff_fraction + ups.reserve.soc_error_fraction
    counted_kwh = problem.stored_at_start_kwh(ups) / ups.units_in_service
    units = [
        (counted_kwh - stored_kwh, unavailable * (kwh - ups.weakest_capacity_kwh))
        for stored_kwh, kwh in zip(
            problem.state.stored_by_unit(problem.site, ups.id), ups.unit_capacities_kwh, strict=True
        )
    ]
    uncounted = []
    for boundary in range(problem.horizon.intervals + 1):
        kept = ups.battery.kept_fraction(boundary * problem.horizon.interval_h)
        over_kwh = ups.units_in_service * max(less_kwh * kept + below_kwh for less_kwh, below_kwh in units)
        uncounted.append(over_kwh if over_kwh > _ROUNDING * ups.capacity_kwh else 0.0)
    return tuple(uncounted)


def _usual_kwh(
    problem: DispatchProblem, ups: UpsSystem, carried: tuple[float, ...], uncounted: tuple[float, ...]
) -> tuple[float, ...]:
    given = problem.reserve_profile_kwh.get(ups.id)
    if given is not None:
        return given
    of_load = {load_kw: reserve_requirement(ups, protected_load_kw=load_kw).reserve_kwh for load_kw in set(carried)}
    return tuple(of_load[load_kw] + uncounted_kwh for load_kw, uncounted_kwh in zip(carried, uncounted, strict=True))


def _asked_kwh(
    ups: UpsSystem,
    carried: tuple[float, ...],
    uncounted: tuple[float, ...],
    conditions: ConditionsOnHorizon,
    usual_kwh: tuple[float, ...],
) -> tuple[float, ...]:
    if not conditions:
        return usual_kwh
    return tuple(
        max(least, *(min(ups.max_stored_kwh, longer_kwh(ups, load_kw, each) + uncounted_kwh) for each in held), 0.0)
        for least, load_kw, uncounted_kwh, held in zip(
            usual_kwh, carried, uncounted, conditions.boundaries, strict=True
        )
    )
