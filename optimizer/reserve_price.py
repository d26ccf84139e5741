"""The price of the reserve: the saving of a day's plan that each extra minute of ride-through costs."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from ridethrough.domain import Binding, Site, UpsSystem, reserve_requirement
from ridethrough.domain.plan import PlanStatus
from ridethrough.optimizer.dispatch import plan_dispatch
from ridethrough.optimizer.problem.dispatch_problem import DispatchProblem
from ridethrough.optimizer.problem.limits.reserves import reserves_asked

_SECONDS_PER_MINUTE = 60.0
_HALVINGS = 60
_MOST_GROWTH = 64.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReservePrice:
    """A day with `extra_s` seconds more of ride-through in every system.

    `saving_lost` compares with the day under today's reserve. `add_kwh` is the additional nominal energy of all units
    with which they could trade as much as today. `binding` is the limit that decides the reserve, of the first
    infeasible system, or else of the first system.
    """

    extra_s: float
    feasible: bool
    binding: Binding
    tradable_kwh: float
    saving: float
    saving_lost: float
    add_kwh: float


def price_reserve(
    problem: DispatchProblem, *, issued_at: datetime, extra_minutes: Sequence[float] = (0, 0.5, 1, 2, 3, 5)
) -> tuple[ReservePrice, ...]:
    """Plan the same day again with longer ride-throughs, and report the saving that each costs."""
    today = _saving(problem, issued_at)
    return tuple(_price(problem, today, minutes * _SECONDS_PER_MINUTE, issued_at) for minutes in extra_minutes)


def _price(problem: DispatchProblem, today: float, extra_s: float, issued_at: datetime) -> ReservePrice:
    systems = tuple(_with_longer_ride_through(ups, extra_s) for ups in problem.site.ups)
    longer = replace(problem, site=_with_systems(problem.site, systems))
    requirements = tuple(reserves_asked(longer).requirement.values())
    saving = _saving(longer, issued_at)
    decides = next((each for each in requirements if not each.feasible), requirements[0])
    return ReservePrice(
        extra_s=extra_s,
        feasible=decides.feasible,
        binding=decides.binding,
        tradable_kwh=sum(each.tradable_kwh for each in requirements),
        saving=saving,
        saving_lost=today - saving,
        add_kwh=sum(_energy_to_add_kwh(before, after) for before, after in zip(problem.site.ups, systems, strict=True)),
    )


def _saving(problem: DispatchProblem, issued_at: datetime) -> float:
    """The saving of the day's plan; 0 without trading."""
    plan = plan_dispatch(problem, issued_at=issued_at)
    return plan.savings if plan.status in {PlanStatus.OPTIMAL, PlanStatus.TIME_LIMIT} else 0.0


def _with_longer_ride_through(ups: UpsSystem, extra_s: float) -> UpsSystem:
    """The same system with a longer ride-through at full load."""
    return replace(ups, reserve=ups.reserve.with_ride_through(extra_s)) if extra_s else ups


def _with_systems(site: Site, systems: tuple[UpsSystem, ...]) -> Site:
    return replace(site, ups=systems)


def _energy_to_add_kwh(before: UpsSystem, after: UpsSystem) -> float:
    """The nominal energy to add to a system so that a longer ride-through leaves as much tradable energy as before."""
    wanted_kwh = reserve_requirement(before).tradable_kwh

    def tradable_kwh(growth: float) -> float:
        battery = replace(after.battery, nominal_kwh=after.battery.nominal_kwh * growth)
        return reserve_requirement(replace(after, battery=battery)).tradable_kwh

    low, high = 1.0, _MOST_GROWTH
    if tradable_kwh(low) >= wanted_kwh:
        return 0.0
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if tradable_kwh(middle) >= wanted_kwh else (middle, high)
    return (high - 1) * after.battery.nominal_kwh * after.units
