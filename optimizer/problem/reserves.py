"""What the reserve of each system asks for at every boundary: the usual reserve, and more while a condition holds."""

from collections.abc import Mapping
from dataclasses import dataclass

from ridethrough.domain import BackupDuty, ReserveCondition, ReserveRequirement, UpsSystem, reserve_requirement
from ridethrough.domain.conditions import ConditionsOnHorizon, conditions_on
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class Reserves:
    """By UPS system: the requirement, the conditions on the horizon, and stored energy to keep at each boundary (kWh).

    `usual_kwh` is asked for without conditions, `asked_kwh` with them: at most full where it is a condition that asks.
    """

    requirement: Mapping[str, ReserveRequirement]
    conditions: Mapping[str, ConditionsOnHorizon]
    usual_kwh: Mapping[str, tuple[float, ...]]
    asked_kwh: Mapping[str, tuple[float, ...]]

    @property
    def raised(self) -> bool:
        """Whether a condition holds anywhere."""
        return any(self.conditions.values())


def reserves_asked(problem: DispatchProblem) -> Reserves:
    """Work out the reserves of a problem, each for the larger of its contract and its highest load."""
    highest_input_kw = max(problem.unprotected_load_kw) + sum(
        ups.input_kw(max(problem.load_kw[ups.id])) for ups in problem.site.ups
    )
    conditions = (*problem.site.conditions, *problem.state.conditions)
    requirement = {ups.id: _requirement(problem, ups, highest_input_kw) for ups in problem.site.ups}
    held = {
        ups.id: conditions_on(problem.horizon, conditions, ups_id=ups.id, timezone=problem.site.timezone)
        for ups in problem.site.ups
    }
    usual = {ups.id: _usual_kwh(problem, ups, requirement[ups.id]) for ups in problem.site.ups}
    return Reserves(
        requirement=requirement,
        conditions=held,
        usual_kwh=usual,
        asked_kwh={
            ups.id: _asked_kwh(ups, requirement[ups.id], held[ups.id], usual[ups.id]) for ups in problem.site.ups
        },
    )


def longer_kwh(ups: UpsSystem, required: ReserveRequirement, condition: ReserveCondition) -> float:
    """What the ride-through of a condition takes, also beyond full; full where it asks for full batteries."""
    if condition.ride_through_s is None:
        return ups.max_stored_kwh
    duty = BackupDuty.at_full_load(condition.ride_through_s).repeated(ups.reserve.outages_before_recharge)
    return reserve_requirement(ups, protected_load_kw=required.protected_load_kw, duties=(duty,)).reserve_kwh


def _requirement(problem: DispatchProblem, ups: UpsSystem, highest_input_kw: float) -> ReserveRequirement:
    highest_kw = max(problem.load_kw[ups.id])
    protected_kw = max(ups.protected_load_kw, highest_kw)
    others_kw = highest_input_kw - ups.input_kw(highest_kw) + ups.input_kw(protected_kw)
    headroom_kw = max(0.0, problem.site.interconnection.import_limit_kw - others_kw)
    return reserve_requirement(ups, protected_load_kw=protected_kw, meter_headroom_kw=headroom_kw)


def _usual_kwh(problem: DispatchProblem, ups: UpsSystem, required: ReserveRequirement) -> tuple[float, ...]:
    given = problem.reserve_profile_kwh.get(ups.id)
    return (required.reserve_kwh,) * (problem.horizon.intervals + 1) if given is None else given


def _asked_kwh(
    ups: UpsSystem, required: ReserveRequirement, conditions: ConditionsOnHorizon, usual_kwh: tuple[float, ...]
) -> tuple[float, ...]:
    if not conditions:
        return usual_kwh
    return tuple(
        max(least, *(min(ups.max_stored_kwh, longer_kwh(ups, required, each)) for each in held), 0.0)
        for least, held in zip(usual_kwh, conditions.boundaries, strict=True)
    )
